"""`pianqu import entry-list`: what may be handed to cells (网格事项准入清单), from a table that replaces the former list.

Columns: cell_kind 网格类型 (ordinary 普通网格, special 专属网格, micro 微网格), category 类别 (code or name), article 条目.
"""

import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.composition.importing import table
from pianqu.composition.importing.cells import Bad, Line, by_name, one, text
from pianqu.composition.importing.table import Fault
from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.territory import services
from pianqu.rooms.territory.services import NewEntry

LARGEST = 1_000_000
COLUMNS = {"cell_kind": "网格类型", "category": "类别", "article": "条目"}
KINDS = {"ordinary": ("普通网格", "普通"), "special": ("专属网格", "专属"), "micro": ("微网格",)}


def checked(lines: list[Line]) -> tuple[list[NewEntry], list[Fault]]:
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
    return list(good.values()), faults


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


def run(path: Path, *, name: str, valid_from: date | None, skip_bad: bool, dry_run: bool) -> int:
    """Check the table and put the list into force; 1 when a bad line stopped it."""
    entries, faults = checked(table.lines(path, COLUMNS, {}, largest=LARGEST))
    sys.stdout.write("".join(f"{path.name}, line 第 {fault.number} 行: {fault.reason}\n" for fault in faults))
    if faults and not skip_bad:
        sys.stdout.write("Nothing was imported 未导入. Mend these lines, or pass over them with --skip-bad.\n")
        return 1
    if dry_run:
        sys.stdout.write(f"{len(entries)} entries can be taken 可导入.\n")
        return 0
    services.set_entry_list(
        actor=Actor(kind="system", organisation_code=installation().district_code),
        list_name=(name or path.stem)[:60],
        items=entries,
        valid_from=valid_from or timezone.localdate(),
        now=timezone.now(),
    )
    sys.stdout.write(f"{len(entries)} entries are in force 已生效.\n")
    return 0
