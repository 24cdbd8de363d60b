"""Whether the answer of a matter that came back was looked at by somebody else, and when it may be archived."""

import uuid

from django.db.models import Q

from pianqu.foundation.actor import Actor
from pianqu.rooms.casework.models import CallBack, Case
from pianqu.rooms.directory import queries as directory

CHECKED = ("satisfied", "holds", "rated")
"""How a check ends with which the answer stands."""
ATTEMPTS = 3
"""So often somebody who does not answer is called before it is given up."""
CONTENT = 3
"""A rating from here on says that the answer settled it."""


def awaits_check(case: Case) -> bool:
    """Whether a matter that was reopened has an answer that nobody has checked, nor its reporter rated anew. Few statements.

    While a call-back waits on it, a bad rating is not enough: somebody has to look. What another system answered is its own.
    """
    if not case.reopenings or case.imported_from or (case.score is not None and case.score >= CONTENT):
        return False
    since = case.reopened_at or case.opened_at
    checked = Q(outcome__in=CHECKED, ended_at__gte=since)
    said = set(CallBack.objects.filter(Q(ended_at=None) | checked, case=case).values_list("ended_at", flat=True))
    return None in said or (not said and case.score is None)


def posts_of(actor: Actor) -> frozenset[str]:
    """This person's posts, the one they act in and all that they hold or held. At most one statement."""
    mine = {actor.post_id, actor.for_post_id}
    if actor.account_id:
        mine |= {str(post_id) for post_id in directory.every_post_of(uuid.UUID(actor.account_id))}
    return frozenset(post for post in mine if post)


def has_judged(posts: frozenset[str], case: Case) -> bool:
    """Whether one of these posts answered the matter, or checked the answer with which it came back."""
    return case.resolver_post in posts or (bool(case.reopenings) and case.checker_post in posts)
