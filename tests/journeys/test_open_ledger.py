"""The open ledger as everybody sees it, and the page on which administrators say who watches over it."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pianqu.foundation.models import Account
from pianqu.kernels.cosignature import ML_DSA_44, Cosigner
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation
from pianqu.rooms.directory.tests.builders import CENTRE, small_district
from pianqu.rooms.ledger import jobs, queries, services
from pianqu.rooms.ledger.jobs import Gatherer
from pianqu.rooms.ledger.models import Entry, Mirror, Policy
from pianqu.rooms.ledger.tests.builders import NOW, SYSTEM, note_down, noted
from tests.platform.test_gathering import LONG, SHORT, Counted, Outside, key, settled, two_keys

pytestmark = pytest.mark.django_db(transaction=True)
GOOD = "三月的风吹过江北 2026"
FIRST_SCREEN = ("hash", "merkle", "node", "checkpoint", "哈希", "默克尔", "节点", "检查点")


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    services.create_log(now=NOW)
    with ExitStack() as stack:
        yield Outside(tmp_path, stack)


@pytest.fixture
def reader() -> Client:
    return Client(headers={"host": "localhost", "accept-language": "en"})


@pytest.fixture
def admin() -> Client:
    small_district()
    account = Account.objects.create_account(login="admin", password=GOOD, name="管理员")
    directory.appoint(
        actor=SYSTEM,
        account_id=account.id,
        organisation_code=CENTRE,
        kind="administrator",
        title="管理员",
        now=timezone.now(),
    )
    client = Client(headers={"host": "localhost", "accept-language": "en"})
    client.post("/sign-in/", {"login": "admin", "password": GOOD})
    return client


def sealed(many: int = 1) -> None:
    note_down(*[noted(number) for number in range(many)])
    while services.seal(now=timezone.now()):
        pass


def seen(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return str(answer.content.decode())


def words(page: str) -> str:
    """What is read before anything is unfolded."""
    shown = re.sub(r"<details.*?</details>", "", page, flags=re.DOTALL)
    shown = re.sub(r'<span dir="auto" lang="[^"]*">([^<]*)</span>', r"\1", shown)
    return re.sub(r"<[^>]*>", " ", re.sub(r"<(script|style|head).*?</\1>", "", shown, flags=re.DOTALL))


# for everybody -------------------------------------------------------------------------------------------------------


def test_an_empty_ledger_says_what_makes_its_first_entry(outside: Outside, reader: Client) -> None:
    page = seen(reader, "/open/ledger/")
    assert "Still empty" in page and "Nobody outside yet" in page
    assert "Nothing was sealed yet" in seen(reader, "/open/ledger/seals/")


def test_who_signed_and_when_stands_beside_each_seal(outside: Outside, reader: Client) -> None:
    for name in ("司法局", "居民议事会"):
        outside.witness(name)
    outside.adopt("group 共同 all 司法局 居民议事会", "quorum 共同")
    gatherer = Gatherer(timezone.now)
    for _seal in range(3):
        sealed(4)
        settled(gatherer)
    jobs.read_again(now=timezone.now())
    page = seen(reader, "/open/ledger/")
    assert "In order." in page and "2 / 2" in page and "司法局 and 居民议事会" in words(page)
    assert page.count("Witnessed</span>") >= 13
    seals = seen(reader, "/open/ledger/seals/")
    assert seals.count("司法局</span>") == seals.count("居民议事会</span>") == 3
    sealed()
    assert "Waiting for a witness" in seen(reader, "/open/ledger/")


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "(1 of a, b) and (c and d)"), ("zh-hans", "（a、b中至少 1 家）和（c和d）")],
)
def test_a_rule_is_told_in_words(outside: Outside, language: str, told: str) -> None:
    for name in "abcd":
        outside.put(name, key(ord(name)), None)
    outside.adopt("group x 1 a b", "group y all c d", "group z all x y", "quorum z")
    reader = Client(headers={"host": "localhost", "accept-language": language})
    assert told in words(seen(reader, "/open/ledger/"))


def test_witnesses_are_called_in_english_where_the_rule_says_so(outside: Outside, reader: Client) -> None:
    for name in ("司法局", "居民议事会"):
        outside.witness(name)
    outside.adopt("group 共同 all 司法局 居民议事会", "quorum 共同", "# en 司法局 Justice <Bureau>", "# en 共同 Both")
    gatherer = Gatherer(timezone.now)
    sealed(4)
    settled(gatherer)
    for path in ("/open/ledger/", "/open/ledger/seals/", "/open/ledger/about/"):
        page = seen(reader, path)
        assert '<span dir="auto" lang="en">Justice &lt;Bureau&gt;</span>' in page and ">司法局<" not in page
        assert '<span dir="auto" lang="zh-CN">居民议事会</span>' in page
    chinese = Client(headers={"host": "localhost", "accept-language": "zh-hans"})
    assert "司法局和居民议事会" in words(seen(chinese, "/open/ledger/"))
    assert "Justice" not in words(seen(chinese, "/open/ledger/seals/"))


def test_a_witness_with_two_keys_stands_once_beside_a_seal(outside: Outside, reader: Client) -> None:
    two_keys(outside, Counted(SHORT, LONG), "group council any short long", "quorum council")
    sealed(4)
    settled(Gatherer(timezone.now))
    page = seen(reader, "/open/ledger/seals/")
    assert page.count(">council</span>") == 1 and ">short<" not in page
    page = seen(reader, "/open/ledger/")
    assert "1 / 1" in page and ">short<" in page and ">long<" in page and "needed: council" in words(page)


def test_the_numbers_of_an_open_page_go_on(outside: Outside, reader: Client) -> None:
    sealed(3)
    assert 'hx-get="/open/ledger/?now" hx-trigger="every' in seen(reader, "/open/ledger/")
    sealed(4)
    numbers = seen(reader, "/open/ledger/?now")
    assert "<b>7</b>" in numbers and "<html" not in numbers and 'role="alert"' not in numbers


def test_a_seal_that_a_later_one_covers_waits_for_nobody(outside: Outside, reader: Client) -> None:
    sealed()
    outside.witness("w")
    outside.adopt("quorum w")
    assert "Waiting for a witness" in seen(reader, "/open/ledger/seals/")
    sealed()
    settled(Gatherer(timezone.now))
    page = seen(reader, "/open/ledger/seals/")
    assert "Witnessed with a later one" in page and "Waiting for a witness" not in page


def test_seals_can_be_leafed_through(outside: Outside, reader: Client) -> None:
    for _seal in range(55):
        sealed()
    first = seen(reader, "/open/ledger/seals/")
    assert "before=6" in first
    rest = seen(reader, "/open/ledger/seals/?before=6")
    assert rest.count('<tr><td class="num text-nowrap">') == 5 and "Newest" in rest
    assert seen(reader, "/open/ledger/seals/?before=x").count('<tr><td class="num text-nowrap">') == 50


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh-hans", "第 1 行：规则里不能写“wutness”"), ("en", "line 1: “wutness” is not a word of a policy")],
)
def test_what_is_wrong_with_a_rule_is_said_in_the_readers_language(
    outside: Outside, admin: Client, language: str, said: str
) -> None:
    typed = {"policy": "wutness w\nquorum none\n"}
    answer = admin.post("/desk/witnesses/", typed, headers={"accept-language": language})
    assert said in answer.content.decode()
    assert answer.status_code == 422 and not Policy.objects.exists()


def test_a_quorum_that_does_not_come_is_told_with_its_last_time(outside: Outside, reader: Client) -> None:
    outside.put("w", key(1), None)
    outside.adopt("quorum w")
    sealed()
    settled(Gatherer(timezone.now))
    assert queries.verdict(now=timezone.now()).word == "unwitnessed"
    assert queries.verdict(now=timezone.now() + timedelta(minutes=2)).word == "stalled"
    page = seen(reader, "/open/ledger/")
    assert "0 / 1" in page and "cannot be reached" in page


def test_an_entry_is_found_by_its_number_and_by_its_receipt(outside: Outside, reader: Client) -> None:
    sealed(300)
    page = seen(reader, "/open/ledger/find/?what=300")
    assert "Entry 300" in page and "330205" in page
    entry = Entry.objects.get(counter=7)
    text = queries.receipt_for(entry.id).text
    qr = queries.receipt_for(entry.id).qr
    assert text is not None and qr is not None
    for given in (text, qr):
        answer = reader.post("/open/ledger/find/", {"what": given})
        assert "Your receipt is about this entry" in answer.content.decode()
    file = SimpleUploadedFile("mine.tlog-proof", text.encode())
    assert "Your receipt is about this entry" in reader.post("/open/ledger/find/", {"file": file}).content.decode()
    for between in ("", " "):
        joined = between.join(text.split("\n"))
        assert (
            "Your receipt is about this entry" in reader.post("/open/ledger/find/", {"what": joined}).content.decode()
        )
    moved = text.replace(f"index {queries.receipt_for(entry.id).position}\n", "index 9\n")
    assert "another entry with this number" in reader.post("/open/ledger/find/", {"what": moved}).content.decode()


@pytest.mark.parametrize(
    ("what", "status"), [("301", 404), ("0", 404), ("nonsense", 422), ("9" * 15, 404), ("9" * 40, 422), ("-1", 422)]
)
def test_what_is_not_there_is_said(outside: Outside, reader: Client, what: str, status: int) -> None:
    sealed(3)
    page = seen(reader, f"/open/ledger/find/?what={what}", status)
    assert "Not found" in page and f'value="{what}"' in page, "to be put right where it stands"


def test_a_receipt_is_not_asked_for_in_an_address(outside: Outside, reader: Client) -> None:
    sealed(3)
    assert 'action="/open/ledger/find/" method="post"' in seen(reader, "/open/ledger/")
    assert reader.post("/open/ledger/find/", {"what": "00 2"})["Location"] == "/open/ledger/find/?what=2"
    broken = "c2sp.org/tlog-proof@v1extra e30=index 5"
    for given in (broken, broken.replace("e30=", "x"), broken.replace("e30=", "W10="), "8K3F-27QH"):
        assert reader.post("/open/ledger/find/", {"what": given}).status_code == 422


def test_first_screens_speak_plainly(outside: Outside) -> None:
    sealed(3)
    for language in ("zh-hans", "en"):
        client = Client(headers={"host": "localhost", "accept-language": language})
        for path in (
            "/open/ledger/",
            "/open/ledger/about/",
            "/open/ledger/seals/",
            "/open/ledger/forks/",
            "/open/ledger/find/?what=1",
        ):
            page = words(seen(client, path)).lower()
            assert not [word for word in FIRST_SCREEN if word in page], path


def test_pages_ask_the_same_number_of_questions_however_long_the_ledger_is(outside: Outside, reader: Client) -> None:
    counts = []
    for _round in range(3):
        for _seal in range(12):
            sealed(3)
        jobs.read_again(now=timezone.now())
        with CaptureQueriesContext(connection) as asked:
            seen(reader, "/open/ledger/")
            seen(reader, "/open/ledger/seals/")
        counts.append(len(asked))
    assert counts[1] == counts[2] <= 45, "the first round fills what is kept for some seconds"


# for administrators --------------------------------------------------------------------------------------------------


def test_an_administrator_puts_a_policy_in_force(outside: Outside, admin: Client) -> None:
    outside.witness("w")
    text = "\r\n".join([*outside.lines, "quorum w", ""])
    assert admin.post("/desk/witnesses/", {"policy": text}).status_code == 302
    assert queries.policy().rule.quorum == "w"
    sealed()
    settled(Gatherer(timezone.now))
    page = seen(admin, "/desk/witnesses/")
    assert "In force." in page and "signed" in page
    file = SimpleUploadedFile("policy.txt", b"quorum none\n")
    assert admin.post("/desk/witnesses/", {"policy": "", "file": file}).status_code == 302
    assert Policy.objects.count() == 2 and not queries.policy().asks_for_witnesses


def test_what_the_directory_knows_in_english_is_added_to_a_policy(outside: Outside, admin: Client) -> None:
    offices = [
        NewOrganisation(code=code, kind="department", name=name, short_name=name, name_en=english, parent_code="330205")
        for code, name, english in (
            ("330205-a", "司法局", "Justice"),
            ("330205-b", "机关", "Offices"),
            ("330205-c", "无", ""),
        )
    ]
    directory.add_organisations(actor=SYSTEM, items=offices, valid_from=timezone.localdate(), now=timezone.now())
    for name in ("司法局", "无"):
        outside.witness(name)
    text = "\n".join([*outside.lines, "group 机关 any 司法局 无", "quorum 机关", "# en 机关 The offices"])
    assert admin.post("/desk/witnesses/", {"policy": text}).status_code == 302
    assert queries.policy().rule.english == (("机关", "The offices"), ("司法局", "Justice"))
    assert Client().get("/open/ledger/policy").content.decode().count("# en ") == 2
    once_more = queries.policy_text()
    assert admin.post("/desk/witnesses/", {"policy": once_more}).status_code == 302
    assert queries.policy_text() == once_more


def test_long_keys_are_taken_and_shown_short(outside: Outside, admin: Client) -> None:
    """A policy as a form and a mirror as a form, both with a key of some two thousand letters."""
    text = f"witness long {LONG.witness.vkey} http://127.0.0.1:9\nquorum long\n"
    assert admin.post("/desk/witnesses/", {"policy": text}).status_code == 302
    mirror = Cosigner.from_seed("m" * 200, bytes(32), ML_DSA_44).witness
    good = {"name": "高校镜像", "vkey": mirror.vkey, "url": "https://mirror.example.org/"}
    assert admin.post("/desk/witnesses/", good).status_code == 302
    page = seen(admin, "/desk/witnesses/")
    assert "ML-DSA-44" in page and LONG.witness.told in page and f'data-copy="{LONG.witness.vkey}"' in page
    (fact,) = [item.fact for item in queries.history("ledger:mirrors")]
    assert fact["vkey"] == mirror.told and Mirror.objects.get().vkey == mirror.vkey
    answer = admin.post("/desk/witnesses/", {"policy": "#" * 600_000 + "\nquorum none\n"})
    assert answer.status_code == 422 and "too long" in answer.content.decode()
    longer = Cosigner.from_seed("m" * 201, bytes(32), ML_DSA_44).witness
    assert admin.post("/desk/witnesses/", {**good, "vkey": longer.vkey}).status_code == 422


def test_a_policy_that_is_none_is_handed_back_as_it_was_typed(outside: Outside, admin: Client) -> None:
    answer = admin.post("/desk/witnesses/", {"policy": "witness <b>w</b> nothing\nquorum w\n"})
    page = answer.content.decode()
    assert answer.status_code == 422 and "line 1" in page and "witness &lt;b&gt;w&lt;/b&gt; nothing" in page
    assert not Policy.objects.exists()


def test_mirrors_are_named_and_dropped(outside: Outside, admin: Client) -> None:
    vkey = key(1, "m").witness.vkey
    good = {"name": "高校镜像", "vkey": vkey, "url": "https://mirror.example.org/"}
    assert admin.post("/desk/witnesses/", good).status_code == 302
    assert "高校镜像" in seen(admin, "/desk/witnesses/")
    outside.put("w", key(4), None)
    outside.adopt("quorum none")
    witness = {"vkey": key(4).witness.vkey, "name": "n"}
    for wrong in (
        {"vkey": vkey, "name": "n"},
        {},
        {"vkey": "x", "name": "n"},
        {"url": "mirror"},
        {"name": " "},
        witness,
    ):
        answer = admin.post("/desk/witnesses/", {**good, "vkey": key(2, "m").witness.vkey, **wrong})
        assert answer.status_code in {409, 422}, wrong
    row = Mirror.objects.get()
    assert row.url == "https://mirror.example.org"
    assert admin.post("/desk/witnesses/", {"drop": row.pk}).status_code == 302
    for gone in (row.pk, "²", "9" * 5_000, "", "x"):
        assert admin.post("/desk/witnesses/", {"drop": gone}).status_code == 404
    kinds = [item.kind for item in queries.history("ledger:mirrors")]
    assert kinds == ["ledger.mirror-named", "ledger.mirror-dropped"]


def test_nobody_else_appoints(outside: Outside, reader: Client) -> None:
    answer = reader.post("/desk/witnesses/", {"policy": "quorum none\n"})
    assert answer.status_code == 302 and "/sign-in/" in answer["Location"]
    assert not Policy.objects.exists()
