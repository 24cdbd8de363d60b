"""The evidence sheet of one entry, in two languages: what the check found, who signed, what it proves, what is to be filled in.

It is laid out by Typst; all words reach the layout as data, never as markup. The same entry gives the same bytes.
"""

import io
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

import typst

from pianqu import __version__
from pianqu.foundation import qr
from pianqu.foundation.facts import REGISTRY
from pianqu.foundation.official import layout
from pianqu.kernels import policy
from pianqu.kernels.policy import Group
from pianqu.kernels.receipt import moment
from pianqu.kernels.verify_page import Pair
from pianqu.rooms.ledger.queries import AnchorCard, CourtBundle, EvmAnchorCard

CHINA = timezone(timedelta(hours=8))
TITLE: Pair = ("证据说明表", "Evidence sheet for one record of the ledger")
HEAD: tuple[Pair, ...] = (
    ("见证单位", "Witness"),
    ("公钥", "Public key"),
    ("它写明的时间", "Time that it stated"),
    ("与当事人的关系（填写）", "Relation to the parties (fill in)"),
)
VERDICTS: Mapping[str, Pair] = {
    "genuine": ("开出时核验：属实，章都对", "Checked when made: genuine, every stamp fits"),
    "not-witnessed": (
        "开出时核验：账上有、内容没改，见证还不够",
        "Checked when made: in the ledger, too few witnesses yet",
    ),
}
NOTE: Pair = (
    "这一行是开出这张表的程序自己算的，不能代替核验：请用二维码、回执文件或证据包另行核验。",
    "This line was worked out by the program that made the sheet. It replaces no check: use the code, the file or the bundle.",
)
PROVES: tuple[Pair, ...] = (
    (
        "记录的内容与当时记下的一字不差，在账上的位置如上。",
        "The record is word for word what was recorded, at the place above.",
    ),
    (
        "账本盖章以后，改动、抽走、换位置都会对不上。",
        "After the ledger signed, changing, removing or moving it would show.",
    ),
    (
        "表上写明时间的见证单位签过同一本账，签之前核对过账是接着写的；记录不晚于那个时间就在账上（以该单位诚实、钟准为前提）。",
        "Witnesses with a time above signed the same ledger after checking that it continues what they signed; the record was "
        "there no later than that (if the witness is honest and its clock right).",
    ),
)
PROVES_NOT: tuple[Pair, ...] = (
    (
        "记下来的事情属实；该记的都记了；办得好不好。",
        "That what was recorded is true; that everything was recorded; that it was dealt with well.",
    ),
    (
        "原话和照片：这里只有它们的加盐校验码，须由保管单位拿出原件和盐来对。",
        "Words and photos: only salted checksums are here; who keeps the originals has to produce them with their salts.",
    ),
    (
        "“记下时间”是记录单位的钟；导入的“发生时间”是旧系统说的。",
        "“Recorded” is the recording side's clock; “happened” of imported matters is another system's claim.",
    ),
    (
        "官方认可：这是一本任何人都能核对的账，不是经批准或备案的存证平台。",
        "Approval: this is a ledger that anybody can check, no approved or filed evidence platform.",
    ),
)
ON_CHAIN: Pair = (
    "表上写明的联盟链交易里有同一本账的指纹：只要该链没有被改写，记录不晚于那一块就在账上。请向该链的任一节点另行核对。",
    "The transaction named above holds the same ledger's fingerprint: unless that chain was rewritten, the record was there no "
    "later than that block. Ask any node of the chain yourself.",
)
STAMPED: Pair = (
    "时间戳机构的戳盖在同一本账上：记录不晚于那个时间就在账上，靠的是该机构的签名和钟，与区里的钟无关。它只见过账的指纹，不证明内容属实。",
    "The timestamp is over the same ledger: the record was there no later than that, by the authority's signature and clock and "
    "not by the district's. The authority saw the ledger's fingerprint only and does not vouch for what was recorded.",
)
BLANKS: tuple[Pair, ...] = (
    ("记录单位与当事人的关系", "Relation of the recording organisation to the parties"),
    ("事情发生的时间；与记下时间相隔", "When it happened; how long before it was recorded"),
    ("谁、何时、怎样取得本文件", "Who obtained this file, when and how"),
    ("原话、照片的原件和盐由谁提供", "Who produces the originals and their salts"),
    ("区里的密钥由谁保管、怎样保管", "Who keeps the ledger's key, and how"),
    ("主机、钟、人员权限的说明", "Statement on host, clock and staff rights"),
)
ALGORITHMS = (
    "SHA-256 · Ed25519 · ML-DSA-44 · RFC 6962, 8785 · C2SP tlog-proof, tlog-checkpoint, tlog-cosignature, tlog-policy"
)
BY_GM = "SM3 (GB/T 32905) · SM2 (GB/T 32918)"


