"""What the ledger's kernels and monitor say, in the reader's language; kept in English, with the values beside the words."""

import re
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext, gettext_noop, pgettext_lazy

from pianqu.foundation.errors import Unavailable
from pianqu.kernels.saying import Sentence

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# why the ledger signs nothing ----------------------------------------------------------------------------------------

NOT_CREATED = gettext_noop("The ledger has not been created yet: start pianqu once.")
TREE_DAMAGED = gettext_noop(
    "The ledger signs nothing: what is stored of its tree no longer leads to the root that was signed at %(size)s entries; the "
    "disk or somebody changed it. Stop the worker and run ./pianqu replay tiles, which makes the tree anew from the entries, or "
    "puts nothing in its place where these changed too; recording goes on meanwhile."
)
LEDGER_ENDED = gettext_noop(
    "The ledger signs nothing: it was declared dead and goes on as %(origin)s, but this database is older and does not know of "
    "it. Restore a newer database; recording goes on meanwhile."
)
LEDGER_BEHIND = gettext_noop(
    "The ledger signs nothing: %(shown)s entries were published, but this database holds %(size)s. It is older than what people "
    "have seen (a backup was restored?). Restore a newer database, or complete this one from a mirror with ./pianqu catch-up; "
    "where nobody has a copy: ./pianqu declare-dead; recording goes on meanwhile."
)
LEDGER_FORKED = gettext_noop(
    "The ledger signs nothing: at %(shown)s entries this database tells another history than the published one. Keep both and "
    "call an auditor; ./pianqu declare-dead ends it where that cannot be mended."
)
PUBLISHED_DAMAGED = gettext_noop(
    "The ledger signs nothing: %(file)s is damaged, or signed with a key that is not here (%(why)s). It says what people have "
    "seen, so do not delete it: put it back from a copy, or put there what a mirror or witness shows of this ledger; "
    "recording goes on meanwhile."
)
NO_TEXT = Sentence(gettext_noop("it is no text"))
KEY_WRONG = gettext_noop(
    "The log key in %(file)s is missing or is not the key of this ledger (%(origin)s). Put back the right key folder or set "
    "PIANQU_KEYS; the ledger signs nothing without it, and recording goes on. Where it is lost for good, ./pianqu rotate-key "
    "says what can be done."
)
ENTRIES_DAMAGED = gettext_noop(
    "The entries are not those that were signed at %(size)s: the tree cannot be made from them, and nothing was changed. Restore "
    "the database; ./pianqu verify log says what is wrong."
)
CHECKPOINT_DAMAGED = gettext_noop(
    "The ledger publishes nothing: its checkpoint of %(size)s entries is damaged in the database. Restore the database, and see "
    "./pianqu verify log; recording goes on meanwhile."
)

# why the twin does not go on -----------------------------------------------------------------------------------------

TWIN_NO_SM3 = gettext_noop(
    "The twin is not kept: neither Python's OpenSSL nor the package cryptography has SM3 here. The ledger itself goes on."
)
TWIN_NOT_INSTALLED = gettext_noop(
    "The twin by the national standards is not kept: it needs the package gmssl-pyx, which is not installed here. Install it "
    "beside pianqu, or set PIANQU_GM=0; the ledger itself goes on."
)
TWIN_KEY_WRONG = gettext_noop(
    "The twin by the national standards signs nothing: %(file)s is missing or is not its key. Put the key back; where it is lost "
    "for good: ./pianqu replay gm --new-key. The ledger itself goes on."
)
TWIN_DAMAGED = gettext_noop(
    "The twin by the national standards signs nothing: what is stored of its tree no longer leads to the root that it signed at "
    "%(size)s entries. ./pianqu replay gm makes the tree anew from the entries; the ledger itself goes on."
)

# what the monitor finds ----------------------------------------------------------------------------------------------

