"""A draft is published, commented, adopted; what stands in the way is said."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest

from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.planning import queries, services
from pianqu.rooms.planning.services import Change
from pianqu.rooms.planning.tests.twelve import (
    AFTER,
    CENTRE,
    EAST,
    NOW,
    RESIDENT,
    SYSTEM,
    TODAY,
    TOMORROW,
    WEST,
    code_of,
    official,
    started,
)
from pianqu.rooms.territory import queries as territory

pytestmark = pytest.mark.usefixtures("twelve")


def published(**changes: object) -> uuid.UUID:
    draft = started(**changes)
    services.publish_draft(actor=SYSTEM, draft_id=draft, comments_until=TODAY, now=NOW)
    return draft


def changed(draft: uuid.UUID, kind: str, **given: object) -> None:
    revision = queries.draft_card(draft).revision
    change = Change(kind=kind, **given)  # type: ignore[arg-type]
    services.change_draft(actor=SYSTEM, draft_id=draft, revision=revision, change=change, now=NOW)


def test_an_adopted_draft_is_the_grid_from_its_day_on() -> None:
    draft = published()
    changed(draft, "paint", moves=[(4, 0)])
    version = services.adopt_draft(
        actor=SYSTEM, draft_id=draft, valid_from=TOMORROW, reason="两社区共用一个小区", now=AFTER
    )
    before, after = territory.clusters(on=TODAY), territory.clusters(on=TOMORROW)
    assert code_of(4) in before[1].community_codes
    assert code_of(4) in after[0].community_codes
    assert [card.code for card in after] == ["c1", "c2", "c3"]
    assert after[0].centre_code == CENTRE
    assert len(territory.cells(on=TOMORROW)) == 12
    card = queries.draft_card(draft)
    assert (card.state, card.version_id, card.valid_from) == ("adopted", version, TOMORROW)


def test_the_fact_names_units_plan_changes_and_version() -> None:
    draft = published(settings={"tolerance": 3_000})
    changed(draft, "paint", moves=[(4, 0)])
    version = services.adopt_draft(actor=SYSTEM, draft_id=draft, valid_from=TOMORROW, now=AFTER)
    told = ledger.history(f"plan:{draft}")
    assert [item.kind.removeprefix("planning.draft-") for item in told] == [
        "started",
        "published",
        "changed",
        "adopted",
    ]
    facts = [item.fact for item in told]
    assert facts[3]["version_id"] == str(version)
    assert facts[3]["digest"] == facts[2]["digest"]
    assert facts[2]["before"] == facts[0]["digest"]
    assert facts[3]["changes"] == 1


def test_a_plan_beyond_its_tolerance_needs_a_reason() -> None:
    draft = published(settings={"tolerance": 100})
    with pytest.raises(Refused) as refused:
        services.adopt_draft(actor=SYSTEM, draft_id=draft, valid_from=TOMORROW, now=AFTER)
    assert refused.value.code == "reason-missing"
    services.adopt_draft(actor=SYSTEM, draft_id=draft, valid_from=TOMORROW, reason="河流阻隔", now=AFTER)


def test_a_cluster_in_pieces_is_not_published() -> None:
    draft = started()
    changed(draft, "paint", moves=[(0, 2)])
    with pytest.raises(Refused, match="第3片区"):
        services.publish_draft(actor=SYSTEM, draft_id=draft, comments_until=TODAY, now=NOW)


def test_a_community_in_no_cluster_is_named() -> None:
    draft = started()
    changed(draft, "paint", moves=[(0, -1)])
    with pytest.raises(Refused, match="1号"):
        services.publish_draft(actor=SYSTEM, draft_id=draft, comments_until=TODAY, now=NOW)


def test_nothing_is_decided_before_the_last_day_for_comments_is_over() -> None:
    draft = started(settings={"tolerance": 10_000})
    services.publish_draft(actor=SYSTEM, draft_id=draft, comments_until=TOMORROW, now=NOW)
    for at in (NOW, AFTER):
        with pytest.raises(Refused) as refused:
            services.adopt_draft(actor=SYSTEM, draft_id=draft, valid_from=TOMORROW + timedelta(days=9), now=at)
        assert refused.value.code == "comments-open"
        assert not queries.draft_state(SYSTEM, draft, now=at).may.adopt
        assert services.comment(actor=RESIDENT, draft_id=draft, words="还在征求意见", now=at)
    over = AFTER + timedelta(days=1)
    assert queries.draft_state(SYSTEM, draft, now=over).may.adopt
    services.adopt_draft(actor=SYSTEM, draft_id=draft, valid_from=TOMORROW + timedelta(days=9), now=over)


def test_a_plan_is_published_without_asking_only_for_a_reason_that_everybody_reads() -> None:
    draft = started(settings={"tolerance": 10_000})
    with pytest.raises(Invalid) as wrong:
        services.publish_draft(actor=SYSTEM, draft_id=draft, comments_until=None, because=" ", now=NOW)
    assert wrong.value.code == "unasked-reason"
    services.publish_draft(actor=SYSTEM, draft_id=draft, comments_until=None, because="更正上次误划", now=NOW)
    told = ledger.history(f"plan:{draft}")[-1].fact
    assert (told["comments_until"], len(told["unasked_commitment"])) == ("", 43)
    state = queries.public_plan(RESIDENT, draft, now=NOW)
    assert (state.unasked, state.may.comment) == ("更正上次误划", False)
    with pytest.raises(Refused) as refused:
        services.comment(actor=RESIDENT, draft_id=draft, words="我有意见", now=NOW)
    assert refused.value.code == "comments-over"
    services.adopt_draft(actor=SYSTEM, draft_id=draft, valid_from=TOMORROW, now=NOW)


def test_no_plan_is_put_into_force_for_a_day_that_is_over() -> None:
    draft = published(settings={"tolerance": 10_000})
    with pytest.raises(Invalid) as wrong:
        services.adopt_draft(actor=SYSTEM, draft_id=draft, valid_from=TODAY, now=AFTER)
    assert wrong.value.code == "adopt-day"


def test_a_comment_tells_of_which_revision_it_speaks_and_what_changed_since() -> None:
    draft = published(settings={"tolerance": 10_000})
    services.comment(actor=RESIDENT, draft_id=draft, words="头一个意见", now=NOW)
    changed(draft, "paint", moves=[(4, 0)])
    later = NOW + timedelta(minutes=1)
    services.comment(actor=RESIDENT, draft_id=draft, words="看到的是旧图", revision=0, now=later)
    services.comment(
        actor=RESIDENT, draft_id=draft, words="谁也没见过的修订", revision=99, now=later + timedelta(minutes=1)
    )
    changed(draft, "undo")
    said = [(one.revision, one.changes_since) for one in queries.comments(draft, for_all=True)]
    assert said == [(1, 1), (0, 2), (0, 2)]
    facts = [item.fact["revision"] for item in ledger.history(f"plan:{draft}") if item.kind.endswith("commented")]
    assert facts == [0, 0, 1]


def test_a_comment_is_answered_only_under_its_own_plan() -> None:
    draft, other = published(), published(title="另一方案")
    made = services.comment(actor=RESIDENT, draft_id=draft, words="请保留", now=NOW)
    with pytest.raises(Absent):
        services.answer_comment(actor=SYSTEM, draft_id=other, comment_id=made, words="好", now=NOW)
    with pytest.raises(Absent):
        services.hide_comment(actor=SYSTEM, draft_id=other, comment_id=made, reason="personal", now=NOW)
    assert queries.comments(draft)[0].answer == ""


def test_an_offices_draft_is_changed_there_or_above_and_read_by_others() -> None:
    east, west, centre = official("dong", EAST), official("xi", WEST), official("zhong", CENTRE)
    above, admin = official("qu"), official("guan", kind="administrator")
    draft = started(actor=east)
    for actor, may in ((east, True), (above, True), (admin, True), (centre, True), (west, False)):
        state = queries.draft_state(actor, draft, now=NOW)
        assert (state.may.edit, state.may.publish, state.may.withdraw, state.may.answer) == (may,) * 4, actor
    lock = Change(kind="lock", units=[1])
    ways: tuple[Callable[[], object], ...] = (
        lambda: services.change_draft(actor=west, draft_id=draft, revision=0, change=lock, now=NOW),
        lambda: services.repair_draft(actor=west, draft_id=draft, revision=0, near=[1], now=NOW),
        lambda: services.ask_plan(actor=west, draft_id=draft, now=NOW),
        lambda: services.stop_plan(actor=west, draft_id=draft, now=NOW),
        lambda: services.publish_draft(actor=west, draft_id=draft, comments_until=TODAY, now=NOW),
        lambda: services.withdraw_draft(actor=west, draft_id=draft, now=NOW),
    )
    for way in ways:
        with pytest.raises(Forbidden) as refused:
            way()
        assert refused.value.code == "draft-of-others" and "东街道" in refused.value.message
    services.publish_draft(actor=east, draft_id=draft, comments_until=TODAY, now=NOW)
    said = services.comment(actor=west, draft_id=draft, words="西街道的意见", now=NOW)
    with pytest.raises(Forbidden):
        services.answer_comment(actor=west, draft_id=draft, comment_id=said, words="好", now=NOW)
    services.answer_comment(actor=east, draft_id=draft, comment_id=said, words="已收到", now=NOW)
    own = started(actor=above, title="区里的方案")
    with pytest.raises(Forbidden):
        services.change_draft(actor=east, draft_id=own, revision=0, change=lock, now=NOW)


def test_after_another_grid_a_draft_is_not_adopted() -> None:
    first, second = published(), published()
    services.adopt_draft(actor=SYSTEM, draft_id=first, valid_from=TOMORROW, reason="先行", now=AFTER)
    with pytest.raises(Refused) as refused:
        services.adopt_draft(actor=SYSTEM, draft_id=second, valid_from=TOMORROW + timedelta(days=1), now=AFTER)
    assert refused.value.code == "grid-moved"


def test_what_somebody_did_not_see_is_neither_published_nor_adopted() -> None:
    draft = started(settings={"tolerance": 10_000})
    changed(draft, "paint", moves=[(4, 0)])
    with pytest.raises(Refused) as refused:
        services.publish_draft(actor=SYSTEM, draft_id=draft, comments_until=TODAY, revision=0, now=NOW)
    assert refused.value.code == "draft-changed"
    services.publish_draft(actor=SYSTEM, draft_id=draft, comments_until=TODAY, revision=1, now=NOW)
    changed(draft, "undo")
    with pytest.raises(Refused) as refused:
        services.adopt_draft(actor=SYSTEM, draft_id=draft, valid_from=TOMORROW, revision=1, now=AFTER)
    assert refused.value.code == "draft-changed"
    services.adopt_draft(actor=SYSTEM, draft_id=draft, valid_from=TOMORROW, revision=2, now=AFTER)


def test_nothing_more_is_computed_for_a_draft_that_is_decided_on() -> None:
    adopted, withdrawn = published(settings={"tolerance": 10_000}), started()
    for draft in (adopted, withdrawn):
        services.ask_plan(actor=SYSTEM, draft_id=draft, now=NOW)
    services.adopt_draft(actor=SYSTEM, draft_id=adopted, valid_from=TOMORROW, now=AFTER)
    services.withdraw_draft(actor=SYSTEM, draft_id=withdrawn, now=NOW)
    for draft in (adopted, withdrawn):
        run = queries.draft_state(SYSTEM, draft, now=NOW).run
        assert run and run.state == "stopping"


def test_only_the_district_adopts() -> None:
    draft = published()
    with pytest.raises(Forbidden):
        services.adopt_draft(actor=official("street", EAST), draft_id=draft, valid_from=TOMORROW, now=AFTER)


def test_new_clusters_get_codes_that_no_grid_had() -> None:
    draft = published(settings={"tolerance": 10_000})
    changed(draft, "split", cluster=1, units=[6, 7])
    changed(draft, "rename", cluster=3, name="滨江片区")
    services.adopt_draft(actor=SYSTEM, draft_id=draft, valid_from=TOMORROW, now=AFTER)
    assert {card.code: card.name for card in territory.clusters(on=TOMORROW)}["p000"] == "滨江片区"


def test_residents_comment_what_is_published_and_nothing_else() -> None:
    draft = started()
    with pytest.raises(Absent):
        services.comment(actor=RESIDENT, draft_id=draft, words="不行", now=NOW)
    services.publish_draft(actor=SYSTEM, draft_id=draft, comments_until=TODAY, now=NOW)
    made = services.comment(actor=RESIDENT, draft_id=draft, words="我们小区请留在一起", unit=code_of(4), now=NOW)
    services.answer_comment(actor=SYSTEM, draft_id=draft, comment_id=made, words="已调整", now=NOW)
    said = queries.comments(draft, for_all=True)
    assert (said[0].words, said[0].unit_name, said[0].answer) == ("我们小区请留在一起", "5号", "已调整")
    services.hide_comment(actor=SYSTEM, draft_id=draft, comment_id=made, reason="personal", now=NOW)
    assert queries.comments(draft, for_all=True)[0].words == ""
    assert queries.comments(draft)[0].words
    with pytest.raises(Invalid):
        services.hide_comment(actor=SYSTEM, draft_id=draft, comment_id=made, reason="不喜欢", now=NOW)


def test_after_the_last_day_comments_are_closed() -> None:
    draft = published()
    with pytest.raises(Refused) as refused:
        services.comment(actor=RESIDENT, draft_id=draft, words="晚了", now=NOW + timedelta(days=1))
    assert refused.value.code == "comments-over"


def test_a_withdrawn_draft_is_not_changed_any_more() -> None:
    draft = published()
    services.withdraw_draft(actor=SYSTEM, draft_id=draft, now=NOW)
    with pytest.raises(Refused):
        changed(draft, "paint", moves=[(4, 0)])
