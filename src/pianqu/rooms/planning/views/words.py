"""What the page's script says, in the reader's language; names in braces are filled there."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def tools() -> tuple[tuple[str, str, str], ...]:
    """What pressing on the map does: code, icon, name."""
    return (
        ("choose", "current-location", pgettext("map tool", "Choose")),
        ("paint", "pencil", pgettext("map tool", "Paint")),
        ("lasso", "circle-dashed", pgettext("map tool", "Encircle")),
        ("lock", "lock", pgettext("map tool", "Lock")),
    )


def spoken(*, is_cells: bool) -> dict[str, Any]:
    """`is_cells`: what is joined are houses, what comes out are cells."""
    return {**_of_clusters(), **_of_cells()} if is_cells else _of_clusters()


def _of_cells() -> dict[str, Any]:
    return {
        "many": _("{count} houses"),
        "repairWhere": _("Choose a cell or some houses first: what lies near them is repaired."),
        "noneSelected": _("Choose a cell"),
        "selectFirst": _("Choose a cell first: press on it, then paint."),
        "tools": {
            "choose": _(
                "Press on a cell to select it. Drag one of its houses into a neighbour, or press M in the table."
            ),
            "paint": _("Drag over houses: they come to the selected cell."),
            "lasso": _("Draw around houses to choose them, then move, lock or split them in the table."),
            "lock": _("Press on a house to lock it or to unlock it."),
        },
    }


def _of_clusters() -> dict[str, Any]:
    return {
        "comma": pgettext("between names", ", "),
        "stop": pgettext("between sentences", ". "),
        "map": _("Map of the plan; the tables beside it tell the same"),
        "closer": _("Closer"),
        "wider": _("Wider"),
        "offline": _("The server did not answer. What you tried is still here; please try again."),
        "changed": _("Somebody else changed the plan."),
        "kept": _(
            "{detail} You see theirs now; your {count} moves are still tried out on top of it: confirm again, or discard."
        ),
        "again": _("{detail} You see theirs now: please do it again if it is still wanted."),
        "others": _("The plan was changed."),
        "othersSeen": _("{who} changed it; you see the new plan."),
        "othersKept": _("{who} changed it; your {count} moves are still tried out on top of it."),
        "refused": _("That was not done."),
        "confirmed": _("The move is confirmed."),
        "repaired": _("What was near by is right again."),
        "repairWhere": _("Choose a cluster or some communities first: what lies near them is repaired."),
        "chooseUnits": _("Choose what is to move: tick it in the table."),
        "taken": _("You go on from this plan. What was drawn before can be taken back."),
        "take": _("Take this plan"),
        "confirm": _("Confirm the move"),
        "dropped": _("Discarded; the plan is as it was."),
        "isElsewhere": _("{unit} lies in another community than {name}: a cell lies within one."),
        "isLocked": _("{unit} is locked. Unlock it first."),
        "side": _("{name} {before} → {after}"),
        "deviation": _("largest deviation {before} → {after}"),
        "cut": _("borders cut {before} → {after}"),
        "splits": _("areas split {before} → {after}"),
        "moved": _("households moved {before} → {after}"),
        "loose": _("{name} would be in pieces"),
        "option": _("Computed plan {number}"),
        "trial": _("Try {what} → {to}"),
        "many": _("{count} units"),
        "picked": _("{count} chosen"),
        "selected": _("{name} is selected"),
        "noneSelected": _("Choose a cluster"),
        "selectFirst": _("Choose a cluster first: press on it, then paint."),
        "tools": {
            "choose": _(
                "Press on a cluster to select it. Drag one of its communities into a neighbour, or press M in the table."
            ),
            "paint": _("Drag over communities: they come to the selected cluster."),
            "lasso": _("Draw around communities to choose them, then move, lock or split them in the table."),
            "lock": _("Press on a community to lock it or to unlock it."),
        },
    }
