"""Receipts for tests: a log, three witnesses, records as large as the house makes them, and every fault with its verdict."""

import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any

from pianqu.kernels import canonical, merkle, note
from pianqu.kernels.cosignature import ML_DSA_44, Cosigner
from pianqu.kernels.leaf import Leaf, commitment
from pianqu.kernels.receipt import Receipt
from pianqu.kernels.tiles import TileTree

SEED = bytes(range(32))
SIGNER = note.Signer.from_seed("pianqu.invalid/330205/test", SEED)
OLD_FILE = (
    "c2sp.org/tlog-proof@v1\nextra eyJsZWFmIjoie1wiY1wiOlwiNnQwaXhQRzF4RnM0SHZlV2FxUDVkWUtmcllzM0FwWnM4aUk5alRFY1dXQ"
    "VwiLFwiZFwiOlwiMjAyNi0xMS0yNFwiLFwia1wiOlwiY2FzZXdvcmsuY2FzZS1vcGVuZWRcIixcIm5cIjo1LFwib1wiOlwiMzMwMjA1XCIsXCJ"
    "wXCI6XCJBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBXCIsXCJ2XCI6MX0iLCJwYXlsb2FkIjp7ImFjdG9yIjp7I"
    "mtpbmQiOiJyZXNpZGVudCIsIm9yZ2FuaXNhdGlvbiI6IjMzMDIwNSIsInBvc3QiOm51bGx9LCJhdCI6IjIwMjYtMTEtMjNUMTY6NDE6MDYuMTI"
    "wKzAwOjAwIiwiZmFjdCI6eyJjYXNlX2NvZGUiOiI4SzNGMjdRSCIsImNhdGVnb3J5Ijoicm9hZHMifSwiaWQiOiIwMTk4YzBkZS0wMDAwLTcwM"
    "DAtODAwMC0wMDAwMDAwMDAwMDIiLCJraW5kIjoiY2FzZXdvcmsuY2FzZS1vcGVuZWQiLCJvcmdhbmlzYXRpb24iOiIzMzAyMDUiLCJzdWJqZWN"
    "0IjoiY2FzZTowMTk4YzBkZS0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDEifSwic2FsdCI6IlpHVm1aMmhwYW10c2JXNXZjSEZ5YzNSMWRuZ"
    "DRlWHA3ZkgxLWY0Q0Jnb00iLCJ2IjoxfQ==\nindex 2\nkGxdJIXK5yIHOkMPTQT+F2dQdZLO8iZimurbhaLskJ0=\nywCYnZSlacCmeK4EK2Pc1"
    "GJduWRAUX83put5duok7Us=\nEeH1WCI/THG2vhzs/R8N6HFG0llId8J7KexRn5BAITw=\n\npianqu.invalid/330205/test\n5\nBz0bLLE/UYn"
    "BdgSwzMqQrGFEE2NJWnE8IamTBBqGaTg=\n\n— pianqu.invalid/330205/test GmlWuvODJvDrRWWgUzaamcV2B+Qr55R5YgUCdF8Tu9HYKl"
    "/4pB4YmYOliqEzGTUM7Le17yUUWbnVUKgk9ZqTeAkF4wQ=\n"
)
OLD_CODE = (
    "PIANQU1:NCF3YTV LHI5+V9RK5B1RM P9Q97KP9KQI%6846 760:51W5FGHI$AZZIPWC UCWKCVBBYGSSABT-AMRS-/I 0KU33MLJ0OTV*AWDB"
    "O*T-22SWD%MT*FJ5TS/O3V7UR K0WI9%Q1VCQWC1QD5DL.SCAS2GY0UP4*%2L3J4/2YYTU53TLV5JLFHL%787R7LL5TX3:XFIE05-M/FKL64PH"
    "IW40MEA6VCA6BZKPL9BFZISVB44CZUCL.LP-JG.01+8OKD--C5KD:71RDANDARJCZ.C6JC3/CX%36-EO-O+H91HFOA7:+M1J9.Y40.DXZ1 T6O"
    "F65ZMY76DL63J6C%6GCM336 RT-L0FF06M0ZVIU.S$XI+AK2K1JOCNO4J48 CKWKETC9%LFSBAFIP/.V6YI2Y4%KNL643230JBIP4S KZQT*20"
    "61MRCHH00EY0A6C+C1HDH.CEP23-1E*4JB%CKOG9X088D0XG//G3+M C1YIL3LTHHJYKR6KNTLV7%GO-O-+KA/SO*I-.QD.M3:U%%H-.P2%L.6"
    "2SK2IJCYIB/X7QLCTNEICVIMVN:JI6AIPT+05/YK08M47N8KFCECBZGEFDZ9316LP.P3FM7ICHSH9UUBL5BIM MARG0Q:P3:N2S52:KX3R-G8F"
    "KUD8RAX4%8KU+D$XC--V-BT/FA9.EDSQH+V :M2VJ/LVXO3%ZDQS2Y%D  EFPR/-ENR5:LR78T5WGIFH5SOT0K$$G1LH%05S89Q C.U8%69Q2H"
    "5WV/%L1OS-SDVLGDUMEN6C2J2388/FZ*KVHHAHLJ.BOEVRK3JMUZ2J$E9MVD9TRBFQ/RQVDTE8VOBUDX834F-U1DLKG+ED$SM/938P620NJ595"
)
"""Samples from before there was another form: they have to be read for ever."""
WITNESSES = {
    "justice": Cosigner.from_seed("witness.justice.ningbo.example", bytes([1] * 32)),
    "people": Cosigner.from_seed("council.wantou.example/pianqu", bytes([2] * 32)),
    "院": Cosigner.from_seed("lab.university.example/w1", bytes([3] * 32)),
}
LONG = "people-44"
WITNESSES_44 = {LONG: Cosigner.from_seed(WITNESSES["people"].name, bytes([4] * 32), ML_DSA_44)}
"""The second key of one of them."""
KNOWN = f"log {SIGNER.vkey}\n" + "".join(f"witness {name} {one.witness.vkey}\n" for name, one in WITNESSES.items())
ALONE = f"log {SIGNER.vkey}\nquorum none\n"
ASKS_NOBODY = f"{KNOWN}quorum none\n"
TWO_OF_THREE = f"{KNOWN}group all 2 justice people 院\nquorum all\n"
NESTED = f"{KNOWN}group offices any justice people\ngroup both all offices 院\nquorum both\n"
PAIRED = (
    f"{KNOWN}witness {LONG} {WITNESSES_44[LONG].witness.vkey}\n"
    f"group council any people {LONG}\ngroup all 2 justice council 院\nquorum all\n"
)
LONG_NEEDED = f"{KNOWN}witness {LONG} {WITNESSES_44[LONG].witness.vkey}\ngroup all all justice {LONG}\nquorum all\n"
TIME = 1_795_910_400


