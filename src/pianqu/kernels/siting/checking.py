"""Why there is no plan: what can be told before a search, each reason with whom it is about.

Problem: “infeasible” helps nobody; who plans has to know which number to change.
Method: counting, and for limited places the best sharing with every candidate open (kernels.siting.transport): the points
that stay behind then, and what they can reach.
Cost: O(n·m), with capacities that of one sharing.
Guarantee: every reason given holds by itself; with none given a plan may still be impossible (that p sites reach everybody is
a question for the search).
"""

import numpy as np

from pianqu.kernels.saying import say
from pianqu.kernels.siting.model import UNREACHABLE, Infeasible, Question, Reason, Table
from pianqu.kernels.siting.transport import transport

LARGEST_TOTAL = 2**60


def allowed(asked: Question) -> list[int]:
    """Candidates that may be open, the kept ones first."""
    kept = sorted(set(asked.kept))
    out = {*asked.kept, *asked.forbidden}
    return [*kept, *(one for one in range(asked.cost.shape[1]) if one not in out)]


def contradiction(asked: Question, *, everybody: bool) -> Infeasible | None:
    """Every reason for which there is no plan; `everybody`: each point has to be served."""
    reasons = _of_sites(asked)
    if not int(asked.weight.sum()):
        reasons.append(Reason(kind="no-demand", sentence=say("No point has anybody who is to be served.")))
    if not reasons and _is_large(asked):
        return too_large()
    if not reasons and everybody:
        reasons = _of_reach(asked) or _of_room(asked)
    return Infeasible(reasons=tuple(reasons)) if reasons else None


def too_large() -> Infeasible:
    sentence = say("The numbers are too large to be added up: please use coarser units of cost or weight.")
    return Infeasible(reasons=(Reason(kind="too-large", sentence=sentence),), proved=False)


def _is_large(asked: Question) -> bool:
    """Whether a total could leave 64 bits on the way."""
    total, most = sum(asked.weight.tolist()), int(asked.cost.max()) + 1
    return bool(total * most * 8 * (asked.sites + 3) ** 2 >= LARGEST_TOTAL)


def _of_sites(asked: Question) -> list[Reason]:
    kept, both = set(asked.kept), tuple(sorted({*asked.kept} & {*asked.forbidden}))
    open_to_choice = len(allowed(asked)) - len(both)
    if asked.sites < 1:
        return [Reason(kind="no-sites", sentence=say("At least one site has to be open."))]
    reasons = []
    if both:
        sentence = say("%(count)s sites are to stay and are forbidden at once.", count=len(both))
        reasons.append(Reason(kind="kept-forbidden", sentence=sentence, candidates=both))
    if asked.sites > open_to_choice:
        sentence = say(
            "%(sites)s sites are asked for, but only %(candidates)s candidates may be open.",
            sites=asked.sites,
            candidates=open_to_choice,
        )
        reasons.append(Reason(kind="too-few-candidates", sentence=sentence))
    if len(kept) > asked.sites:
        sentence = say(
            "%(kept)s sites are to stay, but only %(sites)s are asked for.", kept=len(kept), sites=asked.sites
        )
        reasons.append(Reason(kind="too-many-kept", sentence=sentence, candidates=tuple(sorted(kept))))
    return reasons


def _of_reach(asked: Question) -> list[Reason]:
    reach = (asked.cost[:, allowed(asked)] != UNREACHABLE).any(axis=1)
    lost = numbers(np.flatnonzero(~reach & (asked.weight > 0)))
    if not lost:
        return []
    return [
        Reason(
            kind="unreachable",
            sentence=say("From %(count)s points no candidate can be reached.", count=len(lost)),
            points=lost,
        )
    ]


def _of_room(asked: Question) -> list[Reason]:
    if asked.capacity is None:
        return []
    columns, total = allowed(asked), int(asked.weight.sum())
    held, room = len(set(asked.kept)), np.minimum(asked.capacity[columns], total)
    best = int(room[:held].sum()) + int(np.sort(room[held:])[::-1][: asked.sites - held].sum())
    if best < total:
        sentence = say(
            "The largest %(sites)s sites have room for %(room)s together, but %(demand)s are to be served.",
            sites=asked.sites,
            room=best,
            demand=total,
        )
        return [Reason(kind="capacity-below-demand", sentence=sentence)]
    return _of_room_in_reach(asked, columns, room)


def _of_room_in_reach(asked: Question, columns: list[int], room: Table) -> list[Reason]:
    cost = np.where(asked.cost[:, columns] == UNREACHABLE, 2, 0)
    missing, flow = transport(cost, asked.weight, room, 1)
    if not missing:
        return []
    sentence = say("Even with every candidate open, %(count)s find no room within reach.", count=missing)
    return [Reason(kind="capacity-out-of-reach", sentence=sentence, points=numbers(np.flatnonzero(flow[:, -1] > 0)))]


def numbers(found: Table) -> tuple[int, ...]:
    return tuple(int(one) for one in found)
