"""A list of colleagues in Excel becomes accounts with posts; every cell that cannot be taken is named with its line and reason.

All or nothing, unless somebody asks to pass over wrong lines. Each account gets a one-time password, which is told once.
"""

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.worksheet.datavalidation import DataValidation

from pianqu.composition.importing.cells import Bad, Formula, Line, by_name, day, one, text
from pianqu.composition.importing.excel import excel_lines
from pianqu.composition.importing.workbook import inert, saved
from pianqu.composition.signing import once
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid
from pianqu.foundation.installation import installation
from pianqu.kernels import words
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory import services
from pianqu.rooms.directory.services import NewColleague

COLUMNS = {
    "name": "姓名",
    "login": "登录名",
    "organisation": "机构",
    "post": "岗位",
    "title": "职务",
    "valid_from": "任职日期",
}
OPTIONAL = frozenset({"title", "valid_from"})
POSTS = {
    "window": "窗口",
    "handler": "经办人",
    "checker": "回访员",
    "approver": "审批人",
    "leader": "领导",
    "administrator": "管理员",
    "grid_worker": "网格员",
    "auditor": "审计员",
}
LARGEST, MOST = 20_000_000, 2_000
"""Bytes of a file, lines of a list: each line costs a password."""
LONGEST = {"name": 64, "login": 64, "title": 40}
EARLIEST = date(1950, 1, 1)
_LOGIN = re.compile(r"[\w.@+-]{2,64}")
SHOWN = 100
"""Faults that the terminal shows; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A cell that cannot be taken: the row in Excel (the head is row 1), the key of its column, why."""

    number: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """A line that can be taken."""

    name: str
    login: str
    organisation_code: str
    kind: str
    title: str
    valid_from: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """What a file says: the lines that can be taken, and what is wrong with the others."""

    people: tuple[Colleague, ...]
    faults: tuple[Fault, ...]

    @property
    def wrong_lines(self) -> int:
        return len({fault.number for fault in self.faults})


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What is handed to a colleague, once."""

    name: str
    login: str
    password: str
    post: str


def read(path: Path, *, today: date) -> Staff:
    """The list, checked against this installation. Raises Invalid for a file that is no list at all."""
    if path.suffix.lower() not in {".xlsx", ".xlsm"}:
        raise Invalid("list-kind", _("This file is not Excel (.xlsx)."))
    if path.stat().st_size > LARGEST:
        raise Invalid("list-large", _("This file is too large: at most 20 MB."))
    lines = list(excel_lines(path, COLUMNS, optional=OPTIONAL, formulas=True))
    if not lines:
        raise Invalid("list-empty", _("The list holds no line."))
    if len(lines) > MOST:
        raise Invalid("list-long", _("At most 2 000 colleagues at once. Please split the list."))
    return _checked(lines, today)


class _Known:
    """What the cells may name, and which sign-in names are gone."""

    def __init__(self, lines: Sequence[Line], today: date) -> None:
        cards = directory.all_organisations()
        self.organisations = by_name((card.code, (card.name, card.short_name, card.name_en)) for card in cards)
        self.posts = by_name((code, (word, code.replace("_", " "))) for code, word in POSTS.items())
        self.taken = directory.taken_logins()
        self.first: dict[str, int] = {}
        for number, cells in lines:
            self.first.setdefault(text(cells, "login").casefold(), number)
        self.today = today


def _checked(lines: Sequence[Line], today: date) -> Staff:
    known = _Known(lines, today)
    people: list[Colleague] = []
    faults: list[Fault] = []
    for number, cells in lines:
        found, wrong = _line(number, cells, known)
        faults += [Fault(number=number, column=column, reason=reason) for column, reason in wrong]
        if found is not None:
            people.append(found)
    return Staff(people=tuple(people), faults=tuple(faults))


def _line(number: int, cells: Mapping[str, object], known: _Known) -> tuple[Colleague | None, list[tuple[str, str]]]:
    """The colleague, or every cell of the line that is wrong."""
    read: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    for column in COLUMNS:
        try:
            if isinstance(cells.get(column), Formula):
                raise Bad(_("It holds a formula. Please write what it comes to."))
            read[column] = _cell(column, cells, number, known)
        except Bad as bad:
            wrong.append((column, str(bad)))
    if wrong:
        return None, wrong
    return (
        Colleague(
            name=read["name"],
            login=read["login"],
            organisation_code=read["organisation"],
            kind=read["post"],
            title=read["title"] or POSTS[read["post"]],
            valid_from=read["valid_from"],
        ),
        [],
    )


def _cell(column: str, cells: Mapping[str, object], number: int, known: _Known) -> object:
    written = text(cells, column)
    if column == "login":
        return _login(written, number, known)
    if column == "organisation":
        return one(written, known.organisations, (_("No organisation."), _("There is no organisation “%(text)s”.")))
    if column == "post":
        return one(written, known.posts, (_("No post."), _("“%(text)s” is no kind of post.")))
    if column == "valid_from":
        return _since(day(cells, column), known.today)
    return _words(column, written)


def _words(column: str, written: str) -> str:
    cleaned = words.clean(written).replace("\n", " ")
    if column == "name" and not cleaned:
        raise Bad(_("The name is missing."))
    if len(cleaned) > LONGEST[column]:
        raise Bad(_("It is longer than %(n)d signs.") % {"n": LONGEST[column]})
    return cleaned


def well_formed(login: str) -> bool:
    """Whether it can be a sign-in name."""
    return bool(_LOGIN.fullmatch(login))


def _login(written: str, number: int, known: _Known) -> str:
    if not written:
        raise Bad(_("The sign-in name is missing."))
    if not well_formed(written):
        raise Bad(_("A sign-in name has 2 to 64 letters, digits or . _ - @ and no spaces."))
    if written.casefold() in known.taken:
        raise Bad(_("“%(text)s” is taken: there is such an account already.") % {"text": written})
    first = known.first[written.casefold()]
    if first != number:
        raise Bad(_("Line %(number)d has the same sign-in name.") % {"number": first})
    return written


def _since(since: date | None, today: date) -> date | None:
    if since is None:
        return None
    if since > today:
        raise Bad(_("%(day)s is to come. A post begins at once: please take this line in then.") % {"day": since})
    if since < EARLIEST:
        raise Bad(_("%(day)s is too long ago.") % {"day": since})
    return since


def take(staff: Staff, *, actor: Actor | None = None, now: datetime) -> tuple[Slip, ...]:
    """Make the accounts and their posts; answers the slips, whose passwords are kept nowhere. Raises Invalid, and as the verb."""
    if not staff.people:
        raise Invalid("list-empty", _("No line of the list can be taken. Nothing was changed."))
    actor = actor or Actor(kind="system", organisation_code=installation().district_code)
    drawn = [(person, once.draw()) for person in staff.people]
    items = [_item(person, password, now) for person, password in drawn]
    services.take_on(actor=actor, items=items, once_until=once.until(now), now=now)
    bodies = directory.organisations({person.organisation_code for person in staff.people})
    return tuple(
        Slip(
            name=person.name,
            login=person.login,
            password=password,
            post=f"{bodies[person.organisation_code].short_name} · {person.title}",
        )
        for person, password in drawn
    )


def _item(person: Colleague, password: str, now: datetime) -> NewColleague:
    return NewColleague(
        login=person.login,
        name=person.name,
        password=once.hashed(password),
        organisation_code=person.organisation_code,
        kind=person.kind,
        title=person.title,
        valid_from=_moment(person.valid_from, now),
    )


def _moment(since: date | None, now: datetime) -> datetime:
    if since is None or since == timezone.localdate(now):
        return now
    return timezone.make_aware(datetime.combine(since, time()))


# workbooks -----------------------------------------------------------------------------------------------------------


def template() -> bytes:
    """An empty list with its columns, and a second sheet that says what may be written into them."""
    book = Workbook()
    sheet = book.active
    sheet.title = "人员"
    sheet.append([COLUMNS[key] for key in COLUMNS])
    for cell, width in zip(sheet[1], (14, 18, 24, 14, 18, 14), strict=True):
        cell.font = Font(bold=True)
        sheet.column_dimensions[cell.column_letter].width = width
    for row in sheet.iter_rows(min_row=2, max_row=500, min_col=2, max_col=2):
        row[0].number_format = "@"
    kinds = DataValidation(type="list", formula1=f'"{",".join(POSTS.values())}"', allow_blank=True)
    sheet.add_data_validation(kinds)
    kinds.add(f"D2:D{MOST + 1}")
    sheet.freeze_panes = "A2"
    _explain(book.create_sheet("可填内容"))
    return saved(book)


def _explain(sheet: Any) -> None:
    sheet.append(["机构代码", "机构", "", "岗位"])
    cards = directory.all_organisations()
    kinds = list(POSTS.values())
    for at in range(max(len(cards), len(kinds))):
        card = cards[at] if at < len(cards) else None
        row = [card.code, card.short_name] if card else ["", ""]
        sheet.append([*row, "", kinds[at] if at < len(kinds) else ""])
    inert(sheet)


def slips_book(slips: Iterable[Slip]) -> bytes:
    """The slips as a workbook."""
    book = Workbook()
    sheet = book.active
    sheet.title = "一次性密码"
    sheet.append(["姓名", "登录名", "一次性密码", "岗位"])
    for slip in slips:
        sheet.append([slip.name, slip.login, slip.password, slip.post])
    for letter, width in zip("ABCD", (14, 18, 20, 36), strict=True):
        sheet.column_dimensions[letter].width = width
    inert(sheet)
    return saved(book)


# the terminal --------------------------------------------------------------------------------------------------------


def run(path: Path, *, skip_bad: bool, dry_run: bool, passwords: Path | None) -> int:
    """Make the accounts, or only check the list; 1 when a wrong line stopped it. Passwords go into a file of their own."""
    now = timezone.now()
    staff = read(path, today=timezone.localdate(now))
    sys.stdout.write(_said(staff.faults, path))
    if dry_run:
        sys.stdout.write(f"{len(staff.people)} lines can be taken 可导入, {staff.wrong_lines} cannot 不可导入.\n")
        return 1 if staff.faults else 0
    if staff.faults and not skip_bad:
        sys.stdout.write("Nothing was made 未导入. Mend these lines, or pass over them with --skip-bad.\n")
        return 1
    target = passwords or installation().data / f"passwords-{timezone.localtime(now):%Y%m%d-%H%M%S}.xlsx"
    _write_first(target, lambda: slips_book(take(staff, now=now)))
    sys.stdout.write(f"{len(staff.people)} accounts made 已建账号, {staff.wrong_lines} lines passed over 跳过.\n")
    sys.stdout.write(f"One-time passwords 一次性密码: {target}\nHand them out, then delete the file 分发后请删除.\n")
    return 0


def _write_first(target: Path, made: Callable[[], bytes]) -> None:
    """Into a new file that only its owner reads. It is there before the accounts are: where it cannot be, nothing is made."""
    try:
        file = os.fdopen(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
    except OSError as error:
        raise Invalid("passwords-file", f"The passwords cannot be written to {target}: {error.strerror}.") from error
    with file:
        try:
            file.write(made())
        except BaseException:
            target.unlink()
            raise


def _said(faults: Sequence[Fault], path: Path) -> str:
    lines = [
        f"{path.name}, line 第 {fault.number} 行, {fault.column} {COLUMNS[fault.column]}: {fault.reason}\n"
        for fault in faults
    ]
    return "".join(lines[:SHOWN]) + (f"… and {len(lines) - SHOWN} more\n" if len(lines) > SHOWN else "")