RECORD: dict[str, Any] = {
    "actor": {"kind": "post", "organisation": "330205-enforcement", "post": "01a22533-afe4-722f-88b9-ef87d96f249f"},
    "at": "2026-11-23T00:41:06.120+00:00",
    "fact": {
        "case_code": "8K3F27QH",
        "case_id": "01a22534-774d-7317-9cca-e47036d715a6",
        "category": "roads",
        "cell_code": "330205004007003-1",
        "channel": "portal",
        "danger": False,
        "due_at": "2026-11-24T00:00:00+08:00",
        "due_last_day": "2026-11-23",
        "due_provisional": False,
        "due_rule": "case.acceptance",
        "grid_version": "01a22533-c7af-7747-9853-39f2156d33ae",
        "happened_at": "",
        "has_contact": True,
        "identity": "confirmed",
        "imported_from": "",
        "photo_commitments": [],
        "place_code": "330205004007",
        "place_source": "gazetteer",
        "tell_by": "",
        "words_commitment": "c6AWZeLsHiNvymChx1JcMQHoedMu_oQP33Y4Sx51V-s",
    },
    "id": "01a22534-774d-7317-9cca-e471ee6d98a2",
    "kind": "casework.case-opened",
    "organisation": "330205-enforcement",
    "subject": "case:01a22534-774d-7317-9cca-e47036d715a6",
}
PAYLOAD = canonical.encode(RECORD)


