"""Every setting that an operator can make: one frozen dataclass reads the PIANQU_* variables, with type and sentence.

The operator's page docs/guides/operator/settings.md is made from this table (tools/settings_page.py).
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

from pianqu.kernels.note import NoteError, check_new_name

MOST_ORIGIN = 110
"""Bytes of a ledger's name: a neighbour keeps 120 letters of it, and one that is declared dead gives its successor `name/2`."""
T = TypeVar("T")
_ACCOUNT = re.compile(r"0x[0-9a-fA-F]{40}")


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
    workers: int = setting(
        2, "Processes of the web server; one for each core is right.", "网页进程数，通常每个 CPU 核一个。"
    )
    allowed_hosts: tuple[str, ...] = setting(
        ("localhost", "127.0.0.1", "[::1]"),
        "Host names that browsers use, separated by commas.",
        "允许访问的域名，用逗号分开。",
    )
    https: bool = setting(False, "1 when a proxy serves the pages over https.", "前面有 https 代理时填 1。")
    proxies: tuple[str, ...] = setting(
        ("127.0.0.1", "::1"),
        "Addresses of those proxies, separated by commas: only they may say where a request came from.",
        "这些代理的地址，用逗号分开；只相信它们转告的来访地址。",
    )
    district: str = setting(
        "330205", "Statistical code of the district that this installation serves.", "所服务区县的统计代码。"
    )
    ledger_origin: str = setting(
        "",
        "Name of the ledger, fixed at its creation, at most 110 bytes; empty: made from district and key.",
        "账本名称，建立后不再变，最多 110 字节（约 36 个汉字）。",
    )
    tiles: str = setting(
        "",
        "URL template of a base map ({z}/{x}/{y}); empty: shipped outlines and names are drawn.",
        "底图地址模板；留空用自带轮廓。",
    )
    public_url: str = setting(
        "",
        "Address under which residents reach the portal, for links in messages; empty: http://localhost:PORT.",
        "居民访问门户的地址，用于通知中的链接；留空为 http://localhost:端口。",
    )
    sms_url: str = setting(
        "",
        "URL of the text message gateway (JSON by POST, see notices.md); empty: messages go to outbox/ in the data folder.",
        "短信网关地址（POST JSON，见 notices.md）；留空则写入数据文件夹的 outbox/。",
    )
    sms_token: str = setting("", "Bearer token for that gateway.", "短信网关的访问令牌。")
    tsa_url: str = setting(
        "",
        "RFC 3161 timestamp authority that puts its time to the ledger each hour; empty: none is asked.",
        "为账本每小时加盖时间戳的可信时间戳服务（RFC 3161）地址；留空则不加盖。",
    )
    tsa_ca: Path | None = setting(
        None,
        "PEM file with the root certificates of that authority; default: those that this machine trusts.",
        "该服务根证书的 PEM 文件；默认用本机信任的证书。",
    )
    gm: bool = setting(
        False,
        "1 to keep the ledger's twin by China's national cryptographic standards (SM3, SM2) as well; see gm.md.",
        "填 1 则另按国家商用密码标准（SM3、SM2）同步记一本国密账，见 gm.md。",
    )
    evm_url: str = setting(
        "",
        "Node (JSON-RPC) of a consortium chain with an Ethereum interface, on which the ledger is anchored; empty: on none.",
        "联盟链（以太坊接口）节点的 JSON-RPC 地址，账本定期上链存证；留空则不上链。",
    )
    evm_chain_id: int = setting(0, "Number of that chain; needed with it.", "该链的链号（chain id）；配置节点时必填。")
    evm_token: str = setting("", "Bearer token for that node.", "该节点的访问令牌。")
    evm_to: str = setting(
        "",
        "Address that the transactions go to; empty: the account's own.",
        "交易的接收地址；留空则发给自己的账户。",
    )
    evm_hours: int = setting(
        24, "Hours from one anchor to the next where the ledger grew.", "有新记录时隔几小时上链一次。"
    )
    evm_confirmations: int = setting(
        12,
        "Blocks, its own counted, after which an anchor counts; 1 where the chain takes no block back.",
        "所在区块算起满几块才算数；出块即不可回退的链填 1。",
    )
    evm_gwei: int = setting(
        100,
        "Most that a unit of gas may cost, in gwei; where it costs more nothing is sent. 0: the chain is free.",
        "每单位 gas 最多付多少 gwei，更贵就不发；不收费的链填 0。",
    )
    webhook_networks: tuple[str, ...] = setting(
        (),
        "Networks beside public addresses that webhooks may reach, separated by commas; naming one also allows http.",
        "除公网地址外，回调可以访问的网段，用逗号分开；填写后也允许 http。",
    )
    api_rate: int = setting(
        600,
        "Requests a minute that one token (or one address without a token) may make through one web process; 0: any number.",
        "每个令牌（无令牌时每个地址）每分钟经一个网页进程可发的请求数；0 为不限。",
    )
    mail_url: str = setting(
        "",
        "smtp://user:password@host:587 or smtps://…:465; empty: mails go to outbox/ in the data folder.",
        "发信服务器；留空则写入数据文件夹的 outbox/。",
    )
    mail_from: str = setting("", "Sender of mails; needed with a mail server.", "发信人地址；配置发信服务器时必填。")
    oidc_issuer: str = setting(
        "",
        "Identity service (OpenID Connect) by which connected accounts sign in, as in https://id.example; empty: none.",
        "统一身份认证服务地址（OpenID Connect）；留空不用。",
    )
    oidc_client: str = setting("", "Client id there; needed with it.", "在该服务登记的客户端编号。")
    oidc_secret: str = setting("", "Client secret there; needed with it.", "在该服务登记的客户端密钥。")
    oidc_name: str = setting(
        "", "What the sign-in page calls it; empty: Single sign-on.", "登录页上的名称；留空为“统一身份认证”。"
    )
    proof_issuer: str = setting(
        "",
        "Identity service (OpenID Connect) that says who residents are; empty: only windows prove it.",
        "可为居民实名的身份服务地址（OpenID Connect）；留空则只能到窗口办理。",
    )
    proof_client: str = setting("", "Client id there; needed with it.", "在该服务登记的客户端编号。")
    proof_secret: str = setting("", "Client secret there; needed with it.", "在该服务登记的客户端密钥。")
    proof_name: str = setting(
        "", "What pages call it; empty: the identity service.", "页面上的名称；留空为“身份服务”。"
    )
    proof_scope: str = setting("openid profile", "Scopes to ask for, with blanks between.", "申请的范围，用空格分开。")
    proof_claim: str = setting(
        "id_number", "Claim of the ID token that holds the identity number.", "ID 令牌中公民身份号码所在的字段。"
    )
    language: str = setting("zh-hans", "Language where the browser asks for neither: zh-hans or en.", "默认语言。")
    demo_matters: int = setting(
        3_000,
        "About how many everyday matters of the past year the demo district shows; 0 for those written by hand only.",
        "演示区过去一年的日常办件约数；0 只装手写的几十件。",
    )
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
    if env.oidc_issuer and not (env.oidc_client and env.oidc_secret):
        raise EnvProblem("PIANQU_OIDC_ISSUER needs PIANQU_OIDC_CLIENT and PIANQU_OIDC_SECRET beside it.")
    if env.proof_issuer and not (env.proof_client and env.proof_secret):
        raise EnvProblem("PIANQU_PROOF_ISSUER needs PIANQU_PROOF_CLIENT and PIANQU_PROOF_SECRET beside it.")
    if env.evm_url and not env.evm_chain_id:
        raise EnvProblem("PIANQU_EVM_URL needs PIANQU_EVM_CHAIN_ID beside it.")
    return _absolute(env, given)


