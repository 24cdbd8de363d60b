"""Short forms of what a record says, for a code that a telephone can read.

Problem: hashes and signatures in a receipt cannot be made smaller; the words around them can, and must, to fit a QR code.
Method: identifiers and checksums in the text become their bytes (UUIDs 16 for 36, checksums 32 for 43 or 64), each once; what is
left is deflated (RFC 1951) with a dictionary of the keys and values that facts usually have.
Source: RFC 1951, RFC 9562 (UUID), RFC 4648 (base64url); measured on the largest record of each kind.
Cost: O(length). Guarantee: `lengthen` gives back what `shorten` was given, or `shorten` refused it; at most `most` bytes come out
of `inflate`, whatever is put in. WORDS never change: receipts on paper are read with them.
"""

import re
import zlib
from base64 import urlsafe_b64decode

from pianqu.kernels.leaf import b64

UUID, CHECKSUM, HEXADECIMAL, AGAIN = 1, 2, 3, 5
"""What stands for an identifier, a checksum in base64url, one in hexadecimal; from AGAIN on for the first, second… once more."""
_REPEATED = 0x20 - AGAIN
_ITEM = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<![\w-])(?:[0-9a-f]{64}|[\w-]{42}[AEIMQUYcgkosw048])(?![\w-])",
    re.ASCII,
)
_WIDTHS = {UUID: 16, CHECKSUM: 32, HEXADECIMAL: 32}
_MARK = re.compile("[\x01-\x1f]")


def shorten(text: str) -> tuple[str, bytes]:
    """The text with marks, and the bytes that the marks stand for. Raises ValueError for a text that holds such marks."""
    if _MARK.search(text):
        raise ValueError("only text without control characters can be made short")
    items: list[str] = []
    raw = bytearray()

    def mark(found: re.Match[str]) -> str:
        item = found[0]
        if item in items[:_REPEATED]:
            return chr(AGAIN + items.index(item))
        items.append(item)
        kind, content = _bytes_of(item)
        raw.extend(content)
        return chr(kind)

    return _ITEM.sub(mark, text), bytes(raw)


def _bytes_of(item: str) -> tuple[int, bytes]:
    if len(item) == 36:
        return UUID, bytes.fromhex(item.replace("-", ""))
    if len(item) == 64:
        return HEXADECIMAL, bytes.fromhex(item)
    return CHECKSUM, urlsafe_b64decode(item + "=")


def lengthen(text: str, raw: bytes) -> str:
    """The text that was shortened. Raises ValueError for what `shorten` cannot have made."""
    items: list[str] = []
    place = 0

    def item(found: re.Match[str]) -> str:
        nonlocal place
        kind = ord(found[0])
        if kind not in _WIDTHS:
            return _earlier(items, kind)
        content = raw[place : place + _WIDTHS[kind]]
        place += len(content)
        if len(content) != _WIDTHS[kind]:
            raise ValueError("bytes are missing")
        items.append(_text_of(kind, content))
        return items[-1]

    full = _MARK.sub(item, text)
    if place != len(raw):
        raise ValueError("bytes are left over")
    return full


def _earlier(items: list[str], kind: int) -> str:
    if not 0 <= kind - AGAIN < len(items):
        raise ValueError("a mark stands for nothing")
    return items[kind - AGAIN]


def _text_of(kind: int, content: bytes) -> str:
    plain = content.hex()
    if kind == UUID:
        return "-".join((plain[:8], plain[8:12], plain[12:16], plain[16:20], plain[20:]))
    return plain if kind == HEXADECIMAL else b64(content)


def deflate(text: str) -> bytes:
    """The text, deflated with the usual words."""
    packing = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, WORDS)
    return packing.compress(text.encode()) + packing.flush()


def inflate(packed: bytes, most: int) -> str:
    """The text again. Raises ValueError for more than `most` bytes or broken ones."""
    unpacking = zlib.decompressobj(-15, zdict=WORDS)
    try:
        raw = unpacking.decompress(packed, most)
    except zlib.error as error:
        raise ValueError("the text is damaged") from error
    if not unpacking.eof or unpacking.unconsumed_tail or unpacking.unused_data:
        raise ValueError("the text is cut off or too large")
    return raw.decode()


