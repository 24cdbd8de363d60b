"""Gather the English sentences of every room into its Chinese catalogue, and check that none is missing.

python tools/messages.py            update the .po files and compile them
python tools/messages.py --check    fail on a missing, fuzzy, obsolete or misformatted translation
"""

import argparse
import io
import re
import sys
from pathlib import Path

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

SOURCE = Path(__file__).resolve().parent.parent / "src"
ROOT = SOURCE / "pianqu"
sys.path.insert(0, str(SOURCE))

from pianqu.foundation.catalogues import LOCALE, PLACE, compile_catalogues  # noqa: E402

KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
HEADER = r"""msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Language: zh_Hans\n"
"Plural-Forms: nplurals=1; plural=0;\n"
"""
_NAMED = re.compile(r"%\(\w+\)[sd]|(?<!\{)\{\w+\}(?!\})")


def main() -> int:
    """Update or check; the exit code says whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing, fail where Chinese is missing")
    asked = parser.parse_args()
    if not settings.configured:
        settings.configure(USE_I18N=True, TEMPLATES=[], INSTALLED_APPS=[])
        django.setup()
    if asked.check:
        return report(problem for owner in owners() for problem in faults(owner))
    for owner in owners():
        update(owner)
    print(f"{compile_catalogues(ROOT)} catalogues compiled")
    return report(problem for owner in owners() for problem in faults(owner))


def report(problems) -> int:
    """Print each; 1 when there was any."""
    found = list(problems)
    for problem in found:
        print(problem)
    return 1 if found else 0


def owners() -> list[Path]:
    """Whoever has words of its own: foundation, composition, kernels, each room."""
    rooms = [folder for folder in sorted((ROOT / "rooms").iterdir()) if (folder / "__init__.py").exists()]
    return [ROOT / "kernels", ROOT / "foundation", ROOT / "composition", *rooms]


def extracted(owner: Path) -> dict[tuple[str | None, object], list[str]]:
    """(context, msgid or (singular, plural)) → places in the source, sorted."""
    found: dict[tuple[str | None, object], list[str]] = {}
    for path in sorted([*owner.rglob("*.py"), *owner.rglob("*.html"), *owner.rglob("*.txt")]):
        if {"tests", "migrations", "static", "locale"} & set(path.relative_to(owner).parts):
            continue
        for context, msgid in sentences(path):
            found.setdefault((context, msgid), []).append(path.relative_to(SOURCE).as_posix())
    return found


def sentences(path: Path) -> list[tuple[str | None, object]]:
    """The msgids of one file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        if "{%" not in text:
            return []
        text = templatize(text, origin=str(path))
    out: list[tuple[str | None, object]] = []
    for _line, function, words, _comments in extract_python(
        io.BytesIO(text.encode()), KEYWORDS, [], {"encoding": "utf-8"}
    ):
        if message := as_message(function, words):
            out.append(message)
    return out


def as_message(function: str, words) -> tuple[str | None, object] | None:
    """One call of a gettext function as (context, msgid); None for one without literal words."""
    given = [words] if isinstance(words, str) or words is None else list(words)
    context = given.pop(0) if function.startswith(("pgettext", "npgettext")) else None
    plural = function.startswith(("ngettext", "npgettext"))
    needed = given[: 2 if plural else 1]
    if not all(isinstance(word, str) and word for word in needed) or not needed:
        return None
    return context, tuple(needed) if plural else needed[0]


def read(owner: Path) -> Catalog:
    """The catalogue as it stands, empty if there is none."""
    place = owner / PLACE
    if not place.exists():
        return Catalog(locale=LOCALE)
    with place.open("rb") as source:
        return read_po(source, locale=LOCALE)


def update(owner: Path) -> None:
    """Add what is new, drop what is gone, keep every translation."""
    before, found = read(owner), extracted(owner)
    if not found:
        return
    catalogue = Catalog(locale=LOCALE, fuzzy=False)
    for (context, msgid), places in sorted(found.items(), key=lambda item: (str(item[0][1]), str(item[0][0]))):
        old = before.get(msgid[0] if isinstance(msgid, tuple) else msgid, context)
        string = old.string if old else ""
        if isinstance(msgid, tuple) and isinstance(string, str):
            string = (string,)
        if not isinstance(msgid, tuple) and isinstance(string, tuple | list):
            string = string[0]
        catalogue.add(msgid, string, locations=[(place, None) for place in sorted(set(places))], context=context)
    place = owner / PLACE
    place.parent.mkdir(parents=True, exist_ok=True)
    body = io.BytesIO()
    write_po(body, catalogue, width=118, omit_header=True)
    place.write_text(
        f"# {owner.name}: Chinese (zh_Hans)\n{HEADER}\n{body.getvalue().decode().strip()}\n", encoding="utf-8"
    )


def faults(owner: Path) -> list[str]:
    """One line for each sentence whose Chinese is missing, doubtful, no longer used or has other placeholders."""
    found, catalogue, name = extracted(owner), read(owner), owner.name
    have: dict[tuple[str | None, object], Message] = {}
    for message in catalogue:
        if message.id:
            have[(message.context, tuple(message.id) if isinstance(message.id, list | tuple) else message.id)] = message
    out = [f"{name}: not gathered: {key[1]!r}" for key in found if key not in have]
    for key, message in have.items():
        out += [f"{name}: {fault}: {key[1]!r}" for fault in _faults_of(key, message, found)]
    return out


def _faults_of(key, message: Message, found) -> list[str]:
    if key not in found:
        return ["no longer used"]
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    if not all(strings):
        return ["no Chinese"]
    if message.fuzzy:
        return ["doubtful"]
    words = key[1] if isinstance(key[1], tuple) else (key[1],)
    wanted = set(_NAMED.findall(words[-1])) | set(_NAMED.findall(words[0]))
    if not all(set(_NAMED.findall(string)) <= wanted for string in strings):
        return ["other placeholders"]
    percent = any("%(" in word for word in words)
    return ["a percent sign that should be two"] if percent and not all(map(_fills, strings)) else []


class _Anything(dict):
    def __missing__(self, name: str) -> int:
        return 0


def _fills(string: str) -> bool:
    """Whether a sentence with named places can be filled in: a bare percent sign breaks the page that shows it."""
    try:
        return bool(string % _Anything())
    except (TypeError, ValueError):
        return False


if __name__ == "__main__":
    sys.exit(main())