def _absolute(env: Env, given: dict[str, Any]) -> Env:
    data = env.data.expanduser().resolve()
    keys = env.keys.expanduser().resolve() if env.keys else None
    tsa_ca = env.tsa_ca.expanduser().resolve() if env.tsa_ca else None
    return Env(**{**given, "data": data, "keys": keys, "tsa_ca": tsa_ca})


def _path(_name: str, text: str) -> Path:
    return Path(text)


def _flag(name: str, text: str) -> bool:
    if text not in {"0", "1"}:
        raise EnvProblem(f"{name} is {text!r}, but it can only be 0 or 1.")
    return text == "1"


def _port(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 65536:
        raise EnvProblem(f"{name} is {text!r}, but a port is a number from 1 to 65535.")
    return int(text)


def _workers(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) <= 64:
        raise EnvProblem(f"{name} is {text!r}, but it is a number of processes from 1 to 64.")
    return int(text)


def _rate(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > 1_000_000:
        raise EnvProblem(f"{name} is {text!r}, but it is a number of requests a minute from 0 to 1000000.")
    return int(text)


def _matters(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > 20_000:
        raise EnvProblem(f"{name} is {text!r}, but it is a number of matters from 0 to 20000.")
    return int(text)


def _address(name: str, text: str) -> str:
    try:
        return str(ip_address(text.strip("[]")))
    except ValueError:
        if text == "localhost":
            return "127.0.0.1"
        raise EnvProblem(f"{name} is {text!r}, but it is an IP address: 127.0.0.1, or 0.0.0.0 for every network.")


def _origin(name: str, text: str) -> str:
    if "+" in text or any(sign.isspace() for sign in text) or "://" in text:
        raise EnvProblem(f"{name} is {text!r}, but a ledger's name has no spaces, no + and no https:// before it.")
    try:
        if text:
            check_new_name(text, MOST_ORIGIN)
    except NoteError as error:
        raise EnvProblem(f"{name} cannot be the ledger's name: {error}. It is needed at its creation only.") from error
    return text


def _tiles(name: str, text: str) -> str:
    if urlsplit(text).scheme not in {"http", "https"} or not all(part in text for part in ("{z}", "{x}", "{y}")):
        raise EnvProblem(f"{name} is {text!r}, but it must look like https://tiles.example/{{z}}/{{x}}/{{y}}.png.")
    return text


def _public(name: str, text: str) -> str:
    parts = _split(text)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise EnvProblem(f"{name} is {text!r}, but it must look like https://pianqu.example.")
    return text.rstrip("/")


def _gateway(name: str, text: str) -> str:
    parts = _split(text)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise EnvProblem(f"{name} must look like https://sms.example/send.")
    return text


def _authority(name: str, text: str) -> str:
    parts = _split(text)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or len(text) > 500:
        raise EnvProblem(f"{name} must look like https://tsa.example/tsr.")
    return text


def _node(name: str, text: str) -> str:
    parts = _split(text)
    good = parts is not None and parts.scheme in {"http", "https"} and parts.hostname and len(text) <= 500
    if parts is None or not good or parts.username is not None or parts.fragment:
        raise EnvProblem(f"{name} must look like https://node.example; a name and password do not belong into it.")
    if parts.scheme == "http" and not _is_near(parts.hostname or ""):
        raise EnvProblem(
            f"{name} begins with http://, which is for this machine and addresses of a private network, as in "
            "http://10.0.0.5:8545; for others it is https://."
        )
    return text


def _is_near(host: str) -> bool:
    """This machine, or an address that no public network leads to."""
    try:
        return host == "localhost" or ip_address(host).is_private
    except ValueError:
        return False


def _chain_id(name: str, text: str) -> int:
    return _number(name, text, 1, 2**53 - 1, "the number of a chain")


def _hours(name: str, text: str) -> int:
    return _number(name, text, 1, 720, "a number of hours")


def _blocks(name: str, text: str) -> int:
    return _number(name, text, 1, 1_000, "a number of blocks")


def _gwei(name: str, text: str) -> int:
    return _number(name, text, 0, 1_000_000, "a number of gwei")


def _number(name: str, text: str, least: int, most: int, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 17) or not least <= int(text) <= most:
        raise EnvProblem(f"{name} is {text!r}, but it is {what} from {least} to {most}.")
    return int(text)


def _account(name: str, text: str) -> str:
    if not _ACCOUNT.fullmatch(text):
        raise EnvProblem(f"{name} is {text!r}, but an address is 0x and 40 digits from 0 to f.")
    return text.lower()


def _certificates(name: str, text: str) -> Path:
    if not Path(text).expanduser().is_file():
        raise EnvProblem(f"{name} is {text!r}, but there is no such file: it holds the certificates of the authority.")
    return Path(text)


def _mail(name: str, text: str) -> str:
    parts = _split(text)
    if parts is None or parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise EnvProblem(f"{name} must look like smtp://user:password@mail.example:587 or smtps://….")
    return text


def _sender(name: str, text: str) -> str:
    if text.count("@") != 1 or any(sign.isspace() for sign in text):
        raise EnvProblem(f"{name} is {text!r}, but it must be a mail address.")
    return text


def _issuer(name: str, text: str) -> str:
    parts = _split(text)
    near = parts is not None and parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1"}
    if parts is None or not parts.hostname or not (near or parts.scheme == "https"):
        raise EnvProblem(f"{name} must look like https://id.example; http is for this machine only.")
    return text.rstrip("/")


def _text(_name: str, text: str) -> str:
    return text


def _database(name: str, text: str) -> str:
    parts = _split(text)
    if parts is None or parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise EnvProblem(f"{name} must look like postgresql://user:password@host:5432/name; leave it empty for SQLite.")
    return text


def _split(text: str) -> SplitResult | None:
    """The parts of a URL; None where port or address cannot be read."""
    try:
        parts = urlsplit(text)
        return parts if parts.port is None or parts.port else None
    except ValueError:
        return None


def _hosts(_name: str, text: str) -> tuple[str, ...]:
    return _parts(text) or Env().allowed_hosts


def _proxies(name: str, text: str) -> tuple[str, ...]:
    try:
        return tuple(str(ip_network(part) if "/" in part else ip_address(part)) for part in _parts(text))
    except ValueError:
        raise EnvProblem(
            f"{name} is {text!r}, but it is a list of IP addresses or networks, as in 10.0.0.5,10.1.0.0/16."
        )


def _parts(text: str) -> tuple[str, ...]:
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
    "bind": _address,
    "workers": _workers,
    "allowed_hosts": _hosts,
    "https": _flag,
    "proxies": _proxies,
    "district": _district,
    "ledger_origin": _origin,
    "tiles": _tiles,
    "public_url": _public,
    "sms_url": _gateway,
    "sms_token": _text,
    "tsa_url": _authority,
    "tsa_ca": _certificates,
    "gm": _flag,
    "evm_url": _node,
    "evm_chain_id": _chain_id,
    "evm_token": _text,
    "evm_to": _account,
    "evm_hours": _hours,
    "evm_confirmations": _blocks,
    "evm_gwei": _gwei,
    "webhook_networks": _proxies,
    "api_rate": _rate,
    "mail_url": _mail,
    "mail_from": _sender,
    "oidc_issuer": _issuer,
    "oidc_client": _text,
    "oidc_secret": _text,
    "oidc_name": _text,
    "proof_issuer": _issuer,
    "proof_client": _text,
    "proof_secret": _text,
    "proof_name": _text,
    "proof_scope": _text,
    "proof_claim": _text,
    "language": _language,
    "demo_matters": _matters,
    "debug": _flag,
}


_OTHERS = {"PIANQU_PARENT", "PIANQU_PYTHON", "PIANQU_TEST_REQUIRE"}
"""Variables that are no settings: of the set-up script, the supervisor and the tests."""


def strangers(environ: Mapping[str, str]) -> tuple[str, ...]:
    """A sentence for each PIANQU_ variable that is no setting: most likely a slip of the pen."""
    known = {variable(item.name) for item in fields(Env)}
    there = sorted(name for name in environ if name.startswith("PIANQU_") and name not in known | _OTHERS)
    return tuple(_about(name, get_close_matches(name, known, n=1)) for name in there)


def _about(name: str, near: list[str]) -> str:
    return f"{name} is no setting and changes nothing" + (f"; did you mean {near[0]}?" if near else ".")


def current() -> Env:
    """The settings of this process."""
    return read(os.environ)