TREE_CHANGED = gettext_noop("the tree of the first %(size)s entries is no longer what it was")
TOO_FEW = gettext_noop("%(signed)s entries were signed, but only %(here)s are here")
NOT_SIGNED = gettext_noop("the entries up to %(size)s are not those that were signed")
OTHER_HEAD = gettext_noop("%(code)s#%(counter)s in the log is not what the organisation recorded")
MISSING = gettext_noop("%(code)s has recorded %(recorded)s entries, the log holds %(held)s and not all others wait")
TILE_BENT = gettext_noop("the stored tile %(level)s/%(index)s is not that of the entries")
CHAIN_ANCHOR = gettext_noop("chain anchor %(size)s: %(fault)s")
CHAIN_UNFIT = Sentence(gettext_noop("it does not fit the entries"))
TILE_MISSING = gettext_noop("the tile %(level)s/%(index)s is missing")

# what kernels say ----------------------------------------------------------------------------------------------------

KERNELS = (
    gettext_noop("position %(position)s: not a leaf"),
    gettext_noop("position %(position)s: %(code)s#%(counter)s follows #%(head)s"),
    gettext_noop("position %(position)s: %(code)s#%(counter)s is chained to another leaf"),
    gettext_noop("line %(line)s: %(why)s"),
    gettext_noop("the file is too long for a policy"),
    gettext_noop("the file has no quorum line"),
    gettext_noop("a control character that is neither tab nor newline"),
    gettext_noop("“%(word)s” is not a word of a policy"),
    gettext_noop("a policy names at most %(most)s logs, witnesses and groups"),
    gettext_noop("a witness has a name and a key"),
    gettext_noop("a group has a name, how many are needed, and members"),
    gettext_noop("“%(name)s” is not defined above"),
    gettext_noop("“%(name)s” is a member already"),
    gettext_noop("a group of %(many)s needs “all”, “any” or a number from 1 to %(many)s"),
    gettext_noop("a policy has one quorum"),
    gettext_noop("a quorum is a witness or group that stands above it, or “none”"),
    gettext_noop("a key and perhaps an address were expected here"),
    gettext_noop("this log's key stands there already"),
    gettext_noop("this witness's key stands there already"),
    gettext_noop("the name “%(name)s” is taken"),
    gettext_noop("no known key of %(origin)s has signed this checkpoint"),
    gettext_noop("a key's name is not empty and has neither spaces nor plus signs"),
    gettext_noop("a key's name has no control characters and none that cannot be seen"),
    gettext_noop("a key's name has at most %(most)s bytes in UTF-8, and this one has %(size)s"),
    gettext_noop("broken base64"),
    gettext_noop("this is the key of a witness or a mirror, not that of a ledger"),
    gettext_noop("only Ed25519 keys are known here"),
    gettext_noop("a witness has a key for cosignatures, Ed25519 (type 0x04) or ML-DSA-44 (type 0x06)"),
    gettext_noop("the key's id does not fit its name and bytes"),
    gettext_noop("the text of a note ends with a newline"),
    gettext_noop("the note is too long"),
    gettext_noop("a note has no control characters"),
    gettext_noop("a note is a text, an empty line and signatures"),
    gettext_noop("too many signatures"),
    gettext_noop("a signature line begins with a dash, a name and base64"),
    gettext_noop("a signature is too short"),
    gettext_noop("the signature of %(name)s is false"),
    gettext_noop("no known key has signed this note"),
    gettext_noop("a checkpoint ends with a newline"),
    gettext_noop("a checkpoint has origin, size and root"),
    gettext_noop("the size of a checkpoint is a plain number"),
    gettext_noop("the root of a checkpoint has 32 bytes in base64, written in one way only"),
    gettext_noop("a cosignature states a time after 1970"),
    gettext_noop("the cosignature of %(name)s is false"),
    gettext_noop("the name of a log or witness has at most 255 bytes here"),
    gettext_noop("this is no key for SM2 signatures"),
    gettext_noop("the transaction's bytes have another hash"),
    gettext_noop("the transaction was signed by another account, or for another chain"),
    gettext_noop("the transaction is about another text"),
    gettext_noop("the file is too long"),
    gettext_noop("this is no file of the kind %(format)s"),
    gettext_noop("this is no file of the kind %(format)s (%(why)s)"),
    gettext_noop("a number is none"),
    gettext_noop("note or time are none"),
    gettext_noop("a hash, an account or the transaction is written in another way"),
    gettext_noop("it is too long"),
    gettext_noop("its signature is none"),
    gettext_noop("this is no signed transaction (%(why)s)"),
    gettext_noop("this is a transaction of another kind"),
    gettext_noop("it moves money, has no receiver, or is for no particular chain"),
    gettext_noop("its numbers are not written in the one way"),
    gettext_noop("a key has 32 bytes, and not every number is one"),
    gettext_noop("a name of this kind cannot be written on a chain"),
    gettext_noop("it does not begin with %(format)s, or does not end with a digest"),
    gettext_noop("it is no text of a checkpoint (%(why)s)"),
    gettext_noop("it is not written in the one way"),
    gettext_noop("this is no pair of SM2 keys"),
    gettext_noop("a twin's checkpoint names its ledger and that ledger's root"),
    gettext_noop(
        "this machine cannot work with %(kind)s keys: its cryptography package was built with an OpenSSL before 3.5. Use the one "
        "that pianqu installs"
    ),
)
"""Collected here, since kernels know no catalogue; a test holds the two together."""
NO_CHARACTER = gettext_noop("it has a character that no file can hold (number %(number)s)")
LONG_NAME = gettext_noop("“%(name)s…” is too long for a name: it has at most %(most)s bytes in UTF-8")
RETIRED = gettext_noop("signed only by a key that was retired before the tree was so large")
NO_UNICODE = Sentence(gettext_noop("there is half a character in it"))


