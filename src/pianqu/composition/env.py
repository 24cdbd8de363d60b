"""Every setting that an operator can make: one frozen dataclass reads the PIANQU_* variables, with type and sentence.

The operator's page docs/guides/operator/settings.md is made from this table (tools/settings_page.py).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")


class EnvProblem(ValueError):
    """A variable holds what cannot be used; the sentence names it."""


def setting(default: T, sentence: str, chinese: str) -> T:
    """A field with the sentences that the operator's page shows."""
    made: T = field(default=default, metadata={"sentence": sentence, "chinese": chinese})
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Env:
    """The settings of one installation. Everything has a default that suits one machine."""

    data: Path = setting(Path("data"), "Folder of everything that lasts.", "存放全部数据的文件夹。")
    keys: Path | None = setting(
        None,
        "Folder of the keys; default: keys/ in the data folder. Never back it up with the data.",
        "密钥文件夹，不随数据备份。",
    )
    database: str = setting(
        "",
        "postgresql://user:password@host:port/name, or empty for SQLite in the data folder.",
        "数据库地址；留空用 SQLite。",
    )
    port: int = setting(8000, "Port of the web server.", "网页端口。")
    bind: str = setting("127.0.0.1", "Address that the web server listens on.", "监听地址。")
    allowed_hosts: tuple[str, ...] = setting(
        ("localhost", "127.0.0.1", "[::1]"),
        "Host names that browsers use, separated by commas.",
        "允许访问的域名，用逗号分开。",
    )
    https: bool = setting(False, "1 when a proxy serves the pages over https.", "前面有 https 代理时填 1。")
    district: str = setting(
        "330205", "Statistical code of the district that this installation serves.", "所服务区县的统计代码。"
    )
    ledger_origin: str = setting(
        "", "Name of the ledger, fixed at its creation; empty: made from district and key.", "账本名称，建立后不再变。"
    )
    tiles: str = setting(
        "",
        "URL template of a base map ({z}/{x}/{y}); empty: shipped outlines and names are drawn.",
        "底图地址模板；留空用自带轮廓。",
    )
    language: str = setting("zh-hans", "Language where the browser asks for neither: zh-hans or en.", "默认语言。")
    debug: bool = setting(False, "1 for developers only: shows the program's insides on errors.", "仅供开发。")

    @property
    def key_folder(self) -> Path:
        return self.keys or self.data / "keys"


def variable(name: str) -> str:
    """The variable that sets a field."""
    return f"PIANQU_{name.upper()}"


def read(environ: Mapping[str, str]) -> Env:
    """The settings found in `environ`. Raises EnvProblem with a sentence for the operator."""
    given: dict[str, Any] = {}
    for item in fields(Env):
        text = environ.get(variable(item.name), "").strip()
        if text:
            given[item.name] = _READ[item.name](variable(item.name), text)
    env = Env(**given)
    return _absolute(env, given)


def _absolute(env: Env, given: dict[str, Any]) -> Env:
    data = env.data.expanduser().resolve()
    keys = env.keys.expanduser().resolve() if env.keys else None
    return Env(**{**given, "data": data, "keys": keys})


def _text(_name: str, text: str) -> str:
    return text


def _path(_name: str, text: str) -> Path:
    return Path(text)


def _flag(name: str, text: str) -> bool:
    if text not in {"0", "1"}:
        raise EnvProblem(f"{name} is {text!r}, but it can only be 0 or 1.")
    return text == "1"


def _port(name: str, text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise EnvProblem(f"{name} is {text!r}, but a port is a number from 1 to 65535.")
    return int(text)


def _database(name: str, text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise EnvProblem(f"{name} must look like postgresql://user:password@host:5432/name; leave it empty for SQLite.")
    return text


def _hosts(_name: str, text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _district(name: str, text: str) -> str:
    if not (text.isascii() and text.isalnum() and len(text) <= 24):
        raise EnvProblem(f"{name} is {text!r}, but a district's code has only letters and digits.")
    return text.lower()


def _language(name: str, text: str) -> str:
    if text not in {"zh-hans", "en"}:
        raise EnvProblem(f"{name} is {text!r}, but the languages here are zh-hans and en.")
    return text


_READ = {
    "data": _path,
    "keys": _path,
    "database": _database,
    "port": _port,
    "bind": _text,
    "allowed_hosts": _hosts,
    "https": _flag,
    "district": _district,
    "ledger_origin": _text,
    "tiles": _text,
    "language": _language,
    "debug": _flag,
}


def current() -> Env:
    """The settings of this process."""
    return read(os.environ)
