"""Messages to who reported: only who asked, once for ever, code and link alone; doubt is shown and not repeated."""

import json
import smtplib
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden, Invalid, Refused
from pianqu.foundation.models import Account
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services as cases
from pianqu.rooms.casework.models import Contact
from pianqu.rooms.casework.tests.builders import NOW, clerk, importer, opened, resident
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory import services as directory_verbs
from pianqu.rooms.ledger import queries as history
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.notices import jobs, queries, readers, services
from pianqu.rooms.notices.models import Outgoing
from pianqu.rooms.notices.tests.conftest import Gateway, at_home

SYSTEM = importer()
NUMBER, ADDRESS, WORDS = "13912345678", "wang@example.cn", "三楼漏水，漏到二楼了。"


def hear() -> None:
    while ledger.seal(now=NOW):
        pass
    while ledger.deliver(reader=readers.MESSAGES, to=readers.plan):
        pass


def reported(contact: str = NUMBER, *, tell: bool = True) -> cases.Opened:
    """A matter taken in and answered just now."""
    now = timezone.now()
    case = opened(contact=contact, tell=tell, words=WORDS, now=now)
    cases.resolve_case(actor=clerk(), case_id=case.case_id, reply="灯已换好。", now=now)
    hear()
    return case


def send(after: timedelta = timedelta(0)) -> Outgoing:
    jobs.send_waiting(actor=SYSTEM, now=timezone.now() + after)
    return Outgoing.objects.get()


def test_who_asked_for_it_gets_code_and_link_and_nothing_else(gateway: Gateway) -> None:
    case = reported()
    row = send()
    assert (row.state, row.tries, row.channel, row.kind) == ("sent", 1, "sms", "resolved")
    (message,) = gateway.got
    code = casework.resident_case(case.case_id).shown_code
    link = f"https://pianqu.example/case/{code}/"
    assert message == {
        "to": NUMBER,
        "template": "case-resolved",
        "params": {"code": code, "link": link},
        "key": str(row.id),
    }
    assert gateway.headers[0]["authorization"] == "Bearer geheim"
    assert gateway.headers[0]["idempotency-key"] == str(row.id)
    assert jobs.send_waiting(actor=SYSTEM, now=timezone.now()) == 0, "once"


def test_who_did_not_ask_gets_nothing(gateway: Gateway) -> None:
    reported(tell=False)
    opened(words=WORDS)
    hear()
    assert not Outgoing.objects.exists() and gateway.got == []


def test_the_person_finds_that_the_contact_was_used(gateway: Gateway) -> None:
    case = reported()
    send()
    reads = [item for item in casework.resident_case(case.case_id).timeline if item.kind == "ledger.personal-data-read"]
    assert [item.purpose for item in reads] == [cases.NOTICE]


def test_who_changed_their_mind_before_it_left_gets_nothing(gateway: Gateway) -> None:
    case = reported()
    cases.choose_channel(actor=resident(), case_id=case.case_id, tell=False, now=NOW)
    row = send()
    assert row.state == "dropped" and gateway.got == []


def test_not_reached_is_tried_again_later_and_later_until_it_is_given_up(tmp_path: Path) -> None:
    with at_home(tmp_path, sms_url="http://127.0.0.1:9/send"):  # nobody listens on the discard port
        reported()
        waits, moment = [], timezone.now()
        for _try in range(10):
            jobs.send_waiting(actor=SYSTEM, now=moment)
            row = Outgoing.objects.get()
            if row.state != "waiting":
                break
            waits.append(round((row.next_at - moment).total_seconds() / 60))
            moment = row.next_at
        assert waits == [1, 5, 30, 120, 360] and row.state == "failed" and row.tries == 6


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (204, "sent"),
        (429, "waiting"),
        (503, "waiting"),
        (400, "failed"),
        (302, "failed"),
        (500, "doubtful"),
        ("hang up", "doubtful"),
    ],
)
def test_what_an_answer_means(gateway: Gateway, answer: object, state: str) -> None:
    gateway.answers = [answer]
    reported()
    row = send()
    assert row.state == state
    if answer == 429:
        assert (row.next_at - row.tried_at).total_seconds() == 900, "as long as it asked for"  # type: ignore[operator]


def test_what_a_crash_left_in_the_middle_is_shown_and_not_sent_again(gateway: Gateway) -> None:
    reported()
    Outgoing.objects.update(state="sending", tried_at=timezone.now())  # as it stands between mark and answer
    jobs.send_waiting(actor=SYSTEM, now=timezone.now() + timedelta(minutes=1))
    assert Outgoing.objects.get().state == "sending", "it may still be under way"
    row = send(timedelta(minutes=3))
    assert row.state == "doubtful" and gateway.got == []
    send(timedelta(days=1))
    assert gateway.got == []


@pytest.mark.parametrize(("outcome", "state"), [("arrived", "sent"), ("given-up", "dropped"), ("again", "waiting")])
def test_an_administrator_says_what_became_of_it(gateway: Gateway, outcome: str, state: str) -> None:
    gateway.answers = [500]
    case = reported()
    row = send()
    actor = administrator()
    assert [card.outgoing_id for card in queries.sending_for(actor).doubtful] == [row.id]
    services.settle_send(actor=actor, outgoing_id=row.id, outcome=outcome, now=NOW)
    hear()
    assert Outgoing.objects.get().state == state
    told = [item for item in history.history(f"case:{case.case_id}") if item.kind == "notices.send-settled"]
    assert told[0].fact["outcome"] == outcome
    with pytest.raises(Refused):
        services.settle_send(actor=actor, outgoing_id=row.id, outcome="arrived", now=NOW)
    send(timedelta(minutes=1))
    assert len(gateway.got) == (2 if outcome == "again" else 1)


