"""The house rules that an import linter cannot see."""

import ast
from functools import cache

import grimp
import pytest
from django.apps import apps

from tests.architecture.source import HOME, ROOMS, functions, is_verb, room_names, sources, tree

FACE = {"services", "queries", "facts"}
MOUNTED = FACE | {"urls", "endpoints", "apps", "readers", "jobs", "forms", "schemas"}
"""What composition puts together: doors are mounted and readers wired there, tables stay private."""
PLAN = FACE | MOUNTED | {"__init__", "models", "lifecycle", "rules", "views", "endpoints", "sql"}
STOREYS = [
    {"ledger"},
    {"directory"},
    {"territory"},
    {"planning"},
    {"exchange"},
    {"registry"},
    {"casework", "deliberation", "civics"},
    {"mediation", "services", "outreach", "jointwork", "partners"},
    {"insight", "notices"},
]
ORDER = {room: height for height, storey in enumerate(STOREYS) for room in storey}


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("pianqu", cache_dir=None)


def imports() -> list[tuple[list[str], list[str]]]:
    """Every import inside the house as two split names, without those of tests."""
    pairs = [
        (m.split("."), t.split(".")) for m in graph().modules for t in graph().find_modules_directly_imported_by(m)
    ]
    return [(a, b) for a, b in pairs if "tests" not in a]


def test_other_rooms_touch_only_the_face() -> None:
    bad = [
        f"{'.'.join(a)} -> {'.'.join(b)}"
        for a, b in imports()
        if a[1:2] == ["rooms"] and b[1:2] == ["rooms"] and len(b) > 3 and a[2:3] != b[2:3] and b[3] not in FACE
    ]
    assert not bad


def test_composition_leaves_tables_and_rules_to_their_room() -> None:
    bad = [
        f"{'.'.join(a)} -> {'.'.join(b)}"
        for a, b in imports()
        if a[1] == "composition" and b[1:2] == ["rooms"] and len(b) > 3 and b[3] not in MOUNTED
    ]
    assert not bad


def test_views_never_touch_models() -> None:
    bad = [f"{'.'.join(a)} -> {'.'.join(b)}" for a, b in imports() if {"views", "endpoints"} & set(a) and "models" in b]
    assert not bad


def test_foreign_keys_point_down_and_leave_no_handle_behind() -> None:
    bad = []
    for model in apps.get_models():
        here = model._meta.app_label
        for field in model._meta.get_fields():
            if here not in ORDER or not (field.is_relation and field.concrete and field.related_model):
                continue
            there = field.related_model._meta.app_label
            upward = there != here and (ORDER[there] >= ORDER[here] if there in ORDER else there != "foundation")
            if upward or not field.remote_field.hidden:
                bad.append(f"{model.__name__}.{field.name}")
    assert not bad


@pytest.mark.parametrize("room", room_names())
def test_every_room_has_the_same_plan(room: str) -> None:
    folder = ROOMS / room
    assert {path.stem for path in folder.glob("*.py")} <= PLAN
    assert ast.get_docstring(tree(folder / "__init__.py")), "a room says in __init__.py what it is for"


@pytest.mark.parametrize("room", room_names())
def test_every_room_stands_on_a_storey(room: str) -> None:
    assert room in ORDER


def test_migrations_import_no_living_code() -> None:
    bad = [
        str(path)
        for path in HOME.rglob("migrations/0*.py")
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pianqu"))
        or (isinstance(node, ast.Import) and any(alias.name.startswith("pianqu") for alias in node.names))
    ]
    assert not bad


def test_all_verbs_take_names_not_positions() -> None:
    bad = [
        f"{path.parent.name}.{function.name}"
        for path in sources("services")
        for function in functions(path)
        if is_verb(function) and (function.args.args or function.args.posonlyargs)
    ]
    assert not bad


def test_all_verbs_are_told_who_acts_and_when() -> None:
    bad = [
        f"{path.parent.name}.{function.name}"
        for path in sources("services")
        for function in functions(path)
        if is_verb(function) and not {"actor", "now"} <= {argument.arg for argument in function.args.kwonlyargs}
    ]
    assert not bad
