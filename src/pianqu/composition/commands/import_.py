"""`pianqu import KIND FILE`: historical requests become cases, a published duty list the powers matrix, a list of colleagues
accounts, a table of codes places, GeoJSON the grid, tables organisations, estates, buildings, service points,
a notice a year's holidays."""

import argparse
import os
from collections.abc import Callable
from datetime import date
from importlib import import_module
from pathlib import Path

from pianqu.composition import prepare
from pianqu.composition.importing.mapping import Mapping, read_mapping
from pianqu.foundation.errors import Invalid


def main(argv: list[str]) -> int:
    """Import one file; 0 when every row found its place."""
    asked = _arguments(argv)
    kinds = {
        "accounts": _accounts,
        "cases": _cases,
        "year": _year,
        "powers": _powers,
        "places": _places,
        "grid": _grid,
        "points": _points,
        "buildings": _buildings,
        "organisations": _organisations,
        "entry-list": _entry_list,
        "cell-people": _cell_people,
        "estates": _estates,
    }
    return kinds[asked.kind](asked)


def _cases(asked: argparse.Namespace) -> int:
    mapping = read_mapping(asked.mapping)
    if not asked.file.is_file():
        raise Invalid("table-absent", f"There is no file {asked.file}.")
    _environment(asked, mapping)
    prepare.prepare(empty=True)
    work = import_module("pianqu.composition.importing.work")
    return int(work.run(asked.file, mapping, rejects=asked.rejects, seal=not asked.no_seal))


def _year(asked: argparse.Namespace) -> int:
    if asked.data:
        os.environ["PIANQU_DATA"] = str(asked.data.resolve())
    prepare.prepare(empty=True)
    return int(import_module("pianqu.composition.importing.year").run(asked.file))


def _powers(asked: argparse.Namespace) -> int:
    if not asked.file.is_file():
        raise Invalid("list-absent", f"There is no file {asked.file}.")
    if asked.data:
        os.environ["PIANQU_DATA"] = str(asked.data.resolve())
    prepare.prepare(empty=True)
    powers = import_module("pianqu.composition.importing.powers")
    code = int(powers.run(asked.file, skip_bad=asked.skip_bad, dry_run=asked.dry_run, source=asked.source))
    import_module("pianqu.composition.wiring").seal_and_drain()
    return code


def _places(asked: argparse.Namespace) -> int:
    return _sealed(
        asked,
        lambda: import_module("pianqu.composition.importing.places").run(
            asked.file, valid_from=asked.valid_from, skip_bad=asked.skip_bad, dry_run=asked.dry_run
        ),
    )


def _grid(asked: argparse.Namespace) -> int:
    return _sealed(
        asked,
        lambda: import_module("pianqu.composition.importing.grid").run(
            asked.file,
            crs=asked.crs,
            valid_from=asked.valid_from,
            source=asked.source,
            skip_bad=asked.skip_bad,
            dry_run=asked.dry_run,
        ),
    )


def _points(asked: argparse.Namespace) -> int:
    return _sealed(
        asked,
        lambda: import_module("pianqu.composition.importing.points").run(
            asked.file, crs=asked.crs, valid_from=asked.valid_from, skip_bad=asked.skip_bad, dry_run=asked.dry_run
        ),
    )


def _buildings(asked: argparse.Namespace) -> int:
    return _sealed(
        asked,
        lambda: import_module("pianqu.composition.importing.buildings").run(
            asked.file, crs=asked.crs, source=asked.source, skip_bad=asked.skip_bad, dry_run=asked.dry_run
        ),
    )


def _organisations(asked: argparse.Namespace) -> int:
    return _sealed(
        asked,
        lambda: import_module("pianqu.composition.importing.organisations").run(
            asked.file,
            valid_from=asked.valid_from,
            skip_bad=asked.skip_bad,
            dry_run=asked.dry_run,
            with_places=asked.with_places,
        ),
    )


def _entry_list(asked: argparse.Namespace) -> int:
    return _sealed(
        asked,
        lambda: import_module("pianqu.composition.importing.entries").run(
            asked.file,
            name=asked.name,
            valid_from=asked.valid_from,
            skip_bad=asked.skip_bad,
            dry_run=asked.dry_run,
        ),
    )


def _cell_people(asked: argparse.Namespace) -> int:
    return _sealed(
        asked,
        lambda: import_module("pianqu.composition.importing.staffing").run(
            asked.file, valid_from=asked.valid_from, skip_bad=asked.skip_bad, dry_run=asked.dry_run
        ),
    )


def _estates(asked: argparse.Namespace) -> int:
    return _sealed(
        asked,
        lambda: import_module("pianqu.composition.importing.estates").run(
            asked.file, valid_from=asked.valid_from, skip_bad=asked.skip_bad, dry_run=asked.dry_run
        ),
    )


def _accounts(asked: argparse.Namespace) -> int:
    if not asked.file.is_file():
        raise Invalid("list-absent", f"There is no file {asked.file}.")
    return _sealed(
        asked,
        lambda: import_module("pianqu.composition.importing.accounts").run(
            asked.file, skip_bad=asked.skip_bad, dry_run=asked.dry_run, passwords=asked.passwords
        ),
    )