def as_pdf(bundle: CourtBundle, names: Mapping[str, Pair]) -> bytes:
    """The sheet. `names` tells what codes are called, as in the check page."""
    return _laid_out(json.dumps(content(bundle, names), ensure_ascii=False, sort_keys=True))


@lru_cache(maxsize=16)
def _laid_out(content: str) -> bytes:
    source = files("pianqu.composition.open").joinpath("evidence.typ").read_bytes()
    made, _warnings = typst.compile_with_warnings(source, sys_inputs={"content": content})
    return bytes(made if isinstance(made, bytes) else made[0])


def content(bundle: CourtBundle, names: Mapping[str, Pair]) -> dict[str, Any]:
    """What the layout is given."""
    return {
        "title": TITLE[0],
        "title_en": TITLE[1],
        "verdict": VERDICTS.get(
            bundle.verdict.code, ("开出时核验：对不上", f"Checked when made: {bundle.verdict.message}")
        ),
        "note": NOTE,
        "left_out": _left_out(bundle),
        "qr": _drawn(bundle.code),
        "head": HEAD,
        "faces": dict(layout.faces()),
        "foot": f"pianqu {__version__} · {bundle.entry_id}",
        "parts": [
            _part(("一、记录", "1. The record"), _recorded(bundle, names)),
            _part(("二、谁盖了章", "2. Who signed"), _stamped(bundle), witnesses=_witnesses(bundle)),
            _part(("三、能证明什么", "3. What it proves"), points=_proven(bundle)),
            _part(("四、不能证明什么", "4. What it does not prove"), points=[_doubt(bundle), *PROVES_NOT]),
            _part(("五、由举证方填写", "5. For the party to fill in"), [_row(label, "", "blank") for label in BLANKS]),
            _part(("六、算法与文件指纹", "6. Algorithms and fingerprints"), _fingerprints(bundle)),
        ],
    }


def _part(
    title: Pair,
    rows: Iterable[dict[str, Any]] = (),
    *,
    witnesses: Iterable[dict[str, Any]] = (),
    points: Iterable[Pair] = (),
) -> dict[str, Any]:
    return {"title": title, "rows": list(rows), "witnesses": list(witnesses), "points": list(points)}


def _row(label: Pair, value: str, kind: str = "text") -> dict[str, Any]:
    return {"label": label, "value": value, "kind": kind}


def _recorded(bundle: CourtBundle, names: Mapping[str, Pair]) -> Iterable[dict[str, Any]]:
    leaf, payload = bundle.verdict.leaf, bundle.verdict.payload
    if leaf is None or payload is None:
        return
    kind, fact = REGISTRY.get(leaf.kind), payload.get("fact", {})
    code = leaf.organisation_code
    named = names.get(f"organisation:{code}", ("", ""))[0]
    yield _row(("什么事", "What"), f"{kind.label} ({leaf.kind})" if kind else leaf.kind)
    yield _row(
        ("记录单位", "Recorded by"),
        f"{named}（{code}），该单位的第 {leaf.counter} 笔" if named else f"{code}，该单位的第 {leaf.counter} 笔",
    )
    yield _row(("记下时间", "Recorded"), _moment(bundle.recorded_at))
    if fact.get("happened_at"):
        yield _row(("发生时间（旧系统提供）", "Happened (another system's claim)"), str(fact["happened_at"]))
    yield _row(
        ("账上的位置", "Place in the ledger"), f"第 {(bundle.verdict.index or 0) + 1} 笔 / 共 {bundle.verdict.size} 笔"
    )
    yield _row(("条目编号", "Entry"), str(bundle.entry_id), "mono")
    yield _row(("内容原文", "What was recorded, byte for byte"), bundle.held.payload.decode(), "mono")


def _stamped(bundle: CourtBundle) -> Iterable[dict[str, Any]]:
    yield _row(("账本的公钥", "The ledger's public keys"), "\n".join(bundle.vkeys), "mono")
    if bundle.sealed_at:
        yield _row(("封存时间（区里的钟）", "Sealed (the district's clock)"), _moment(bundle.sealed_at))
    yield _row(("见证规则", "Rule"), _rule(bundle))
    if bundle.stamp is not None:
        yield from _by_authority(bundle.stamp)
    if bundle.chain is not None:
        yield from _on_chain(bundle.chain)


def _by_authority(stamp: AnchorCard) -> Iterable[dict[str, Any]]:
    """What a timestamp authority has stated of a ledger that holds the entry."""
    yield _row(
        ("可信时间戳（该机构的钟）", "Timestamp (the authority's clock)"),
        f"{_moment(stamp.stamped_at)}\n{stamp.authority}",
    )
    yield _row(
        ("戳盖在哪份签名文本上（SHA-256）", "Signed text that it is over (SHA-256)"),
        f"{sha256(stamp.text.encode()).hexdigest()}\ntimestamp.tsr · timestamp.note · RFC 3161",
        "mono",
    )


