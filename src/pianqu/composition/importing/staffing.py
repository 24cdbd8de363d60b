"""`pianqu import cell-people`: who works in which cell (1+3+N 网格力量), from a table; each named cell's people are replaced.

Columns: cell 网格 (its code), role 角色, login 登录名; organisation 机构 (code or name) where somebody holds several posts.
"""

import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.composition.importing import table
from pianqu.composition.importing.cells import Bad, Line, by_name, one, text
from pianqu.composition.importing.table import Fault
from pianqu.composition.importing.workbook import table as write
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Problem
from pianqu.foundation.installation import installation
from pianqu.foundation.verbs import verb
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory.queries import HeldPost
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory import services
from pianqu.rooms.territory.services import NewPerson

LARGEST = 5_000_000
NEEDED, OPTIONAL = {"cell": "网格", "role": "角色", "login": "登录名"}, {"organisation": "机构"}
ROLES = {
    "leader": ("网格长",),
    "full_time": ("专职网格员", "专职"),
    "part_time": ("兼职网格员", "兼职"),
    "adviser": ("网格指导员", "指导员"),
    "other": ("其他", "其他力量"),
}
People = dict[str, list[NewPerson]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crews:
    """What a table says: people of the cells that can be staffed, and what is wrong with the other lines."""

    good: People
    faults: tuple[Fault, ...]


def read(path: Path, *, on: date) -> Crews:
    """The table, checked against this installation. Raises Invalid for a file that is no such table."""
    return checked(table.lines(path, NEEDED, OPTIONAL, largest=LARGEST), on=on)


def checked(lines: list[Line], *, on: date) -> Crews:
    """People by cell, and every line that cannot be taken with its reason; a line of a cell alone is still to be filled in."""
    cells = {cell.code for cell in territory.cells(on=on)}
    roles = by_name((code, words) for code, words in ROLES.items())
    posts: dict[str, list[HeldPost]] = defaultdict(list)
    for post in directory.held_posts():
        posts[post.login.casefold()].append(post)
    found: People = defaultdict(list)
    faults: list[Fault] = []
    for number, row in (line for line in lines if not _is_blank(line[1])):
        try:
            code = text(row, "cell")
            if code not in cells:
                raise Bad(_("There is no cell %(code)s on that day.") % {"code": code[:40]})
            no_role = (_("The role is missing."), _("“%(text)s” is no role in a cell."))
            person = NewPerson(role=one(text(row, "role"), roles, no_role), post_id=_post(row, posts).post_id)
            _check_beside(person, found[code])
            found[code].append(person)
        except Bad as bad:
            faults.append(Fault(number=number, reason=str(bad)))
    leaderless = [code for code, people in found.items() if people and not _leads(people)]
    faults += [Fault(number=0, reason=_("Cell %(code)s has no leader.") % {"code": code}) for code in leaderless]
    good = {code: people for code, people in found.items() if _leads(people)}
    return Crews(good=good, faults=tuple(faults))


def _is_blank(row: Mapping[str, object]) -> bool:
    return not any(text(row, name) for name in ("role", "login", "organisation"))


def _leads(people: list[NewPerson]) -> bool:
    return any(person.role == "leader" for person in people)


def _check_beside(person: NewPerson, others: list[NewPerson]) -> None:
    if any(other.post_id == person.post_id for other in others):
        raise Bad(_("an earlier line names this colleague in this cell already"))
    if person.role == "leader" and _leads(others):
        raise Bad(_("an earlier line names this cell's leader already"))


def _post(row: Mapping[str, object], posts: Mapping[str, list[HeldPost]]) -> HeldPost:
    login, body = text(row, "login"), text(row, "organisation").casefold()
    held = [
        post
        for post in posts.get(login.casefold(), [])
        if not body or body in (post.organisation_code, post.organisation_name.casefold())
    ]
    if not held:
        raise Bad(_("%(login)s holds no post here, or not in this organisation.") % {"login": login[:40]})
    if len(held) > 1:
        raise Bad(_("%(login)s holds several posts: please fill in the organisation.") % {"login": login[:40]})
    return held[0]


@verb
def take(found: Crews, *, on: date, actor: Actor | None = None, now: datetime) -> None:
    """Name the people of each cell from a day on, as the installation itself unless somebody did it. Raises Problem.

    All or nothing.
    """
    if not found.good:
        raise Invalid("list-empty", _("No line of the list can be taken. Nothing was changed."))
    actor = actor or Actor(kind="system", organisation_code=installation().district_code)
    for code in sorted(found.good):
        services.staff_cell(actor=actor, cell_code=code, people=found.good[code], valid_from=on, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Led:
    """How many cells have a leader and how many have none; micro-cells are led from the cell around them."""

    led: int
    bare: int


def led(*, on: date) -> Led:
    """Count the cells of a day. One statement beside the grid."""
    cells, leaders = [cell for cell in territory.cells(on=on) if cell.kind != territory.MICRO], territory.staffed(on=on)
    bare = sum(cell.code not in leaders for cell in cells)
    return Led(led=len(cells) - bare, bare=bare)


def workbook(*, on: date) -> bytes:
    """Who works in which cell on a day, as a table that can be taken in again; cells without a leader wait to be filled in."""
    staff = territory.all_people(on=on)
    held = directory.holders(person.post_id for people in staff.values() for person in people)
    rows: list[tuple[str, ...]] = []
    for cell in territory.cells(on=on):
        people = [(person.role, held[person.post_id]) for person in staff.get(cell.code, ()) if person.post_id in held]
        rows += [
            (cell.code, cell.name, ROLES[role][0], post.login, post.organisation_code, post.name)
            for role, post in people
        ]
        if not people and cell.kind != territory.MICRO:
            rows.append((cell.code, cell.name, "", "", "", ""))
    widths = {"网格": 26, "网格名称": 26, "角色": 14, "登录名": 18, "机构": 22, "姓名": 14}
    return write("网格力量", widths, rows, words={"角色": [words[0] for words in ROLES.values()]})


def run(path: Path, *, valid_from: date | None, skip_bad: bool, dry_run: bool) -> int:
    """Check the table and name the cells' people; 1 when a bad line stopped it."""
    now = timezone.now()
    day = valid_from or timezone.localdate(now)
    found = read(path, on=day)
    for fault in found.faults:
        where = f", line 第 {fault.number} 行" if fault.number else ""
        sys.stdout.write(f"{path.name}{where}: {fault.reason}\n")
    if found.faults and not skip_bad:
        sys.stdout.write("Nothing was imported 未导入. Mend these lines, or pass over them with --skip-bad.\n")
        return 1
    if dry_run:
        sys.stdout.write(f"{len(found.good)} cells can be staffed 可导入.\n")
        return 0
    try:
        take(found, on=day, now=now)
    except Problem as problem:
        sys.stdout.write(f"{problem.message}\nNothing was imported 未导入.\n")
        return 1
    sys.stdout.write(f"{len(found.good)} cells have their people 已配备.\n")
    return 0