def _sealed(asked: argparse.Namespace, act: Callable[[], object]) -> int:
    """Set up, do it, and seal what it recorded."""
    if asked.data:
        os.environ["PIANQU_DATA"] = str(asked.data.resolve())
    prepare.prepare(empty=True)
    code = int(str(act()))
    import_module("pianqu.composition.wiring").seal_and_drain()
    return code


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write 2026-03-01 请写 2026-03-01")


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pianqu import",
        description="Bring in cases from a table 从表格导入办件, or the published duty lists 导入职责清单. It may be stopped, "
        "killed and run again: rows that are there already are passed over. Bad rows are named with number and reason.",
    )
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    cases = kinds.add_parser("cases", help="historical service requests 历史办件")
    cases.add_argument("file", type=Path, metavar="FILE", help="CSV with a header, may be gzipped 表格文件")
    cases.add_argument("--mapping", type=Path, required=True, help="what the columns mean (TOML) 列的含义")
    cases.add_argument("--data", type=Path, help="data folder, one for each district 数据文件夹")
    cases.add_argument("--rejects", type=Path, help="where rejected rows go (default: in the data folder) 未收行")
    cases.add_argument("--no-seal", action="store_true", help="leave sealing to the worker 由后台封存")
    year = kinds.add_parser("year", help="a year's holidays by its notice 年度放假安排")
    year.add_argument("file", type=Path, metavar="FILE", help="TOML: year, off, worked, notice 放假与调休日期")
    year.add_argument("--data", type=Path, help="data folder 数据文件夹")
    powers = kinds.add_parser("powers", help="a published duty list: who answers for what, where 职责清单")
    powers.add_argument("file", type=Path, metavar="FILE", help="Excel (.xlsx) or TOML 清单文件")
    powers.add_argument("--data", type=Path, help="data folder 数据文件夹")
    powers.add_argument("--source", default="", help="name of the list, if not the file's own 清单名称")
    powers.add_argument("--skip-bad", action="store_true", help="import the good lines 跳过有错的行")
    powers.add_argument("--dry-run", action="store_true", help="only check the lines 只检查，不导入")
    places = kinds.add_parser("places", help="the tree of statistical codes 统计用区划代码")
    places.add_argument("file", type=Path, metavar="FILE", help="CSV: code, name … 代码表")
    grid = kinds.add_parser("grid", help="cells and clusters as GeoJSON 网格与片区")
    grid.add_argument("file", type=Path, metavar="FILE", help="GeoJSON")
    grid.add_argument(
        "--crs", choices=("WGS84", "CGCS2000", "GCJ-02"), default="", help="coordinates, if not the file's own 坐标系"
    )
    grid.add_argument("--source", default="", help="name of the plan, if not the file's 方案名称")
    points = kinds.add_parser("points", help="service points with their opening hours 服务阵地与开放时间")
    points.add_argument("file", type=Path, metavar="FILE", help="Excel (.xlsx) or CSV 阵地表")
    points.add_argument("--crs", choices=("WGS84", "CGCS2000", "GCJ-02"), default="WGS84", help="coordinates 坐标系")
    houses = kinds.add_parser("buildings", help="how many households each building has 楼栋户数")
    houses.add_argument("file", type=Path, metavar="FILE", help="Excel (.xlsx) or CSV 楼栋户数表")
    houses.add_argument("--crs", choices=("WGS84", "CGCS2000", "GCJ-02"), default="WGS84", help="coordinates 坐标系")
    houses.add_argument("--source", default="", help="who counted, if not the file's name 来源")
    bodies = kinds.add_parser("organisations", help="organisations with their superiors 机构")
    bodies.add_argument("file", type=Path, metavar="FILE", help="Excel (.xlsx) or CSV 机构表")
    bodies.add_argument(
        "--with-places", action="store_true", help="streets and communities of the place tree too 同时录入街道和社区"
    )
    entries = kinds.add_parser("entry-list", help="what may be handed to cells 网格事项准入清单")
    entries.add_argument("file", type=Path, metavar="FILE", help="Excel (.xlsx) or CSV 清单文件")
    entries.add_argument("--name", default="", help="name of the list, if not the file's 清单名称")
    staff = kinds.add_parser("cell-people", help="who works in which cell 网格力量")
    staff.add_argument("file", type=Path, metavar="FILE", help="Excel (.xlsx) or CSV 网格力量表")
    estates = kinds.add_parser("estates", help="estates with companies and owners' committees 小区、物业与业委会")
    estates.add_argument("file", type=Path, metavar="FILE", help="Excel (.xlsx) or CSV 小区表")
    for kind in (places, grid, points, bodies, entries, staff, estates):
        kind.add_argument("--from", dest="valid_from", type=_day, metavar="DAY", help="in force from (today) 生效日")
    for kind in (places, grid, points, houses, bodies, entries, staff, estates):
        kind.add_argument("--data", type=Path, help="data folder 数据文件夹")
        kind.add_argument("--skip-bad", action="store_true", help="take what is good 跳过有错的")
        kind.add_argument("--dry-run", action="store_true", help="only check 只检查，不导入")
    _accounts_arguments(kinds.add_parser("accounts", help="colleagues with their posts 人员账号与岗位"))
    return parser.parse_args(argv)


def _accounts_arguments(accounts: argparse.ArgumentParser) -> None:
    accounts.add_argument(
        "file", type=Path, metavar="FILE", help="Excel (.xlsx): name, login, organisation, post … 人员表"
    )
    accounts.add_argument(
        "--passwords", type=Path, metavar="FILE", help="new file for the one-time passwords 一次性密码存放处"
    )
    accounts.add_argument("--data", type=Path, help="data folder 数据文件夹")
    accounts.add_argument("--skip-bad", action="store_true", help="take the good lines 跳过有错的行")
    accounts.add_argument("--dry-run", action="store_true", help="only check 只检查")


def _environment(asked: argparse.Namespace, mapping: Mapping) -> None:
    """One installation, one district: the mapping names it."""
    if asked.data:
        os.environ["PIANQU_DATA"] = str(asked.data.resolve())
    os.environ["PIANQU_DISTRICT"] = mapping.district_code