def _on_chain(anchor: EvmAnchorCard) -> Iterable[dict[str, Any]]:
    """Where a consortium chain holds it; by the word of the node that was asked."""
    at = f"{_moment(anchor.block_at)}\n" if anchor.block_at else ""
    where = f"第 {anchor.block} 块 / block {anchor.block}\n{anchor.block_hash}"
    yield _row(
        ("联盟链上的时间（出块方的钟）", "Time on the chain (clock of who made the block)"), f"{at}{where}", "mono"
    )
    chain = f"{anchor.chain_id}\n{anchor.genesis}"
    yield _row(("哪条链（链号、创世块）", "Which chain (number, first block)"), chain, "mono")
    yield _row(("交易与账户", "Transaction and account"), f"{anchor.hash}\n{anchor.sender}", "mono")


def _rule(bundle: CourtBundle) -> str:
    """The groups in words; the file itself is in the bundle."""
    if bundle.rule.quorum == policy.NONE:
        return "不要求别的单位见证 / asks for no witness"
    return "；".join([*(_group(one) for one in bundle.rule.groups), f"必须：{bundle.rule.quorum}"])


def _group(group: Group) -> str:
    """Who is in it and how many are needed, the way people say it."""
    members = "、".join(group.members)
    if group.needed < len(group.members):
        return f"{group.name}：{members}中至少 {group.needed} 家"
    return f"{group.name}：{members}" if len(group.members) == 1 else f"{group.name}：{members}都要"


def _witnesses(bundle: CourtBundle) -> Iterable[dict[str, Any]]:
    for one in bundle.rule.witnesses:
        time = bundle.verdict.times.get(one.name)
        told = (_stated(time), "by its own clock") if time else ("还没有盖章", "has not signed")
        yield {"name": (one.name, bundle.rule.called(one.name)), "key": one.witness.told, "time": told}


def _stated(time: int) -> str:
    """A witness may state what no calendar knows."""
    try:
        return _moment(datetime.fromtimestamp(time, UTC))
    except (OverflowError, ValueError, OSError):
        return moment(time)


def _proven(bundle: CourtBundle) -> list[Pair]:
    points = PROVES if bundle.verdict.times else PROVES[:2]
    return [*points, *([STAMPED] if bundle.stamp else []), *([ON_CHAIN] if bundle.chain else [])]


def _doubt(bundle: CourtBundle) -> Pair:
    """What a second history would take."""
    if bundle.rule.quorum == policy.NONE or not bundle.verdict.genuine:
        return (
            "没有第二本账：见证不够，排除不了。",
            "That there is no second history: too few witnesses to rule it out.",
        )
    liars = bundle.rule.overlap()
    if not liars:
        return (
            "没有第二本账：按这条规则，两批互不相同的见证都够数，要把两边的回执放在一起比才知道。",
            "That there is no second history: two disjoint sets of witnesses are each enough; only comparing receipts tells.",
        )
    return (
        f"没有串通：区里若与至少 {liars} 家见证单位一起作假，可以另有一本账。",
        f"That nobody conspired: a second history is possible if {liars} or more witnesses deceive together with the district.",
    )


def _fingerprints(bundle: CourtBundle) -> Iterable[dict[str, Any]]:
    yield _row(("算法与格式", "Algorithms and formats"), ALGORITHMS + (f" · {BY_GM}" if bundle.twin else ""))
    told = "\n".join(f"{sha256(content).hexdigest()}  {name}" for name, content in bundle.files().items())
    yield _row(("证据包里的文件（SHA-256）", "Files of the bundle (SHA-256)"), told, "mono")


def _left_out(bundle: CourtBundle) -> Pair:
    """What the code on the sheet does not hold; empty where it holds everything."""
    names = "、".join(bundle.left_out_of_code)
    if not names:
        return ("", "")
    english = ", ".join(bundle.rule.called(name) or name for name in bundle.left_out_of_code)
    if bundle.rule.holds_in_code():
        return (
            f"二维码装不下 {names} 的签名，那在回执文件里；没有它，二维码也够数。",
            f"The code has no room for the signature of {english}, which is in the receipt's file; the code is "
            "enough without it.",
        )
    return (
        f"二维码装不下 {names} 的签名，只凭二维码验不出见证够数：请用回执文件核验。",
        f"The code has no room for the signature of {english} and is not enough without it: check the receipt's file.",
    )


def _moment(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S} 北京时间（{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC）"


def _drawn(code: str) -> str:
    out = io.BytesIO()
    qr.code(code).save(out, kind="svg", border=2, light="#fff", xmldecl=False)
    return out.getvalue().decode()
