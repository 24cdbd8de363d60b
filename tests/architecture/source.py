"""The source as the house tests read it: rooms, their files, and what a function calls."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pianqu

HOME = Path(pianqu.__file__).parent
ROOMS = HOME / "rooms"
PROJECT = HOME.parent.parent
SAVES = {"save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
"""Calls that write whatever they are called on; `update` and `delete` count only behind `.objects`."""


def room_names() -> list[str]:
    return sorted(path.name for path in ROOMS.iterdir() if (path / "apps.py").exists())


def room_of(path: Path) -> str:
    return path.relative_to(ROOMS).parts[0]


def sources(*stems: str) -> list[Path]:
    """Files of these names in every room, also when one has grown into a package of that name."""
    return [path for path in room_files() if {path.stem, path.parent.name} & set(stems)]


def room_files() -> list[Path]:
    """Every Python file of every room but tests and migrations."""
    return [path for path in sorted(ROOMS.rglob("*.py")) if not {"tests", "migrations"} & set(path.parts)]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def calls(node: ast.AST) -> Iterator[ast.Call]:
    return (child for child in ast.walk(node) if isinstance(child, ast.Call))


def called_name(call: ast.Call) -> str:
    """`record` for both `record(…)` and `ledger.record(…)`."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def names_called(node: ast.AST) -> set[str]:
    return {called_name(call) for call in calls(node)}


def chain(call: ast.Call) -> list[str]:
    """`Case.objects.filter(…).delete()` as [Case, objects, filter, delete]."""
    words: list[str] = []
    node: ast.AST = call
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute):
            words.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return words[::-1]
    return [node.id, *words[::-1]]


def is_write(call: ast.Call) -> bool:
    """Whether the call changes rows."""
    words = chain(call)
    return words[-1:] != [] and (words[-1] in SAVES or ("objects" in words and words[-1] in {"update", "delete"}))


def functions(path: Path) -> list[ast.FunctionDef]:
    """Functions at the top of a file."""
    return [node for node in tree(path).body if isinstance(node, ast.FunctionDef)]


def is_verb(function: ast.FunctionDef) -> bool:
    return any(isinstance(mark, ast.Name) and mark.id == "verb" for mark in function.decorator_list)


def names_kept(node: ast.AST) -> set[str]:
    """Names that are called, but for what is handed to `rehearsed`: foundation/verbs.py takes all of it back."""
    names, waiting = set[str](), [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, ast.Call):
            names.add(called_name(here))
            if isinstance(here.func, ast.Name) and here.func.id == "rehearsed":
                continue
        waiting += ast.iter_child_nodes(here)
    return names


def reachable(function: ast.FunctionDef, others: dict[str, ast.FunctionDef]) -> list[ast.FunctionDef]:
    """The function and all functions of its room's verbs that it calls and whose writing is kept, directly or not."""
    found, waiting = {function.name: function}, [function]
    while waiting:
        for name in names_kept(waiting.pop()) & set(others) - set(found):
            found[name] = others[name]
            waiting.append(others[name])
    return list(found.values())
