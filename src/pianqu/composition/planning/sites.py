"""Sites planned from files: the question, its answer, and a report from which anybody can compute it again."""

import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

import pianqu
from pianqu.composition.planning.points import Read, Spot
from pianqu.composition.planning.ways import Ways
from pianqu.foundation.saying import told
from pianqu.kernels.siting import asking, planning, walking
from pianqu.kernels.siting.model import UNREACHABLE, Effort, Infeasible, Measure, Plan, Question

LIBRARIES = ("numpy", "scipy", "highspy", "shapely")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the caller wants."""

    measure: Measure
    sites: int
    minutes: float
    seed: int
    rounds: int
    detour: float
    leave_out: bool
    """Points from which no candidate can be reached are left out, and named, instead of refusing."""

    @property
    def within_m(self) -> int:
        """Metres that somebody walks in the minutes asked for."""
        return int(self.minutes * walking.METRES_A_MINUTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All there is to write down."""

    asked: Asked
    demand: Read
    candidates: Read
    ways: Ways
    question: Question
    answer: Plan | Infeasible
    left_out: tuple[int, ...]
    beyond: asking.Beyond | None = None
    one_more: tuple[asking.OneMore, ...] = ()

    @property
    def points(self) -> tuple[Spot, ...]:
        return self.demand.spots

    @property
    def sites(self) -> tuple[Spot, ...]:
        return self.candidates.spots


def plan(asked: Asked, demand: Read, candidates: Read, ways: Ways) -> Outcome:
    """Ask the kernel."""
    weight = np.array([spot.number or 0 for spot in demand.spots], dtype=np.int64)
    states = [spot.state for spot in candidates.spots]
    room = [spot.number for spot in candidates.spots]
    left_out = _lost(ways, weight, states) if asked.leave_out else ()
    weight[list(left_out)] = 0
    question = Question(
        cost=ways.metres,
        weight=weight,
        sites=asked.sites,
        capacity=None if None in room else np.array(room, dtype=np.int64),
        kept=tuple(at for at, state in enumerate(states) if state == "keep"),
        forbidden=tuple(at for at, state in enumerate(states) if state == "forbidden"),
    )
    answer = _answer(asked, question)
    given = {"asked": asked, "demand": demand, "candidates": candidates, "ways": ways, "question": question}
    if isinstance(answer, Infeasible):
        return Outcome(**given, answer=answer, left_out=left_out)  # type: ignore[arg-type]
    return Outcome(
        **given,  # type: ignore[arg-type]
        answer=answer,
        left_out=left_out,
        beyond=asking.beyond(question, answer, limit=asked.within_m),
        one_more=asking.one_more(question, answer, limit=asked.within_m),
    )


def _lost(ways: Ways, weight: Any, states: list[str]) -> tuple[int, ...]:
    usable = [at for at, state in enumerate(states) if state != "forbidden"]
    lost = (ways.metres[:, usable] == UNREACHABLE).all(axis=1) & (weight > 0)
    return tuple(int(one) for one in np.flatnonzero(lost))


def _answer(asked: Asked, question: Question) -> Plan | Infeasible:
    effort = Effort(rounds=asked.rounds)
    if asked.measure == "coverage":
        return planning.coverage(question, within=asked.within_m, seed=asked.seed, effort=effort)
    solve = {"median": planning.median, "centre": planning.centre}[asked.measure]
    return solve(question, seed=asked.seed, effort=effort)


def report(outcome: Outcome) -> dict[str, Any]:
    """Seed, weights, versions, digests of the inputs, and the answer; the same for the same input."""
    asked, answer = outcome.asked, outcome.answer
    body: dict[str, Any] = {
        "plan": "sites",
        "measure": asked.measure,
        "sites_asked": asked.sites,
        "within_minutes": asked.minutes,
        "within_metres": asked.within_m,
        "seed": asked.seed,
        "effort": asdict(Effort(rounds=asked.rounds)),
        "walking": {"ways": outcome.ways.how, "detour": asked.detour, "metres_a_minute": walking.METRES_A_MINUTE},
        "versions": {
            "pianqu": pianqu.__version__,
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
        "inputs": _inputs(outcome),
        "left_out": [outcome.points[at].code for at in outcome.left_out],
    }
    if isinstance(answer, Infeasible):
        return body | {"feasible": False, "proved": answer.proved, "reasons": _reasons(outcome, answer)}
    return body | {"feasible": True} | _figures(outcome, answer)


def _inputs(outcome: Outcome) -> list[dict[str, Any]]:
    files = [
        ("demand", outcome.demand.path, outcome.demand.digest, len(outcome.points)),
        ("candidates", outcome.candidates.path, outcome.candidates.digest, len(outcome.sites)),
    ]
    if outcome.ways.path:
        files.append((outcome.ways.how, outcome.ways.path, outcome.ways.digest, 0))
    return [{"role": role, "file": path.name, "sha256": sha, "lines": lines} for role, path, sha, lines in files]


def _reasons(outcome: Outcome, answer: Infeasible) -> list[dict[str, Any]]:
    return [
        {
            "kind": reason.kind,
            "sentence": told(reason.sentence),
            "points": [outcome.points[at].code for at in reason.points],
            "candidates": [outcome.sites[at].code for at in reason.candidates],
        }
        for reason in answer.reasons
    ]


def _figures(outcome: Outcome, answer: Plan) -> dict[str, Any]:
    load = loads(outcome, answer)
    beyond = outcome.beyond
    assert beyond is not None
    return {
        "value": answer.value,
        "bound": answer.bound,
        "gap": round(answer.gap, 6),
        "proved": answer.proved,
        "rounds": answer.rounds,
        "open": [
            {
                "code": outcome.sites[at].code,
                "state": outcome.sites[at].state,
                "load": load[at],
                "capacity": outcome.sites[at].number,
            }
            for at in answer.sites
        ],
        "closed": [
            spot.code for at, spot in enumerate(outcome.sites) if spot.state == "closable" and at not in answer.sites
        ],
        "beyond": {
            "weight": beyond.weight,
            "share": round(beyond.share, 6),
            "points": [outcome.points[at].code for at in beyond.points],
            "unserved": [outcome.points[at].code for at in beyond.unserved],
        },
        "one_more": [
            asdict(more) | {"site": None if more.site is None else outcome.sites[more.site].code}
            for more in outcome.one_more
        ],
    }


def loads(outcome: Outcome, answer: Plan) -> dict[int, int]:
    """How much goes to each open site."""
    found = dict.fromkeys(answer.sites, 0)
    for share in answer.shares:
        found[share.site] += share.weight
    return found
