"""Settings: defaults that suit one machine, one clear sentence for a value that cannot be, a page that is true."""

import re
from pathlib import Path
from typing import Any

import pytest

from pianqu.composition.env import Env, EnvProblem, read, strangers
from pianqu.composition.wsgi import behind_proxies
from tools.settings_page import TARGET, page

BAD = [
    ("PIANQU_PORT", "http"),
    ("PIANQU_PORT", "0"),
    ("PIANQU_PORT", "65536"),
    ("PIANQU_PORT", "８０００"),
    ("PIANQU_WORKERS", "0"),
    ("PIANQU_DEMO_MATTERS", "many"),
    ("PIANQU_DEMO_MATTERS", "20001"),
    ("PIANQU_BIND", "everywhere"),
    ("PIANQU_API_RATE", "fast"),
    ("PIANQU_API_RATE", "1000001"),
    ("PIANQU_HTTPS", "yes"),
    ("PIANQU_PROXIES", "everybody"),
    ("PIANQU_DEBUG", "on"),
    ("PIANQU_DATABASE", "mysql://x/y"),
    ("PIANQU_DATABASE", "postgresql://host"),
    ("PIANQU_DATABASE", "postgresql://host:port/name"),
    ("PIANQU_DISTRICT", "江北区"),
    ("PIANQU_DISTRICT", "../330205"),
    ("PIANQU_LANGUAGE", "de"),
    ("PIANQU_LEDGER_ORIGIN", "https://log.example"),
    ("PIANQU_LEDGER_ORIGIN", "a log"),
    ("PIANQU_TILES", "https://tiles.example/"),
    ("PIANQU_PUBLIC_URL", "pianqu.example"),
    ("PIANQU_SMS_URL", "sms.example/send"),
    ("PIANQU_TSA_URL", "tsa.example/tsr"),
    ("PIANQU_TSA_URL", "ftp://tsa.example/tsr"),
    ("PIANQU_TSA_CA", "/nowhere/roots.pem"),
    ("PIANQU_EVM_URL", "node.example:8545"),
    ("PIANQU_EVM_URL", "https://node.example"),
    ("PIANQU_EVM_URL", "http://node.example"),
    ("PIANQU_EVM_URL", "https://me:secret@node.example"),
    ("PIANQU_EVM_CHAIN_ID", "0"),
    ("PIANQU_EVM_CHAIN_ID", "mainnet"),
    ("PIANQU_EVM_TO", "0x1234"),
    ("PIANQU_EVM_HOURS", "0"),
    ("PIANQU_EVM_CONFIRMATIONS", "1001"),
    ("PIANQU_EVM_GWEI", "-1"),
    ("PIANQU_MAIL_URL", "https://mail.example"),
    ("PIANQU_MAIL_FROM", "somebody"),
    ("PIANQU_OIDC_ISSUER", "id.example"),
    ("PIANQU_OIDC_ISSUER", "http://id.example"),
    ("PIANQU_OIDC_ISSUER", "https://id.example"),
    ("PIANQU_TILES", "javascript:{z}{x}{y}"),
]


def test_nothing_has_to_be_set() -> None:
    env = read({})
    assert env.data.is_absolute()
    assert env.key_folder == env.data / "keys"
    assert (env.port, env.bind, env.database, env.district) == (8000, "127.0.0.1", "", "330205")


