"""The way around the desk: every entry leads to a page that anybody in a post may open, and says where one is."""

import pytest
from django.test import Client
from django.urls import resolve
from django.utils import timezone

from pianqu.composition.desk.menu import FIRST, GROUPS, Entry, menu_at
from pianqu.rooms.directory import services
from pianqu.rooms.directory.tests.builders import CENTRE, SYSTEM, account, small_district

pytestmark = pytest.mark.django_db
ENTRIES = [*FIRST, *(entry for group in GROUPS for entry in group.entries)]


def here(path: str) -> list[str]:
    return [link.at for group in menu_at(path) for link in group.links if link.is_here]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.at)
def test_an_entry_leads_to_a_page_and_says_where_one_is(entry: Entry) -> None:
    resolve(entry.at)
    assert here(entry.at) == [entry.at]


def test_no_address_stands_in_it_twice() -> None:
    assert len({entry.at for entry in ENTRIES}) == len(ENTRIES)


@pytest.mark.parametrize(
    ("path", "at"),
    [
        ("/desk/case/01890000-0000-7000-8000-000000000000/", "/desk/"),
        ("/desk/duty/", "/desk/who-answers/"),
        ("/desk/points/C01/", "/desk/points/"),
    ],
)
def test_what_lies_beneath_belongs_to_it(path: str, at: str) -> None:
    assert here(path) == [at]


def test_a_page_of_nothing_in_the_menu_is_nowhere() -> None:
    assert here("/desk/account/") == []


def test_the_bar_and_the_narrow_menu_hold_the_same_links() -> None:
    small_district()
    client = Client()
    login = account("menu")
    services.appoint(
        actor=SYSTEM, account_id=login.id, organisation_code=CENTRE, kind="window", title="窗口", now=timezone.now()
    )
    client.force_login(login)
    page = client.get("/desk/").content.decode()
    for entry in ENTRIES:
        assert page.count(f'<a href="{entry.at}"') >= 2, entry.at
    assert page.count('aria-current="page"') == 2
