"""Habits checked by reading the source, so that a review need not."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps

from pianqu.foundation import errors
from tests.architecture.source import (
    HOME,
    called_name,
    calls,
    chain,
    functions,
    is_verb,
    is_write,
    names_called,
    reachable,
    room_files,
    room_names,
    room_of,
    sources,
    tree,
)

RECORDS = {"record", "record_access"}
CLOCK = {"now", "today", "utcnow"}
CONVERTS = {"localdate", "localtime"}
"""Clock when called without a moment, conversion with one."""
SQL = {"raw", "extra", "RawSQL", "cursor", "execute", "executemany"}
TEMPLATES = sorted(HOME.rglob("templates/**/*.html"))
PROBLEMS = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, errors.Problem)}
AT_A_TERMINAL = {"rotating.py", "sealing.py", "twinning.py"}
"""Of the ledger: only the operator's commands call these, which speak English."""
INLINE = re.compile(r"<[a-zA-Z][^>]*?\s(style|on[a-z]+|hx-on[:a-z-]*)\s*=", re.DOTALL)


def verbs_of(room: str) -> dict[str, ast.FunctionDef]:
    """Every function of a room's services."""
    return {f.name: f for path in sources("services") if room_of(path) == room for f in functions(path)}


@pytest.mark.parametrize("room", [room for room in room_names() if room != "ledger"])
def test_a_verb_that_writes_leaves_a_record(room: str) -> None:
    inside = verbs_of(room)
    bad = []
    for function in inside.values():
        steps = reachable(function, inside)
        writes = any(is_write(call) for step in steps for call in calls(step))
        records = any(names_called(step) & RECORDS for step in steps)
        if is_verb(function) and writes and not records:
            bad.append(f"{function.name} records nothing")
        if (
            writes
            and not function.name.startswith("_")
            and not is_verb(function)
            and not _has_only_verbs_above(function)
        ):
            bad.append(f"{function.name} writes and is no verb")
    assert not bad


def _has_only_verbs_above(function: ast.FunctionDef) -> bool:
    """A helper in a services package is public to its neighbours; the room's face re-exports only verbs."""
    return not any(
        isinstance(node, ast.ImportFrom) and function.name in {alias.asname or alias.name for alias in node.names}
        for path in sources("services")
        if path.stem == "__init__"
        for node in tree(path).body
    )


def test_questions_do_not_write() -> None:
    bad = [
        f"{path}:{call.lineno}"
        for path in sources("queries", "rules", "lifecycle")
        for call in calls(tree(path))
        if is_write(call)
    ]
    assert not bad


def test_derived_and_delivery_rows_are_written_only_by_readers_and_jobs() -> None:
    free = {
        model.__name__
        for model in apps.get_models()
        if model.__module__.startswith("pianqu.rooms.")
        and (getattr(model, "derived", False) or getattr(model, "delivery", False))
    }
    bad = [
        f"{path}:{call.lineno}"
        for path in room_files()
        if room_of(path) != "ledger" and not {path.stem, path.parent.name} & {"readers", "jobs"}
        for call in calls(tree(path))
        if is_write(call) and chain(call)[0] in free
    ]
    assert not bad


def test_the_clock_is_read_only_at_the_door() -> None:
    bad = [
        f"{path}:{call.lineno}"
        for path in sources("services", "queries", "rules", "lifecycle", "facts", "models", "sql")
        for call in calls(tree(path))
        if _reads_the_clock(call)
    ]
    assert not bad


def _reads_the_clock(call: ast.Call) -> bool:
    words = chain(call)
    if len(words) < 2:
        return False
    return words[-1] in CLOCK or (words[-1] in CONVERTS and not call.args) or words[-2:] == ["time", "time"]


def test_hand_written_sql_lives_in_sql_py() -> None:
    bad = [str(path) for path in room_files() if path.stem != "sql" and names_called(tree(path)) & SQL]
    assert not bad


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(HOME)))
def test_templates_have_no_inline_style_or_handler(template: Path) -> None:
    text = re.sub(
        r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}|<script\b.*?</script>", "", template.read_text(), flags=re.S
    )
    assert not INLINE.findall(text)


@pytest.mark.parametrize("room", room_names())
def test_a_refusal_speaks_the_readers_language(room: str) -> None:
    files = [path for path in room_files() if room_of(path) == room and path.name not in AT_A_TERMINAL]
    raw = [f"{path.name}:{line}" for path in files for line in _raw_refusals(tree(path))]
    assert not raw, "wrap these sentences in gettext"


def test_a_raw_sentence_of_a_refusal_is_seen() -> None:
    source = """
def plain(): raise Absent("a", "There is none.")
def joined(name): raise Invalid("a", f"There is no {name}.")
def filled(name): raise Invalid("a", "There is no %s." % name)
def named():
    sentence = "There is none."
    raise Refused("a", sentence)
def wrapped(name): raise Absent("a", _("There is no %(name)s.") % {"name": name})
def both(name):
    sentence = _("There is none.")
    raise Absent("a", sentence if name else f"{name}: {sentence}")
"""
    assert _raw_refusals(ast.parse(source)) == [2, 3, 4, 7]


def _raw_refusals(module: ast.Module) -> list[int]:
    """Lines on which a refusal gets words that nobody translates: written there, or under a name in the same function."""
    found = set()
    for function in (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)):
        named: dict[str, list[ast.expr]] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                named.setdefault(node.targets[0].id, []).append(node.value)
        for call in calls(function):
            if called_name(call) in PROBLEMS and len(call.args) > 1 and _is_raw(call.args[1], named):
                found.add(call.lineno)
    return sorted(found)


def _is_raw(words: ast.expr, named: dict[str, list[ast.expr]]) -> bool:
    """Whether letters stand in it outside of every call."""
    match words:
        case ast.Constant(value=str(text)):
            return any(sign.isalpha() for sign in text)
        case ast.JoinedStr():
            return any(_is_raw(part, named) for part in words.values if isinstance(part, ast.Constant))
        case ast.BinOp():
            return _is_raw(words.left, named) or (isinstance(words.op, ast.Add) and _is_raw(words.right, named))
        case ast.IfExp():
            return _is_raw(words.body, named) or _is_raw(words.orelse, named)
        case ast.Name():
            return any(_is_raw(value, {}) for value in named.get(words.id, ()))
    return False
