"""Who holds the posts of an organisation, and who stands in for whom: for pages that only staff see."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from pianqu.foundation.models import Account
from pianqu.rooms.directory.models import Organisation, Post, Substitution

MOST = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPost:
    """A current post with who holds it."""

    post_id: uuid.UUID
    account_id: uuid.UUID
    name: str
    login: str
    organisation_code: str
    organisation_name: str
    kind: str
    title: str
    valid_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SubstitutionCard:
    """Somebody stands in for an absent colleague, now or later."""

    substitution_id: uuid.UUID
    organisation_code: str
    organisation_name: str
    title: str
    absent: str
    by: str
    by_organisation: str
    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCard:
    """A sign-in with its posts, for administrators."""

    account_id: uuid.UUID
    login: str
    name: str
    posts: tuple[str, ...]
    last_login: datetime | None
    once_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage:
    """A part of the accounts, and how many there are."""

    cards: tuple[AccountCard, ...]
    total: int


def held_posts(organisation_codes: Iterable[str] | None = None) -> tuple[HeldPost, ...]:
    """Current posts of these organisations or of all, by organisation and kind. One statement."""
    rows = Post.objects.filter(valid_to=None)
    if organisation_codes is not None:
        rows = rows.filter(organisation__code__in=set(organisation_codes))
    return _held(rows)


def _held(posts: QuerySet[Post]) -> tuple[HeldPost, ...]:
    rows = posts.select_related("organisation", "account").order_by("organisation__code", "kind", "valid_from", "id")
    return tuple(
        HeldPost(
            post_id=row.id,
            account_id=row.account_id,
            name=row.account.name,
            login=row.account.login,
            organisation_code=row.organisation.code,
            organisation_name=row.organisation.short_name,
            kind=row.kind,
            title=row.title,
            valid_from=row.valid_from,
        )
        for row in rows[:MOST]
    )


def holders(post_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, HeldPost]:
    """These posts with who holds them; posts that ended are missing. One statement."""
    return {card.post_id: card for card in _held(Post.objects.filter(valid_to=None, id__in=set(post_ids)))}


def organisation_of_post(post_id: uuid.UUID) -> str:
    """The code of the organisation that a current post belongs to; empty where there is no such post."""
    found = Organisation.objects.filter(id__in=Post.objects.filter(id=post_id, valid_to=None).values("organisation"))
    return found.values_list("code", flat=True).first() or ""


def account_of_login(login: str) -> uuid.UUID | None:
    """The account that signs in by this name, if it may still sign in."""
    return Account.objects.filter(login=login, is_active=True).values_list("id", flat=True).first()


def taken_logins(logins: Iterable[str] | None = None) -> frozenset[str]:
    """Sign-in names that exist, among these or all, without regard to capitals. One statement."""
    known = {login.casefold() for login in Account.objects.values_list("login", flat=True)}
    return frozenset(known if logins is None else known & set(logins))


def accounts(asked: str, *, first: int = 0, most: int = 50) -> AccountPage:
    """Accounts whose name, sign-in name or organisation holds the text, by sign-in name. At most three statements."""
    rows = Account.objects.filter(is_active=True).order_by("login")
    if asked:
        body = Q(organisation__short_name__icontains=asked) | Q(organisation__name__icontains=asked)
        there = Post.objects.filter(body | Q(organisation__code=asked), valid_to=None)
        rows = rows.filter(Q(login__icontains=asked) | Q(name__icontains=asked) | Q(id__in=there.values("account_id")))
    return AccountPage(cards=_cards(rows[first : first + most]), total=rows.count())


def account(account_id: uuid.UUID) -> AccountCard | None:
    """One account that may sign in. Two statements."""
    return next(iter(_cards(Account.objects.filter(id=account_id, is_active=True))), None)


def _cards(rows: Iterable[Account]) -> tuple[AccountCard, ...]:
    shown = list(rows)
    held = Post.objects.filter(account__in=shown, valid_to=None).select_related("organisation")
    titles: dict[uuid.UUID, list[str]] = {}
    for post in held.order_by("valid_from", "id"):
        titles.setdefault(post.account_id, []).append(f"{post.organisation.short_name} · {post.title}")
    return tuple(
        AccountCard(
            account_id=row.id,
            login=row.login,
            name=row.name,
            posts=tuple(titles.get(row.id, ())),
            last_login=row.last_login,
            once_until=row.once_until,
        )
        for row in shown
    )


def substitutions(organisation_codes: Iterable[str] | None, at: datetime) -> tuple[SubstitutionCard, ...]:
    """Substitutions that are in force or to come, of these organisations or of all, by start. One statement."""
    rows = Substitution.objects.filter(ends__gt=at, post__valid_to=None, by_post__valid_to=None)
    if organisation_codes is not None:
        rows = rows.filter(post__organisation__code__in=set(organisation_codes))
    joined = ("post__organisation", "post__account", "by_post__account", "by_post__organisation")
    rows = rows.select_related(*joined).order_by("starts", "id")
    return tuple(
        SubstitutionCard(
            substitution_id=row.id,
            organisation_code=row.post.organisation.code,
            title=row.post.title,
            organisation_name=row.post.organisation.short_name,
            absent=row.post.account.name,
            by=row.by_post.account.name,
            by_organisation=row.by_post.organisation.short_name,
            starts=row.starts,
            ends=row.ends,
        )
        for row in rows[:MOST]
        if row.starts < row.ends
    )