def make(size: int = 300, index: int = 77, payload: bytes = PAYLOAD, counter: int = 5) -> Receipt:
    salt = secrets.token_bytes(32)
    leaf = Leaf(
        kind=RECORD["kind"],
        organisation_code=RECORD["organisation"],
        counter=counter,
        previous=bytes(range(32)) if counter > 1 else b"",
        day=date(2026, 11, 23),
        commitment=commitment(payload, salt),
    ).encode()
    tree = TileTree(0, lambda *_: b"")
    for n in range(size):
        tree.append(merkle.leaf_hash(leaf if n == index else str(n).encode()))
    body = note.CheckpointBody(origin=SIGNER.name, size=size, root=tree.root()).encode()
    proof = tuple(merkle.inclusion_proof(index, size, tree.node))
    return Receipt(leaf=leaf, payload=payload, salt=salt, index=index, proof=proof, checkpoint=SIGNER.sign(body))


def replaced(receipt: Receipt, **parts: object) -> Receipt:
    fields = {name: getattr(receipt, name) for name in ("leaf", "payload", "salt", "index", "proof", "checkpoint")}
    return Receipt(**{**fields, **parts})  # type: ignore[arg-type]


def signed(receipt: Receipt, *names: str) -> Receipt:
    """The receipt with lines of these witnesses below the log's own."""
    text = note.text_of(receipt.checkpoint)
    keys = WITNESSES | WITNESSES_44
    lines = [keys[name].cosign(text, TIME + n) for n, name in enumerate(names)]
    return replaced(receipt, checkpoint=receipt.checkpoint + "".join(lines))


@dataclass(frozen=True, slots=True)
class Case:
    """A receipt, the policy that it is judged by, and the verdict."""

    receipt: Receipt
    rule: str
    code: str
    in_code: str = ""
    """The verdict on its QR code, where that leaves something out."""


