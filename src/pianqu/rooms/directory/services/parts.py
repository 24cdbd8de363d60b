"""What the verbs of the directory share: finding living rows, and refusing a circle."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.rooms.directory.models import Organisation, Post


def living(code: str) -> Organisation:
    """The organisation, if it has not ended; held until the verb is done, so that none ends meanwhile. Raises Absent."""
    found = Organisation.objects.select_for_update().filter(code=code, valid_to=None).first()
    if found is None:
        raise Absent("organisation-absent", _("There is no such organisation."))
    return found


def one_at_a_time() -> None:
    """Changes that touch the whole house (lists, lines, mergers) wait here for each other."""
    list(Organisation.objects.select_for_update().filter(parent_code="").order_by("code").values_list("id"))


def held(post_id: uuid.UUID) -> Post:
    """The post, if it is current; all posts of its account are held, so that nobody is in two places. Raises Absent."""
    account = Post.objects.filter(id=post_id).values("account_id")
    posts = Post.objects.select_for_update(of=("self",)).filter(account_id__in=account, valid_to=None)
    found = next((post for post in posts.select_related("organisation").order_by("id") if post.id == post_id), None)
    if found is None:
        raise Absent("post-absent", _("There is no such post."))
    return found


def check_span(starts: datetime, ends: datetime) -> None:
    """Raise Invalid for a time that ends before it begins, or that has no zone."""
    if timezone.is_naive(starts) or timezone.is_naive(ends) or starts >= ends:
        raise Invalid("span-wrong", _("The end must be after the beginning."))


def check_no_circle(codes: Iterable[str], parent_of: Mapping[str, str]) -> None:
    """Raise Refused where a reporting line comes back to where it began, naming the line."""
    for code in codes:
        line = [code]
        above = parent_of.get(code, "")
        while above and above not in line:
            line.append(above)
            above = parent_of.get(above, "")
        if above == code:
            shown = " → ".join([*line, code])
            sentence = _("This reporting line goes round in a circle: %(line)s. Nothing was changed.")
            raise Refused("reporting-circle", sentence % {"line": shown})
