"""Write docs/guides/operator/settings.md from the table in composition/env.py. For developers; a test keeps it true."""

from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from pianqu.composition.env import Env, variable

TARGET = Path(__file__).resolve().parent.parent / "docs" / "guides" / "operator" / "settings.md"
HEAD = """# Settings 设置

Every setting is an environment variable; none is needed to start. A value that cannot be used stops the start with a
sentence that names it. This page is made from `src/pianqu/composition/env.py` by `tools/settings_page.py`.

所有设置都是环境变量，不设置也能启动。无法使用的值会在启动时用一句话指出。

| variable 变量 | default 默认 | meaning | 含义 |
| --- | --- | --- | --- |
"""


def page() -> str:
    """The page as it should stand in the repository."""
    return HEAD + "".join(f"{_row(item)}\n" for item in fields(Env))


def _row(item: Field[Any]) -> str:
    return f"| `{variable(item.name)}` | {_default(item)} | {item.metadata['sentence']} | {item.metadata['chinese']} |"


def _default(item: Field[Any]) -> str:
    value = item.default
    if value in (None, ""):
        return "empty 空"
    if isinstance(value, bool):
        return f"`{int(value)}`"
    return f"`{','.join(value) if isinstance(value, tuple) else value}`"


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(page(), encoding="utf-8")
