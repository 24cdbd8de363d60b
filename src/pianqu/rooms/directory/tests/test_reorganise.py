"""Mergers and splits: everything living passes over, whatever the sequence; history and the old codes stay."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.rooms.directory import queries, services
from pianqu.rooms.directory.models import Duty, Organisation, Post, Power, SendDown, ServedArea, Substitution
from pianqu.rooms.directory.services import Reorganisation, ReorganisationReport, Share
from pianqu.rooms.directory.tests.builders import (
    BEGAN,
    CICHENG,
    CICHENG_1,
    CICHENG_2,
    CLUSTER,
    DISTRICT,
    LAW,
    MARKET,
    NOW,
    STATION,
    SYSTEM,
    TODAY,
    WAITAN,
    WAITAN_1,
    account,
    body,
    listed,
    official,
    posted,
    power,
    small_district,
)
from pianqu.rooms.ledger import queries as ledger

JOINED = "330205-joined"


def furnish() -> dict[str, UUID]:
    """Powers, posts, duty, substitutes and lent things of every body that can be reorganised."""
    small_district()
    listed(
        [
            power(),
            power(MARKET, category="market"),
            power(CICHENG, CICHENG, level="street", category="roads"),
            power(CLUSTER, CICHENG, level="cluster", category="property"),
            power(STATION, CICHENG, verb="assist"),
            power(LAW, category="later", valid_from=date(2027, 1, 1)),
        ]
    )
    made = {code: posted(f"at-{code}", code, "leader") for code in (LAW, MARKET, CICHENG, CLUSTER, STATION, WAITAN)}
    for number, code in enumerate((LAW, MARKET, CLUSTER)):
        services.put_on_duty(
            actor=SYSTEM,
            post_id=made[code],
            organisation_code=code,
            starts=NOW + timedelta(hours=number),
            ends=NOW + timedelta(hours=number + 12),
            now=NOW,
        )
    for code, category in ((LAW, "noise"), (MARKET, "market")):
        services.send_down(
            actor=SYSTEM,
            what="person",
            title="驻点",
            from_code=code,
            to_code=CLUSTER,
            starts=TODAY,
            ends=None,
            presence="resident",
            may_decide=(category,),
            post_id=made[code],
            now=NOW,
        )
    services.substitute(
        actor=SYSTEM,
        post_id=made[LAW],
        by_post_id=made[STATION],
        starts=NOW,
        ends=NOW + timedelta(days=3),
        across=True,
        now=NOW,
    )
    return made


def carry_out(**given: Any) -> ReorganisationReport:
    plan = Reorganisation(**{"on": TODAY, **given})
    return services.reorganise(actor=SYSTEM, plan=plan, now=NOW)


def orphans() -> list[str]:
    """Everything living that hangs on something that has ended."""
    ended = {row.id: row.code for row in Organisation.objects.exclude(valid_to=None)}
    codes = set(ended.values())
    living = Organisation.objects.filter(valid_to=None)
    found = [f"line of {row.code}" for row in living if row.parent_code in codes or row.serves_code in codes]
    found += [f"power {row.category}" for row in Power.objects.filter(valid_to=None) if row.organisation_id in ended]
    found += [f"post {row.title}" for row in Post.objects.filter(valid_to=None) if row.organisation_id in ended]
    found += [f"ground {row}" for row in ServedArea.objects.filter(valid_to=None) if row.organisation_id in ended]
    found += [f"duty {row}" for row in Duty.objects.filter(ends__gt=NOW) if row.organisation_id in ended]
    found += [
        f"lent {row}"
        for row in SendDown.objects.filter(ends=None)
        if row.sender_id in ended or row.centre_id in ended or row.post.organisation_id != row.sender_id
    ]
    found += [
        f"substitute {row}"
        for row in Substitution.objects.filter(ends__gt=NOW).select_related("post", "by_post")
        if {row.post.organisation_id, row.by_post.organisation_id} & set(ended)
    ]
    for code in living.values_list("code", flat=True):
        assert not code or code not in queries.superiors(code)
    return found


@pytest.mark.django_db
def test_two_departments_become_one() -> None:
    made = furnish()
    report = carry_out(of=(LAW, MARKET), begins=(body(JOINED),), rest_to=JOINED)
    assert report.codes == ((LAW, JOINED), (MARKET, JOINED))
    assert (report.ended, report.begun) == ((LAW, MARKET), (JOINED,))
    counts = {what: report.count(what) for what in ("powers", "posts", "send_downs", "duties", "areas", "lines")}
    assert counts == {"powers": 3, "posts": 2, "send_downs": 2, "duties": 2, "areas": 0, "lines": 1}
    assert orphans() == []
    assert queries.who_answers(category="noise", place_code=CICHENG_1, on=TODAY).lead == JOINED
    yesterday = TODAY - timedelta(days=1)
    assert queries.who_answers(category="noise", place_code=CICHENG_1, on=yesterday).lead == LAW
    assert queries.who_answers(category="later", place_code=CICHENG_1, on=date(2027, 1, 1)).lead == JOINED
    assert [card.post_id for card in queries.on_duty(JOINED, NOW)] == [made[STATION]], "the substitute follows"
    assert {card.from_code for card in queries.who_is_here(CLUSTER, TODAY)} == {JOINED}
    assert queries.superiors(STATION) == (JOINED, DISTRICT)
    assert queries.successors(LAW) == (JOINED,)
    with pytest.raises(Absent):
        carry_out(of=(LAW,), begins=(body("x"),), rest_to="x")


@pytest.mark.django_db
def test_a_department_is_taken_into_another() -> None:
    furnish()
    report = carry_out(of=(MARKET,), rest_to=LAW)
    assert report.codes == ((MARKET, LAW),)
    assert queries.who_answers(category="market", place_code=CICHENG_1, on=TODAY).lead == LAW
    assert orphans() == []


@pytest.mark.django_db
def test_a_department_is_split_by_category_and_place() -> None:
    made = furnish()
    listed([power(LAW, category="parks", area_code=WAITAN, article="item 4")], source="more")
    shares = (
        Share(to_code="330205-parks", categories=("parks",), area_codes=(WAITAN,), post_ids=(made[LAW],)),
        Share(to_code="330205-noise", categories=("noise",)),
    )
    begins = (body("330205-parks"), body("330205-noise"))
    report = carry_out(of=(LAW,), begins=begins, rest_to="330205-noise", shares=shares)
    assert report.codes == ((LAW, "330205-noise"), (LAW, "330205-parks"))
    assert queries.who_answers(category="parks", place_code=WAITAN_1, on=TODAY).lead == "330205-parks"
    assert queries.who_answers(category="noise", place_code=WAITAN_1, on=TODAY).lead == "330205-noise"
    assert Post.objects.get(id=made[LAW]).organisation.code == "330205-parks"
    plan = Reorganisation(of=(LAW,), rest_to="330205-noise", shares=shares, on=TODAY)
    assert plan.to_code("parks", WAITAN_1) == "330205-parks"
    assert plan.to_code("parks", CICHENG_1) == "330205-noise"
    assert orphans() == []


@pytest.mark.django_db
def test_a_part_leaves_and_the_rest_goes_on() -> None:
    furnish()
    share = Share(to_code="330205-new", categories=("noise",), organisation_codes=(STATION,))
    report = carry_out(of=(LAW,), begins=(body("330205-new"),), rest_to=LAW, shares=(share,))
    assert report.ended == ()
    assert queries.organisation(LAW).valid_to is None
    assert queries.superiors(STATION) == ("330205-new", DISTRICT)
    assert queries.who_answers(category="noise", place_code=CICHENG_1, on=TODAY).lead == "330205-new"
    assert queries.who_answers(category="later", place_code=CICHENG_1, on=date(2027, 1, 1)).lead == LAW


@pytest.mark.django_db
def test_a_second_part_leaves_the_same_way_on_the_same_day() -> None:
    furnish()
    for category in ("noise", "later"):
        share = Share(to_code=MARKET, categories=(category,))
        carry_out(of=(LAW,), rest_to=LAW, shares=(share,))
    assert queries.powers_of(LAW, date(2027, 1, 1)) == ()


@pytest.mark.django_db
def test_a_town_becomes_two_streets_with_their_communities() -> None:
    furnish()
    east, west = "330205011000", "330205012000"
    begins = (body(east, "street"), body(west, "street"))
    shares = (Share(to_code=east, area_codes=(CICHENG_1,), organisation_codes=(CICHENG_1, CLUSTER)),)
    carry_out(of=(CICHENG,), begins=begins, rest_to=west, shares=shares)
    assert orphans() == []
    assert queries.superiors(CICHENG_1) == (east, DISTRICT)
    assert queries.superiors(CICHENG_2) == (west, DISTRICT)
    assert queries.organisation(STATION).serves_code == west
    assert queries.areas_of(west) == {CICHENG}
    assert queries.scope_of(official("boss", west)).sees(LAW, CICHENG_2)
    assert queries.who_answers(category="roads", place_code=CICHENG_2, on=TODAY).lead == west
    gaps = queries.troubles(on=TODAY, categories=["nothing"])
    assert {gap.place_code for gap in gaps} >= {CICHENG_1, CICHENG_2, WAITAN}, "places of a street that ended count too"


@pytest.mark.django_db
def test_a_child_may_take_over_its_superior() -> None:
    furnish()
    carry_out(of=(LAW,), rest_to=STATION)
    assert queries.superiors(STATION) == (DISTRICT,)
    assert orphans() == []


@pytest.mark.django_db
def test_facts_name_old_and_new() -> None:
    made = furnish()
    carry_out(of=(LAW,), begins=(body(JOINED),), rest_to=JOINED)
    told = ledger.history(f"organisation:{LAW}")[-1]
    assert told.kind == "directory.organisation-reorganised"
    assert (told.fact["old_code"], told.fact["new_code"], told.fact["old_ends"]) == (LAW, JOINED, True)
    assert told.fact["post_ids"] == [str(made[LAW])]


@pytest.mark.django_db
def test_what_cannot_be_reorganised() -> None:
    furnish()
    for wrong in (
        {"of": (), "rest_to": LAW},
        {"of": (LAW, LAW), "rest_to": MARKET},
        {"of": (LAW,), "rest_to": LAW},
        {"of": (LAW, MARKET), "rest_to": JOINED, "begins": (body(JOINED),), "shares": (Share(to_code=MARKET),)},
        {"of": (LAW,), "rest_to": MARKET, "on": TODAY + timedelta(days=1)},
        {"of": (LAW,), "rest_to": MARKET, "on": BEGAN - timedelta(days=1)},
        {"of": (LAW,), "rest_to": MARKET, "begins": (body(CLUSTER),)},
    ):
        with pytest.raises(Invalid):
            carry_out(**wrong)
    with pytest.raises(Absent):
        carry_out(of=(LAW,), rest_to="nobody")
    with pytest.raises(Refused):
        carry_out(of=(CICHENG,), begins=(body(JOINED, parent=CICHENG_1),), rest_to=JOINED)
    with pytest.raises(Forbidden):
        plan = Reorganisation(of=(LAW,), rest_to=MARKET, on=TODAY)
        services.reorganise(actor=official("x", LAW, "administrator"), plan=plan, now=NOW)
    assert queries.organisation(LAW).valid_to is None


@pytest.mark.django_db
def test_an_old_list_names_the_successors() -> None:
    furnish()
    carry_out(of=(LAW,), begins=(body(JOINED),), rest_to=JOINED)
    (_number, fault), *_more = services.faults_of([power()])
    assert LAW in fault and JOINED in fault


@pytest.mark.django_db
def test_an_account_in_both_keeps_both_posts() -> None:
    furnish()
    person = account("both")
    for code in (LAW, MARKET):
        services.appoint(
            actor=SYSTEM,
            account_id=person.id,
            organisation_code=code,
            kind="handler",
            title="岗",
            beside=True,
            now=NOW,
        )
    carry_out(of=(LAW, MARKET), begins=(body(JOINED),), rest_to=JOINED)
    assert {card.organisation_code for card in queries.posts_of(person.id)} == {JOINED}


class AnySequence(TestCase):
    """Whatever is merged and split, in whatever order: nothing is orphaned, and every matter keeps exactly one lead."""

    @settings(max_examples=25)
    @given(steps=st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 3)), min_size=1, max_size=5))
    def test_nothing_is_orphaned(self, steps: list[tuple[int, int, int]]) -> None:
        furnish()
        for number, (first, second, how) in enumerate(steps):
            kinds = ("department", "town", "centre", "street", "station")
            codes = [card.code for card in queries.all_organisations(*kinds)]
            one, other = codes[first % len(codes)], codes[second % len(codes)]
            try:
                self._step(number, one, other, how)
            except Refused:
                continue
            assert orphans() == []
            for category in ("noise", "market", "roads", "property"):
                assert queries.who_answers(category=category, place_code=CICHENG_1, on=TODAY).trouble == ""

    def _step(self, number: int, one: str, other: str, how: int) -> None:
        new = body(f"new-{number}", queries.organisation(one).kind, parent="")
        if new.kind == "station":
            new = body(new.code, "department", parent="")
        if how == 0 and one != other:
            carry_out(of=(one,), rest_to=other)
        elif how == 1:
            carry_out(of=tuple({one, other}), begins=(new,), rest_to=new.code)
        else:
            posts = tuple(Post.objects.filter(organisation__code=one).values_list("id", flat=True))[:1]
            share = Share(to_code=new.code, categories=("noise", "roads"), post_ids=posts)
            rest = one if how == 2 else other
            begins = (new,)
            carry_out(of=(one,), begins=begins, rest_to=rest, shares=(share,))