def cases() -> dict[str, Case]:
    """Every fault once, and what is right under policies of every form; all checks have to say the same."""
    good = make()
    seen = signed(good, "justice", "people")
    text = note.text_of(good.checkpoint)
    forged = note.Signer.from_seed(SIGNER.name, bytes(32)).sign(text)
    foreign = note.Signer.from_seed("example.org/other", bytes(32)).sign(text.replace(SIGNER.name, "example.org/other"))
    other = canonical.encode({**RECORD, "at": "2026-11-22T00:41:06.120+00:00"})
    stranger = Cosigner.from_seed("nobody.example/w", bytes([9] * 32)).cosign(text, TIME)
    thief = Cosigner.from_seed(WITNESSES["people"].name, bytes([9] * 32)).cosign(text, TIME)
    return {
        "alone": Case(good, ALONE, "genuine"),
        "one entry": Case(make(1, 0, counter=1), ALONE, "genuine"),
        "seen by unknown ones": Case(seen, ALONE, "genuine"),
        "nobody is asked": Case(good, ASKS_NOBODY, "genuine"),
        "two of three": Case(seen, TWO_OF_THREE, "genuine"),
        "one of three": Case(signed(good, "院"), TWO_OF_THREE, "not-witnessed"),
        "none of three": Case(good, TWO_OF_THREE, "not-witnessed"),
        "the same one twice": Case(signed(good, "院", "院"), TWO_OF_THREE, "not-witnessed"),
        "a stranger's line counts nothing": Case(plus(signed(good, "院"), stranger), TWO_OF_THREE, "not-witnessed"),
        "another key of a witness's name": Case(plus(signed(good, "院"), thief), TWO_OF_THREE, "not-witnessed"),
        "both groups": Case(signed(good, "people", "院"), NESTED, "genuine"),
        "one group only": Case(seen, NESTED, "not-witnessed"),
        "both keys of one": Case(signed(good, "people", LONG), PAIRED, "not-witnessed"),
        "the short key and another": Case(signed(good, "people", LONG, "justice"), PAIRED, "genuine"),
        "the long key and another": Case(signed(good, LONG, "justice"), PAIRED, "genuine", "not-witnessed"),
        "the long key is needed": Case(signed(good, LONG, "justice"), LONG_NEEDED, "genuine", "not-witnessed"),
        "the long key is missing": Case(signed(good, "people", "justice"), LONG_NEEDED, "not-witnessed"),
        "a long line that nobody knows": Case(signed(good, LONG, "justice", "院"), TWO_OF_THREE, "genuine"),
        "a false long line": Case(twisted(signed(good, "justice", "院", LONG)), PAIRED, "checkpoint-broken"),
        "a long line of another time": Case(at_another_time(signed(good, "院", LONG)), PAIRED, "checkpoint-broken"),
        "a false line of a witness": Case(twisted(seen), TWO_OF_THREE, "checkpoint-broken"),
        "a false line though nobody is asked": Case(twisted(seen), ASKS_NOBODY, "checkpoint-broken"),
        "a line of another time": Case(at_another_time(seen), TWO_OF_THREE, "checkpoint-broken"),
        "payload": Case(replaced(seen, payload=other), TWO_OF_THREE, "content-altered"),
        "salt": Case(replaced(good, salt=bytes(32)), ALONE, "content-altered"),
        "another leaf": Case(replaced(good, leaf=make().leaf), ALONE, "not-included"),
        "proof": Case(replaced(seen, proof=(bytes(32), *good.proof[1:])), TWO_OF_THREE, "not-included"),
        "short proof": Case(replaced(good, proof=good.proof[1:]), ALONE, "not-included"),
        "long proof": Case(replaced(good, proof=(*good.proof, bytes(32))), ALONE, "not-included"),
        "index": Case(replaced(good, index=78), ALONE, "not-included"),
        "another tree": Case(replaced(good, checkpoint=make(301).checkpoint), ALONE, "not-included"),
        "another key": Case(replaced(good, checkpoint=forged), ALONE, "signature-false"),
        "witnessed, but not signed by the log": Case(unsigned(seen), TWO_OF_THREE, "signature-false"),
        "signature": Case(twisted(good), ALONE, "signature-false"),
        "other log": Case(replaced(good, checkpoint=foreign), TWO_OF_THREE, "log-unknown"),
        "no checkpoint": Case(replaced(good, checkpoint="nonsense\n"), ALONE, "checkpoint-broken"),
    }


def plus(receipt: Receipt, line: str) -> Receipt:
    return replaced(receipt, checkpoint=receipt.checkpoint + line)


def twisted(receipt: Receipt) -> Receipt:
    """The last signature with one bit turned."""
    text, lines = note.split(receipt.checkpoint)
    last = note.signature_line(lines[-1].name, lines[-1].blob[:-1] + bytes([lines[-1].blob[-1] ^ 1]))
    return replaced(receipt, checkpoint=f"{text}\n{_lines(lines[:-1])}{last}")


def at_another_time(receipt: Receipt) -> Receipt:
    """The last cosignature with another time."""
    text, lines = note.split(receipt.checkpoint)
    blob = lines[-1].blob
    last = note.signature_line(lines[-1].name, blob[:4] + (TIME + 3600).to_bytes(8, "big") + blob[12:])
    return replaced(receipt, checkpoint=f"{text}\n{_lines(lines[:-1])}{last}")


def unsigned(receipt: Receipt) -> Receipt:
    """Without the log's own line."""
    text, lines = note.split(receipt.checkpoint)
    return replaced(receipt, checkpoint=f"{text}\n{_lines(lines[1:])}")


def _lines(lines: tuple[note.Signature, ...]) -> str:
    return "".join(note.signature_line(one.name, one.blob) for one in lines)