class Stopped(Unavailable):
    """Something is wrong with the ledger itself: in English for the log, and in the reader's language on a page."""

    def __init__(self, code: str, words: str, **values: str | int | Sentence) -> None:
        self.sentence = Sentence(words, values)
        super().__init__(code, str(self.sentence))

    @property
    def told(self) -> str:
        return told(self.sentence)


def sentence_of(problem: Unavailable) -> Sentence:
    """Why, to be told later; what the key folder's own refusals say is English alone."""
    return problem.sentence if isinstance(problem, Stopped) else Sentence(problem.message)


def told(sentence: Sentence) -> str:
    """In the reader's language, as far as it is known there."""
    values = {name: told(one) if isinstance(one, Sentence) else one for name, one in sentence.values.items()}
    words = gettext(sentence.words)
    return words % values if values else words


def kept(sentence: Sentence) -> dict[str, Any]:
    """For a row: the words and the values."""
    values = {name: kept(one) if isinstance(one, Sentence) else one for name, one in sentence.values.items()}
    return {"words": sentence.words, "values": values}


def read(row: dict[str, Any] | str) -> Sentence:
    """What was kept; rows of an earlier version hold English alone."""
    if isinstance(row, str):
        return Sentence(row)
    values = {name: read(one) if isinstance(one, dict) else one for name, one in row["values"].items()}
    return Sentence(row["words"], values)


# witnesses and mirrors -----------------------------------------------------------------------------------------------

TROUBLES: dict[str, "StrOrPromise"] = {
    "unreachable": pgettext_lazy("witness", "cannot be reached"),
    "silent": pgettext_lazy("witness", "did not answer in time"),
    "stopped": pgettext_lazy("witness", "says that it cannot sign just now"),
    "unclear": pgettext_lazy("witness", "gives no usable answer"),
    "unknown": pgettext_lazy("witness", "does not know this ledger yet"),
    "refused": pgettext_lazy("witness", "refuses: the key it knows is another one"),
    "forked": pgettext_lazy("witness", "has seen another history"),
    "ahead": pgettext_lazy("witness", "says that it signed more than is here"),
    "unsigned": pgettext_lazy("witness", "answered without its signature"),
    "clock": pgettext_lazy("witness", "signs, but its clock is wrong"),
}
"""What keeps a witness, by Witness.TROUBLES."""
_ANSWER = re.compile(r"[1-5][0-9]{2} \S")


def detail_of(trouble: str, detail: str) -> str:
    """What more is known of a trouble, in the reader's language; "" where the other machine's own words are all there is."""
    if trouble == "clock":
        return gettext("it stated %(time)s") % {"time": detail}
    if trouble in {"ahead", "forked"} and detail.isdigit():
        return gettext("%(size)s entries") % {"size": detail}
    return ""


def is_answer(detail: str) -> bool:
    """Whether a detail is what the other machine answered, behind its status, and not what this one saw."""
    return _ANSWER.match(detail) is not None
