"""Whoever has the record computes a plan again; what was tampered with is found."""

import json
import uuid
from typing import Any

import pytest

from pianqu.kernels.partition.records import digest_of
from pianqu.kernels.partition.reproducing import Facts, reproduced, units_text
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.planning import jobs, queries, services
from pianqu.rooms.planning.tests.twelve import AFTER, NOW, SYSTEM, TODAY, TOMORROW, started

pytestmark = pytest.mark.usefixtures("twelve")


def adopted() -> uuid.UUID:
    """Computed, chosen, changed by hand, taken back in part, adopted."""
    draft = started(settings={"tolerance": 3_000, "sweeps": 40, "tries": 2})
    services.ask_plan(actor=SYSTEM, draft_id=draft, now=NOW)
    jobs.run_waiting({"plan": jobs.compute_plans}, actor=SYSTEM, clock=lambda: NOW)
    state = queries.draft_state(SYSTEM, draft, now=NOW)
    services.choose_plan(actor=SYSTEM, draft_id=draft, revision=0, option_id=state.options[0].id, now=NOW)
    part = queries.draft_state(SYSTEM, draft, now=NOW).part
    kinds: list[services.Change] = [
        services.Change(kind="rename", cluster=0, name="甲片区"),
        services.Change(kind="paint", moves=[(5, (part[5] + 1) % 3)]),
        services.Change(kind="undo"),
    ]
    for revision, change in enumerate(kinds, 1):
        services.change_draft(actor=SYSTEM, draft_id=draft, revision=revision, change=change, now=NOW)
    services.publish_draft(actor=SYSTEM, draft_id=draft, comments_until=TODAY, now=NOW)
    services.adopt_draft(actor=SYSTEM, draft_id=draft, valid_from=TOMORROW, now=AFTER)
    return draft


def record_of(draft: uuid.UUID) -> tuple[str, dict[str, Any]]:
    record = json.loads(json.dumps(queries.plan_record(draft)))
    return queries.draft_units(draft).content, record


def test_an_adopted_plan_is_computed_again_and_is_the_same() -> None:
    draft = adopted()
    text, record = record_of(draft)
    entries = {item.kind: item for item in ledger.history(f"plan:{draft}")}
    for kind in ("planning.plan-computed", "planning.draft-adopted"):
        facts = Facts(entry=str(entries[kind].entry_id), own=entries[kind].fact)
        lines = list(reproduced(text, record, facts))
        assert len(lines) > 2
        assert all(line.holds for line in lines), [str(line.sentence) for line in lines]


def test_a_record_begins_with_the_plan_that_the_ledger_says_it_began_with() -> None:
    draft = adopted()
    begun = next(item.fact for item in ledger.history(f"plan:{draft}") if item.kind == "planning.draft-started")
    assert digest_of(queries.plan_record(draft)["begins"]) == begun["digest"]


def test_units_may_be_downloaded_beside_their_shapes() -> None:
    text, record = record_of(adopted())
    again = units_text({"units": json.loads(text), "shapes": {}})
    assert all(line.holds for line in reproduced(again, record))


def test_whatever_is_changed_in_the_record_is_found() -> None:
    text, record = record_of(adopted())

    def holds(**changes: Any) -> bool:
        return all(line.holds for line in reproduced(text, {**record, **changes}))

    plan = record["plans"][0]
    fewer = {**plan["question"], "clusters": 2, "centres": [-1, -1]}
    assert holds()
    assert not holds(changes=record["changes"][1:])
    assert not holds(part=[(cluster + 1) % 3 for cluster in record["part"]])
    assert not holds(units_digest="0" * 64)
    assert not holds(plans=[{**plan, "question": fewer}])
    with pytest.raises(ValueError, match="record"):
        holds(plans=[{}])
