"""revert_grid: an adoption was a mistake, so an earlier grid holds again, as a new version. Past days keep what was."""

import secrets
import uuid
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.verbs import verb
from pianqu.kernels import words
from pianqu.kernels.leaf import SALT_BYTES
from pianqu.rooms.territory import queries, rules
from pianqu.rooms.territory.models import GridCell, GridVersion
from pianqu.rooms.territory.services.grids import Adoption, NewCell, NewCluster, latest, put_in_force

LONGEST_REASON = 200


@verb
def revert_grid(
    *,
    actor: Actor,
    version_id: uuid.UUID,
    valid_from: date,
    reason: str,
    to_id: uuid.UUID | None = None,
    now: datetime,
) -> uuid.UUID:
    """Put the cells and clusters of an earlier version into force again from a day on; answers the new version's id.

    `version_id` is the mistake, which has to be the latest version; `to_id` the one to go back to, else that which was in force
    before it. One that lies ahead can be taken back from its own first day on, so that it never holds. Raises Absent, Invalid
    without a reason or where communities have ended since, Refused for a day that is too early.
    """
    rules.check_may_adopt_grid(actor)
    why = _reason(reason)
    mistake = latest()
    if mistake is None or mistake.id != version_id:
        queries.version(version_id)
        sentence = _("Another grid was adopted after this one; only the latest can be taken back. Nothing was changed.")
        raise Refused("grid-superseded", sentence)
    earlier = _earlier(mistake, to_id)
    _check_day(mistake, valid_from, timezone.localdate(now))
    adoption = Adoption(
        cells=_cells(earlier),
        clusters=_clusters(earlier),
        valid_from=valid_from,
        source=earlier.source,
        synthetic=earlier.synthetic,
        reverts=mistake.id,
        restores=earlier.id,
        reason=why,
        reason_salt=secrets.token_bytes(SALT_BYTES),
    )
    return put_in_force(actor, adoption, mistake, now)


def _reason(reason: str) -> str:
    try:
        return words.fit(reason, longest=LONGEST_REASON, shortest=1)
    except words.Unfit as unfit:
        sentence = _("Please say in at most 200 characters why this grid was a mistake. Nothing was changed.")
        raise Invalid("revert-reason", sentence) from unfit


def _earlier(mistake: GridVersion, to_id: uuid.UUID | None) -> GridVersion:
    before = next((card for card in queries.earlier_than(mistake.id) if to_id in (None, card.version_id)), None)
    if before is None:
        sentence = _("There is no such earlier grid to go back to. Nothing was changed.")
        raise Absent("grid-no-earlier", sentence)
    return GridVersion.objects.get(id=before.version_id)


def _check_day(mistake: GridVersion, valid_from: date, today: date) -> None:
    """Raise Refused for a day that is not after today and after the mistake's first day, or its own first day ahead."""
    first = queries.first_day_back(mistake.valid_from, today)
    if valid_from < first:
        sentence = _("The earlier grid can hold again from %(day)s: past days keep what was. Nothing was changed.")
        raise Refused("revert-day", sentence % {"day": first.isoformat()})
    if valid_from > today + timedelta(days=3_660):
        raise Refused("revert-far", _("This day is more than ten years ahead. Nothing was changed."))


def _cells(version: GridVersion) -> list[NewCell]:
    names = ("code", "name", "kind", "community_code", "geometry", "lon", "lat", "special_kind", "parent_code")
    rows = GridCell.objects.filter(version=version).order_by("code").values(*names)
    return [NewCell(**row) for row in rows]


def _clusters(version: GridVersion) -> list[NewCluster]:
    return [
        NewCluster(code=card.code, name=card.name, community_codes=card.community_codes, centre_code=card.centre_code)
        for card in queries.clusters_in(version.id)
    ]
