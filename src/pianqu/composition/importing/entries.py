"""`pianqu import entry-list`: what may be handed to cells (网格事项准入清单), from a table that replaces the former list.

Columns: cell_kind 网格类型 (ordinary 普通网格, special 专属网格, micro 微网格), category 类别 (code or name), article 条目.
"""

import sys
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
from pianqu.foundation.errors import Invalid
from pianqu.foundation.installation import installation
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory import services
from pianqu.rooms.territory.services import NewEntry

LARGEST = 1_000_000
COLUMNS = {"cell_kind": "网格类型", "category": "类别", "article": "条目"}
KINDS = {"ordinary": ("普通网格", "普通"), "special": ("专属网格", "专属"), "micro": ("微网格",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """What a table says: entries that can be taken, and what is wrong with the other lines."""

    good: tuple[NewEntry, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a list in force becomes by a new one: pairs of kind of cell and category."""

    added: tuple[tuple[str, str], ...]
    kept: int
    ended: tuple[tuple[str, str], ...]


def read(path: Path) -> Entries:
    """The table, checked against this installation. Raises Invalid for a file that is no such table."""
    return checked(table.lines(path, COLUMNS, {}, largest=LARGEST))


def checked(lines: list[Line]) -> Entries:
    """Entries that fit, and every line that does not with its reason."""
    kinds = by_name((code, words) for code, words in KINDS.items())
    categories = by_name((card.code, (card.name_zh, card.name_en)) for card in casework.categories())
    good: dict[tuple[str, str], NewEntry] = {}
    faults: list[Fault] = []
    for number, cells in lines:
        try:
            entry = _entry(cells, kinds, categories)
            if (entry.cell_kind, entry.category) in good:
                raise Bad(_("an earlier line names this kind of cell and category already"))
            good[entry.cell_kind, entry.category] = entry
        except Bad as bad:
            faults.append(Fault(number=number, reason=str(bad)))
    return Entries(good=tuple(good.values()), faults=tuple(faults))


def _entry(cells: Mapping[str, object], kinds: Mapping[str, set[str]], categories: Mapping[str, set[str]]) -> NewEntry:
    article = text(cells, "article")
    if not article or len(article) > 80:
        raise Bad(_("Please give the article of the list, of at most 80 characters."))
    no_kind = (_("The kind of cell is missing."), _("“%(text)s” is no kind of cell."))
    no_category = (_("The category is missing."), _("“%(text)s” is no category."))
    return NewEntry(
        cell_kind=one(text(cells, "cell_kind"), kinds, no_kind),
        category=one(text(cells, "category"), categories, no_category),
        article=article,
    )


def take(found: Entries, *, name: str, valid_from: date, actor: Actor | None = None, now: datetime) -> Change:
    """The good lines are the list from a day on, as the installation itself unless somebody did it.

    Raises Invalid where no line is left or a later list stands, Forbidden for who may not.
    """
    if not found.good:
        raise Invalid("list-empty", _("No line of the list can be taken. Nothing was changed."))
    before = {(kind, category) for _name, kind, category, _article in territory.entry_list(on=valid_from)}
    services.set_entry_list(
        actor=actor or Actor(kind="system", organisation_code=installation().district_code),
        list_name=name[:60],
        items=found.good,
        valid_from=valid_from,
        now=now,
    )
    after = {(entry.cell_kind, entry.category) for entry in found.good}
    return Change(added=tuple(sorted(after - before)), kept=len(after & before), ended=tuple(sorted(before - after)))


def workbook(*, on: date) -> bytes:
    """The list of a day as a table that can be taken in again; its columns alone where there is none."""
    names = {card.code: card.name_zh for card in casework.categories()}
    rows = [
        (KINDS[kind][0], names.get(category, category), article)
        for _name, kind, category, article in territory.entry_list(on=on)
    ]
    widths = dict(zip(COLUMNS.values(), (14, 24, 30), strict=True))
    kinds = [words[0] for words in KINDS.values()]
    return write("网格事项准入清单", widths, rows, words={"网格类型": kinds, "类别": sorted(names.values())})


def run(path: Path, *, name: str, valid_from: date | None, skip_bad: bool, dry_run: bool) -> int:
    """Check the table and put the list into force; 1 when a bad line stopped it."""
    found, now = read(path), timezone.now()
    sys.stdout.write("".join(f"{path.name}, line 第 {fault.number} 行: {fault.reason}\n" for fault in found.faults))
    if found.faults and not skip_bad:
        sys.stdout.write("Nothing was imported 未导入. Mend these lines, or pass over them with --skip-bad.\n")
        return 1
    if dry_run:
        sys.stdout.write(f"{len(found.good)} entries can be taken 可导入.\n")
        return 0
    take(found, name=name or path.stem, valid_from=valid_from or timezone.localdate(now), now=now)
    sys.stdout.write(f"{len(found.good)} entries are in force 已生效.\n")
    return 0
