"""Colleagues: accounts with their first posts, many at once, and a new way in for somebody who lost theirs."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.models import Account
from pianqu.foundation.verbs import verb
from pianqu.rooms.directory import rules
from pianqu.rooms.directory.facts import AccessRenewed, PostAppointed
from pianqu.rooms.directory.models import Organisation, Post
from pianqu.rooms.directory.queries.people import taken_logins
from pianqu.rooms.ledger import services as ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class NewColleague:
    """Somebody who gets an account and a post. The password comes hashed: hashing would hold the transaction up."""

    login: str
    name: str
    password: str
    organisation_code: str
    kind: str
    title: str
    valid_from: datetime


@verb
def take_on(
    *, actor: Actor, items: Sequence[NewColleague], once_until: datetime, now: datetime
) -> tuple[uuid.UUID, ...]:
    """Make all accounts with their posts, or none; answers the accounts' ids. Each password is good until then, for one sign-in.

    Raises Forbidden, Invalid, Absent for an organisation that is not there, Refused for a sign-in name that is taken. Few
    statements whatever their number.
    """
    rules.check_may_change_directory(actor)
    bodies = _bodies(items)
    _check(items, now)
    accounts = [
        Account(id=new_id(), login=item.login, name=item.name, password=item.password, once_until=once_until)
        for item in items
    ]
    try:
        Account.objects.bulk_create(accounts)
    except IntegrityError as error:
        raise Refused("login-taken", _("A sign-in name was taken meanwhile. Nothing was made.")) from error
    posts = [_post(account, item, bodies) for account, item in zip(accounts, items, strict=True)]
    Post.objects.bulk_create(posts)
    ledger.record([_told(post, now) for post in posts], actor=actor, now=now)
    return tuple(account.id for account in accounts)


def _bodies(items: Sequence[NewColleague]) -> dict[str, Organisation]:
    """The organisations, held until the verb is done."""
    wanted = {item.organisation_code for item in items}
    rows = Organisation.objects.select_for_update().filter(code__in=wanted, valid_to=None).order_by("code")
    bodies = {row.code: row for row in rows}
    if missing := sorted(wanted - set(bodies)):
        raise Absent("organisation-absent", _("There is no such organisation.") + f" ({', '.join(missing)})")
    return bodies


def _check(items: Sequence[NewColleague], now: datetime) -> None:
    for item in items:
        if item.kind not in rules.POST_KINDS:
            raise Invalid("post-kind", _("%(kind)s is no kind of post.") % {"kind": item.kind})
        if item.valid_from > now:
            raise Invalid("post-future", _("A post begins at once or has begun already; it cannot begin later."))
    counted = Counter(item.login.casefold() for item in items)
    taken = taken_logins(counted) | {login for login, count in counted.items() if count > 1}
    if taken:
        sentence = _("These sign-in names are taken: %(names)s. Nothing was made.")
        raise Refused("login-taken", sentence % {"names": ", ".join(sorted(taken)[:20])})


def _post(account: Account, item: NewColleague, bodies: Mapping[str, Organisation]) -> Post:
    return Post(
        id=new_id(),
        account=account,
        organisation=bodies[item.organisation_code],
        kind=item.kind,
        title=item.title,
        valid_from=item.valid_from,
    )


def _told(post: Post, now: datetime) -> PostAppointed:
    since = timezone.localdate(post.valid_from)
    return PostAppointed(
        subject=f"post:{post.id}",
        organisation_code=post.organisation.code,
        post_id=str(post.id),
        post_kind=post.kind,
        valid_from=since.isoformat() if since < timezone.localdate(now) else "",
    )


@verb
def renew_access(*, actor: Actor, account_id: uuid.UUID, password: str, once_until: datetime, now: datetime) -> None:
    """Give somebody a one-time password (hashed) in place of a lost one. Raises Forbidden, Absent; Refused for one's own."""
    rules.check_may_change_directory(actor)
    if actor.account_id == str(account_id):
        raise Refused("access-own", _("Your own password is changed under “My account”. Nothing was changed."))
    account = Account.objects.select_for_update().filter(id=account_id, is_active=True).first()
    if account is None:
        raise Absent("account-absent", _("There is no such account."))
    account.password, account.once_until = password, once_until
    account.save(update_fields=["password", "once_until"])
    told = AccessRenewed(
        subject=f"account:{account.id}", organisation_code=actor.organisation_code, account_id=str(account.id)
    )
    ledger.record([told], actor=actor, now=now)