def test_only_an_administrator_sees_and_settles(gateway: Gateway) -> None:
    gateway.answers = [500]
    reported()
    row = send()
    with pytest.raises(Forbidden):
        queries.sending_for(clerk())
    with pytest.raises(Forbidden):
        services.settle_send(actor=clerk(), outgoing_id=row.id, outcome="arrived", now=NOW)
    with pytest.raises(Invalid):
        services.settle_send(actor=administrator(), outgoing_id=row.id, outcome="burnt", now=NOW)
    with pytest.raises(Refused):
        services.settle_send(actor=administrator(), outgoing_id=uuid.uuid4(), outcome="arrived", now=NOW)


def test_a_replay_sends_nothing_again(gateway: Gateway) -> None:
    reported()
    send()
    ledger.replay(reader=readers.MESSAGES, forget=readers.keep)
    Outgoing.objects.all().delete()  # even after old rows were tidied away
    hear()
    assert not Outgoing.objects.exists() and len(gateway.got) == 1


def test_what_happened_long_ago_or_elsewhere_is_not_sent(gateway: Gateway) -> None:
    long_ago = timezone.now() - timedelta(days=2)
    case = opened(contact=NUMBER, tell=True, now=long_ago)
    cases.resolve_case(actor=clerk(), case_id=case.case_id, reply="好了", now=long_ago)
    hear()
    assert not Outgoing.objects.exists()


def test_without_a_way_it_lies_in_the_outbox_and_does_not_say_for_whom(unconnected: Path) -> None:
    reported()
    assert send().outcome == "outbox"
    (file,) = unconnected.iterdir()
    text = file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o077 == 0 and json.loads(text)["template"] == "case-resolved"
    assert NUMBER not in text and WORDS[:4] not in text and NUMBER[-4:] not in text.replace(str(file.stem), "")


def test_a_mail_holds_code_and_link_and_no_words(tmp_path: Path) -> None:
    with at_home(tmp_path, mail_from="post@pianqu.example"):
        case = reported(ADDRESS)
        assert send().state == "sent"
    (sent,) = mail.outbox
    code = casework.resident_case(case.case_id).shown_code
    assert sent.to == [ADDRESS] and code in sent.subject and f"/case/{code}/" in sent.body
    assert WORDS[:4] not in sent.body and "灯已换好" not in sent.body


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (smtplib.SMTPResponseException(451, b"later"), "waiting"),
        (smtplib.SMTPResponseException(550, b"no"), "failed"),
        (smtplib.SMTPRecipientsRefused({}), "failed"),
        (smtplib.SMTPServerDisconnected("gone"), "doubtful"),
        (TimeoutError(), "doubtful"),
        (ConnectionRefusedError(), "waiting"),
    ],
)
def test_what_a_mail_servers_trouble_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, state: str
) -> None:
    def fail(*_given: object, **_more: object) -> int:
        raise error

    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)
    with at_home(tmp_path, mail_from="post@pianqu.example"):
        reported(ADDRESS)
        assert send().state == state


# the choice ----------------------------------------------------------------------------------------------------------


def test_a_mail_address_is_a_contact_and_opens_the_matter() -> None:
    case = opened(contact=" Wang@Example.CN ", tell=True)
    row = Contact.objects.get()
    assert (row.kind, row.channel, row.mask) == ("mail", "mail", "w***@example.cn")
    code = casework.resident_case(case.case_id).code
    found = casework.follow(code, contact_tail=ADDRESS, address="a", now=NOW)
    assert found.case_id == case.case_id and found.tell_by == "mail"


@pytest.mark.parametrize("typed", ["wang@", "@example.cn", "wang@example", "1391234567@", "wang example@cn"])
def test_what_is_no_address_is_said_in_a_sentence(typed: str) -> None:
    with pytest.raises(Invalid):
        opened(contact=typed)


def test_another_contact_takes_the_place_of_the_old_one() -> None:
    case = opened(contact=NUMBER)
    cases.choose_channel(actor=resident(), case_id=case.case_id, tell=True, contact=ADDRESS, now=NOW)
    row = Contact.objects.get()
    assert (row.kind, row.channel) == ("mail", "mail")
    assert cases.use_contact(actor=SYSTEM, case_id=case.case_id, channel="mail", now=NOW) == ADDRESS
    assert cases.use_contact(actor=SYSTEM, case_id=case.case_id, channel="sms", now=NOW) == ""
    with pytest.raises(Forbidden):
        cases.use_contact(actor=clerk(), case_id=case.case_id, channel="mail", now=NOW)
    text = json.dumps([item.fact for item in history.history(f"case:{case.case_id}")], default=str)
    assert ADDRESS not in text and NUMBER not in text and "channel" in text


def test_to_be_told_one_needs_a_contact() -> None:
    case = opened()
    with pytest.raises(Refused):
        cases.choose_channel(actor=resident(), case_id=case.case_id, tell=True, now=NOW)


def administrator() -> Actor:
    account = Account.objects.create_account(login=f"a{uuid.uuid4().hex[:8]}", password="p", name="某")
    directory_verbs.appoint(
        actor=importer("330205"),
        account_id=account.id,
        organisation_code="330205-centre",
        kind="administrator",
        title="管理员",
        now=NOW,
    )
    actor = directory.actor_for(account.id)
    assert actor is not None
    return actor