def test_every_variable_is_read() -> None:
    given = {
        "PIANQU_DATA": "/var/lib/pianqu",
        "PIANQU_KEYS": "/etc/pianqu/keys",
        "PIANQU_DATABASE": "postgresql://u:p%40ss@db:5432/pianqu",
        "PIANQU_PORT": "8080",
        "PIANQU_BIND": "::",
        "PIANQU_WORKERS": "4",
        "PIANQU_ALLOWED_HOSTS": "pianqu.example, www.pianqu.example",
        "PIANQU_HTTPS": "1",
        "PIANQU_PROXIES": "10.0.0.5, 10.1.0.0/16",
        "PIANQU_DISTRICT": "330206",
        "PIANQU_LEDGER_ORIGIN": "log.pianqu.example/330206",
        "PIANQU_TILES": "https://tiles.example/{z}/{x}/{y}.png",
        "PIANQU_PUBLIC_URL": "https://pianqu.example/",
        "PIANQU_SMS_URL": "https://sms.example/send",
        "PIANQU_SMS_TOKEN": "secret",
        "PIANQU_TSA_URL": "http://tsa.example/tsr",
        "PIANQU_TSA_CA": __file__,
        "PIANQU_GM": "1",
        "PIANQU_EVM_URL": "http://10.0.0.5:8545",
        "PIANQU_EVM_CHAIN_ID": "330205",
        "PIANQU_EVM_TOKEN": "secret",
        "PIANQU_EVM_TO": "0x" + "Ab" * 20,
        "PIANQU_EVM_HOURS": "6",
        "PIANQU_EVM_CONFIRMATIONS": "1",
        "PIANQU_EVM_GWEI": "0",
        "PIANQU_WEBHOOK_NETWORKS": "10.2.0.0/16",
        "PIANQU_API_RATE": "1200",
        "PIANQU_MAIL_URL": "smtps://user:pw@mail.example:465",
        "PIANQU_MAIL_FROM": "post@pianqu.example",
        "PIANQU_OIDC_ISSUER": "https://id.example/",
        "PIANQU_OIDC_CLIENT": "pianqu",
        "PIANQU_OIDC_SECRET": "secret",
        "PIANQU_OIDC_NAME": "统一身份认证",
        "PIANQU_PROOF_ISSUER": "https://proof.example/",
        "PIANQU_PROOF_CLIENT": "pianqu",
        "PIANQU_PROOF_SECRET": "secret",
        "PIANQU_PROOF_NAME": "城市认证",
        "PIANQU_PROOF_SCOPE": "openid real_name",
        "PIANQU_PROOF_CLAIM": "cert_no",
        "PIANQU_LANGUAGE": "en",
        "PIANQU_DEMO_MATTERS": "7",
        "PIANQU_DEBUG": "1",
    }
    env, plain = read(given), read({})
    assert env.allowed_hosts == ("pianqu.example", "www.pianqu.example")
    assert env.key_folder == Path("/etc/pianqu/keys")
    assert [name for name in Env.__slots__ if getattr(env, name) == getattr(plain, name)] == []


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value_gets_a_sentence_that_names_it(name: str, value: str) -> None:
    with pytest.raises(EnvProblem, match=rf"^{name} .+\.$") as caught:
        read({name: value})
    assert "\n" not in str(caught.value)


def test_a_password_is_not_repeated() -> None:
    with pytest.raises(EnvProblem) as caught:
        read({"PIANQU_DATABASE": "mysql://user:hunter2@host/name"})
    assert "hunter2" not in str(caught.value)


def test_a_slip_of_the_pen_is_pointed_out() -> None:
    said = strangers({"PIANQU_ALOWED_HOSTS": "x", "PIANQU_PORT": "1", "HOME": "/"})
    assert said == ("PIANQU_ALOWED_HOSTS is no setting and changes nothing; did you mean PIANQU_ALLOWED_HOSTS?",)


def test_the_operators_page_is_up_to_date() -> None:
    assert TARGET.read_text(encoding="utf-8") == page(), "run: python tools/settings_page.py"
    assert len(re.findall(r"^\| `PIANQU_", page(), re.M)) == len(Env.__slots__)


@pytest.mark.parametrize(
    ("https", "from_address", "seen"),
    [
        ("1", "127.0.0.1", ("203.0.113.7", "https")),
        ("1", "198.51.100.9", ("198.51.100.9", "http")),
        ("0", "127.0.0.1", ("127.0.0.1", "http")),
    ],
    ids=["our proxy", "a stranger who pretends", "no proxy"],
)
def test_only_our_proxy_may_say_where_a_request_came_from(https: str, from_address: str, seen: tuple[str, str]) -> None:
    met: list[tuple[str, str]] = []

    def application(environ: dict[str, Any], _start: object) -> list[bytes]:
        met.append((environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]))
        return []

    request = {"REMOTE_ADDR": from_address, "wsgi.url_scheme": "http"}
    request |= {"HTTP_X_FORWARDED_FOR": "10.9.9.9, 203.0.113.7", "HTTP_X_FORWARDED_PROTO": "https"}
    behind_proxies(application, read({"PIANQU_HTTPS": https}))(request, None)
    assert met == [seen]