WORDS = (
    # What is used most stands last: that is where a reference is shortest.
    b'"kind":"notices.inbox-cleared send-settled webhook-added webhook-back webhook-dropped webhook-retried webhook-si'
    b'lent"kind":"partners.letter-received letter-written letters-emptied partner-added partner-dropped posting-settle'
    b'd"kind":"territory.booking-cancelled cell-staffed entry-list-set grid-adopted hours-set landmarks-added place-ad'
    b'ded point-closed point-opened room-added room-booked"kind":"directory.access-renewed areas-served contact-confir'
    b"med contact-freed contact-used enrolment-begun enrolment-dropped identity-proven organisation-added organisation"
    b"-reorganised passes-ended post-appointed post-ended power-ended power-granted powers-listed proof-restored put-o"
    b"n-duty recalled resident-left sent-down substitute-ended substitute-named superior-changed taken-off-duty token-"
    b'ended token-issued"kind":"ledger.entry-erased personal-data-read policy-adopted"kind":"casework.breach-model-lea'
    b"rned bulk-ended bulk-item-refused bulk-planned bulk-undone call-back-done call-backs-drawn case-accepted case-cl"
    b"osed case-dispatched case-erased case-escalated case-extended case-handed-over case-linked case-noted case-opene"
    b"d case-paused case-rated case-recategorised case-reopened case-resolved case-resumed case-succeeds case-supervis"
    b"ed case-unlinked case-withdrawn cases-handed-over category-added cause-closed cause-linked cause-opened cause-re"
    b"opened cause-took-effect cause-unlinked channel-chosen check-done clock-rules-applied clock-rules-drafted clock-"
    b"rules-dropped clock-rules-enforced clock-term-changed colleagues-mentioned dispatch-objected dispatch-suggested "
    b"due-date-set due-soon export-asked export-made export-stopped export-taken exports-put-away extension-asked exte"
    b"nsion-decided filter-dropped filter-saved force-ended force-formed force-given force-released guided-at-window j"
    b"oint-answer-carried joint-answer-given joint-called joint-work-handed-over list-forgotten list-sent list-taken-i"
    b"n matter-split-off matter-taken-in measure-ended measure-planned mentions-settled month-published note-retracted"
    b" note-struck objection-reviewed parts-due-moved parts-ordered ping-pong-alarmed place-inspected platform-changed"
    b" platform-member-added platform-member-removed platform-ping-pong rectification-checked rectification-ordered re"
    b"ply-template-changed reply-template-made reply-template-retired reply-template-used report-drafted report-edited"
    b" report-issued reporter-forgotten reporter-known rules-adopted rules-drafted rules-dropped rules-trial-ended rul"
    b"es-tried rules-written shift-handed-over shift-taken-over suggestion-answered supervision-accepted supervision-a"
    b"nswered supervision-due-soon supervision-escalated supervision-lifted supervision-repeated task-done task-escala"
    b"ted task-joined task-returned task-started template-applied template-set title-released title-taken-back triage-"
    b"model-asked triage-model-chosen triage-model-learned triage-model-not-learned voice-salt-renewed whistle-answere"
    b"d whistle-arrived whistle-blown whistle-decided whistle-due-soon whistle-ended whistle-escalated whistle-finishe"
    b'd whistle-objected year-announced"calls","kinds","outgoing_id","up_to","letters","vkey","origin","partner_kind",'
    b'"booked_by","seats","days","weekly","point_kind","articles","categories","cell_kinds","list_name","roles","clust'
    b'ers","micro","special","ordinary","version_id","count","second_post_id","first_post_id","how","why","contact_kin'
    b'd","may_decide","presence","kept","added","verb","by_post_id","account_id","expires","rights","post_kind","line_'
    b'codes","area_codes","duty_ids","send_down_ids","power_ids","old_ends","begun","new_parent_code","old_parent_code'
    b'","serves_code","organisation_kind","quorum","witnesses","policy","entry_id","fields","number","letter_kind","pa'
    b'rtner_origin","host","booking_id","duty_id","send_down_id","power_id","substitution_id","token_id","parent_code"'
    b',"purpose","letter_id","transfer_id","in_use","prefilled","rank","chosen","suggested","attempt","call_back_id","'
    b'drawn","population","seed","percent","draw_id","in_time","pdf_digest","word_digest","put_right","recheck_on","fr'
    b'om_platform","mentions","called_organisations","wrong","before","taken","file_commitment","rows","earlier_id","w'
    b'iped","day","used","ece","auc","cause_ids","member_ids","force_ids","whistle_ids","after_id","ends_on","called",'
    b'"excused","comes_at","be_there_by","answer_by","called_codes","item_id","after_codes","automatic","followed","su'
    b'ggested_code","rule_code","ready","compared","restored","based_on","before_unit","before_amount","unit","amount"'
    b',"held","moved","looked","also_open","from_date","back_to","verdict","effective_on","by_code","case_ids","title_'
    b'commitment","exports","filters","withheld","counts","soon","overdue","handled","waiting","name_en","name_zh","ba'
    b'sis","notice","worked","off","year","asked","helped","led","received","parts","moves","new_contact","for_reporte'
    b'r","by","score","rules_version","provisional","granted","upheld","role","entry_article","nature","reply_commitme'
    b'nt","tell_by","grid_version","due_provisional","due_last_day","due_rule","has_contact","place_source","case_code'
    b'","refused","cancelled","begins_at","act","room_id","enrolment_id","source","valid_to","area_code","partner_id",'
    b'"point_code","what","list_kind","starts","webhook_id","post_ids","ended","former","english_commitment","use","me'
    b'mber_code","street_code","note_id","child_id","late","checks","template_code","until","trial_id","starts_on","ru'
    b'les","finished","terms","measure_id","due_on","with_words","form","answered","handover_id","filter_id","parent_i'
    b'd","from_code","returns","danger","identity","photo_commitments","channel","resident_id","since","cell_code","en'
    b'ds","on","new_code","old_code","code","report_id","list_id","holder_code","last_day","cause","imported_from","ha'
    b'ppened_at","done","valid_from","article","model_id","for_all","template_id","outcome","platform","member_codes",'
    b'"force_id","export_id","month","times","rule_id","helper_codes","bulk_id","post_id","to_code","act_id","level","'
    b'reason","called_code","supervision_id","cause_id","task_code","lead_code","caller_code","whistle_id","due_at","m'
    b'atters","digest","version","words_commitment","category","case_id","place_code":[],"false,null,true,"letter:caus'
    b"e:report:whistle:resident:organisation:unknown services market property traffic noise environment water roadssys"
    b"tem resident centre department portal window hotline import neighbour phone gazetteer chosen none confirmed prov"
    b'en case.acceptance case.handling case.first_answer.invalid.example.gov.cn\nwitness.pianqu."},"at":"20-01-01T00:0'
    b'0:00+08:00.000+00:00","fact":{"answer_by":"","be_there_by":"""},"at":"202-","fact":{"case_id":"\x01","category":'
    b'"property","due_at":"","lead_code":"330205-","place_code":"","reply_commitment":"\x02"},"id":"\x01","kind":"case'
    b'work.case-resolved"\n{"actor":{"kind":"post","organisation":"330205-","post":"\x01"},"at":"2026-1-2T0.000+00:00"'
    b',"fact":{"case_code":"","case_id":"\x01","category":"roads","cell_code":"330205000000-1","channel":"portal","dan'
    b'ger":false,"due_at":"2026-12-01T00:00:00+08:00","due_last_day":"2026-12-","due_provisional":false,"due_rule":"ca'
    b'se.acceptance","grid_version":"\x01","happened_at":"","has_contact":true,"identity":"","imported_from":"","photo'
    b'_commitments":["\x02","\x02"],"place_code":"330205000000","place_source":"gazetteer","tell_by":"","words_commitm'
    b'ent":"\x02"},"id":"\x01","kind":"casework.case-opened","organisation":"330205-","subject":"case:\x06"}'
)
