"""A plan computed again from its record, and every change after it laid on: whether it is what was recorded.

Problem: "computed by a program" convinces nobody; anyone must be able to see that a plan follows from units and settings, and
which changes were made by people.
Method: the units' text is held against its digest; each plan that was chosen is searched again (`asking.py`) and compared by the
digest of its division; then every change is laid on in its order, its digest compared, a chosen plan with the one that was just
computed. Cost: that of the searches. Guarantee: with the versions named in the record it answers yes exactly if units,
questions, plans and changes belong together; METIS of another version may find another plan, which is told.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from pianqu.kernels import canonical
from pianqu.kernels.partition.asking import Answer, solve
from pianqu.kernels.partition.records import Written, digest_of, read_units
from pianqu.kernels.saying import Sentence, say

FORMAT = "planning.record/v1"
CHOOSE = "choose"
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that was looked at."""

    holds: bool
    sentence: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the ledger says, where somebody has it: the entry that is asked about, and its payload."""

    entry: str = ""
    own: Mapping[str, Any] | None = None


def units_text(told: Any) -> str:
    """The canonical text of units as they were downloaded: the content, or a file that holds it beside the shapes."""
    content = told["units"] if isinstance(told, dict) and "units" in told else told
    return content if isinstance(content, str) else canonical.text(content)


def reproduced(text: str, record: Record, facts: Facts | None = None) -> Iterator[Line]:
    """Line by line, since searches take their time. Raises ValueError for what is no record or no units."""
    try:
        if record["format"] != FORMAT:
            raise ValueError("written by another version")
        yield from _reproduced(text, record, facts or Facts())
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError("no planning.record/v1") from error


def _reproduced(text: str, record: Record, facts: Facts) -> Iterator[Line]:
    written = read_units(text)
    same = written.digest == record["units_digest"]
    yield _line(same, say("Units: %(count)s, SHA-256 %(digest)s.", count=len(written), digest=written.digest[:16]))
    if not same:
        return
    answers: dict[str, Answer] = {}
    for plan in record["plans"]:
        if plan["id"] in _wanted(record, facts):
            answers[plan["id"]] = found = solve(written, plan["question"], stop_after=plan["steps"])
            yield _line(found.digest == plan["digest"], _plan_said(plan, found))
    own = facts.own or {}
    if "task_digest" in own:
        yield from _as_computed(record, facts, own)
    else:
        yield from _changes(written, record, answers)
        yield from _as_adopted(record, own)


def _wanted(record: Record, facts: Facts) -> set[str]:
    """Of a computed plan that one; else those from which people went on."""
    entries = {plan["entry"]: plan["id"] for plan in record["plans"]}
    if facts.entry in entries:
        return {entries[facts.entry]}
    return {change["option"] for change in record["changes"] if change["kind"] == CHOOSE}


def _plan_said(plan: Mapping[str, Any], found: Answer) -> Sentence:
    asked = plan["question"]
    if found.digest == plan["digest"]:
        words = "Computed again: %(clusters)s clusters, seed %(seed)s, the same plan %(digest)s."
        return say(words, clusters=asked["clusters"], seed=asked["settings"]["seed"], digest=found.digest[:16])
    words = "Computed again with METIS %(metis)s: another plan, %(found)s instead of %(digest)s."
    return say(words, metis=version("pymetis"), found=found.digest[:16], digest=plan["digest"][:16])


def _changes(written: Written, record: Record, answers: Mapping[str, Answer]) -> Iterator[Line]:
    part: list[int] = list(record["begins"])
    known, count = {plan["id"] for plan in record["plans"]}, 0
    for change in record["changes"]:
        fits = _laid_on(part, change["moves"]) and digest_of(part) == change["digest"]
        count += 1
        computed = answers.get(change["option"])
        strange = change["kind"] == CHOOSE and change["option"] not in known
        if strange or not fits or (computed is not None and list(computed.part) != part):
            yield _line(
                False, say("Change %(number)s (%(kind)s) does not lead to what was recorded.", **_named(change))
            )
            return
    yield _line(True, say("Changes: %(count)s, each leads to the plan that was recorded.", count=count))
    whole = len(part) == len(written) and part == list(record["part"])
    yield _line(whole, say("The plan of the record: %(digest)s.", digest=digest_of(part)[:16]))


def _laid_on(part: list[int], moves: Sequence[Sequence[int]]) -> bool:
    """Whether each unit was where the change says that it was."""
    for unit, was, is_ in moves:
        if not 0 <= unit < len(part) or part[unit] != was:
            return False
        part[unit] = is_
    return True


def _named(change: Mapping[str, Any]) -> dict[str, str | int]:
    return {"number": int(change["number"]), "kind": str(change["kind"])}


def _as_computed(record: Record, facts: Facts, own: Mapping[str, Any]) -> Iterator[Line]:
    plan = next((one for one in record["plans"] if one["entry"] == facts.entry), None)
    same = (
        plan is not None
        and own["digest"] == plan["digest"]
        and own["units_digest"] == record["units_digest"]
        and own["task_digest"] == digest_of(plan["question"])
    )
    yield _line(same, say("The ledger's entry names the same units, question and plan."))


def _as_adopted(record: Record, own: Mapping[str, Any]) -> Iterator[Line]:
    if not own:
        return
    chain: Sequence[list[Any]] = [[one["number"], one["kind"], one["digest"]] for one in record["changes"]]
    same = (
        own["digest"] == digest_of(list(record["part"]))
        and own["units_digest"] == record["units_digest"]
        and own["changes_digest"] == digest_of(chain)
    )
    yield _line(same, say("The ledger's entry names the same units, changes and plan."))


def _line(holds: bool, sentence: Sentence) -> Line:
    return Line(holds=holds, sentence=sentence)
