"""Trust policies: which logs are meant, which witnesses are known, and how many of whom have to have cosigned.

Problem: whether enough independent parties saw a checkpoint has one answer, and everybody who checks a receipt finds the same.
Method: C2SP tlog-policy: a file of lines `log`, `witness`, `group` (all, any or k of its members, which are witnesses or groups
that stand above it) and one `quorum`; a name is member of one group at most, so nobody counts twice. A witness that signs with
two keys, Ed25519 and ML-DSA-44, has a line for each, and belongs in a group of its own.
Source: https://c2sp.org/tlog-policy. Cost: O(lines) to read, O(witnesses + groups) to judge.
Guarantee: `holds` is monotone (one cosignature more never breaks a quorum); what the text forbids is refused with its line; names
are compared byte by byte.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil

from pianqu.kernels.cosignature import Witness, cosigned
from pianqu.kernels.note import CheckpointBody, NoteError, Verifier, open_note
from pianqu.kernels.saying import Said, say

NONE = "none"
MOST = 256
"""Logs, witnesses and groups that one file may name."""
LONGEST_ENGLISH = 80
"""Signs of an English name."""
MAX_BYTES = 524_288
"""All of them with the longest keys, and addresses."""
_TWICE = {"log": "this log's key stands there already", "witness": "this witness's key stands there already"}


class PolicyError(Said):
    """The file is no policy; the sentence names the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A log or a witness with its key, and the address at which it is spoken to, if any."""

    name: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLog(Party):
    verifier: Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownWitness(Party):
    witness: Witness


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """So many of these members have to have witnessed."""

    name: str
    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a checkpoint is worth under a policy."""

    body: CheckpointBody
    log: str
    """The name of the log whose signature stands under it."""
    times: Mapping[str, int]
    """Witness by its name in the policy → the latest time it stated, in seconds since 1970."""
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A file that was read; everything in the order of its lines."""

    logs: tuple[KnownLog, ...] = ()
    witnesses: tuple[KnownWitness, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str = NONE
    names: frozenset[str] = field(default=frozenset())
    english: tuple[tuple[str, str], ...] = ()
    """What names are called in English, from the remarks `# en NAME WORDS`. It is for readers alone and decides nothing."""

    def called(self, name: str) -> str:
        """The English name; "" where none is known."""
        return dict(self.english).get(name, "")

    def holds(self, witnessed: Collection[str]) -> bool:
        """Whether these witnesses, by their names here, are enough."""
        return self.quorum == NONE or self.quorum in self.reached(witnessed)

    def reached(self, witnessed: Collection[str]) -> frozenset[str]:
        """Every witness and group that has witnessed where these witnesses have."""
        found = {one.name for one in self.witnesses} & set(witnessed)
        for group in self.groups:
            if sum(member in found for member in group.members) >= group.needed:
                found.add(group.name)
        return frozenset(found)

    def fewest(self, witnessed: Collection[str]) -> tuple[str, ...] | None:
        """As few of these witnesses as are enough, in the policy's order; None where all of them are not.

        Exact, since a name is a member of one group at most: the cheapest `needed` members of a group do not share anybody.
        """
        if self.quorum == NONE:
            return ()
        sets: dict[str, tuple[str, ...]] = {one.name: (one.name,) for one in self.witnesses if one.name in witnessed}
        for group in self.groups:
            reached = sorted((sets[member] for member in group.members if member in sets), key=len)
            if len(reached) >= group.needed:
                sets[group.name] = tuple(name for some in reached[: group.needed] for name in some)
        chosen = sets.get(self.quorum)
        return None if chosen is None else tuple(one.name for one in self.witnesses if one.name in chosen)

    def overlap(self) -> int:
        """How many witnesses at least have signed twice where two checkpoints that contradict each other both hold.

        0 means that two histories can be shown to two sets of honest witnesses. Never too many, and exact where nobody has two
        keys: two choices of `needed` members out of n share at least 2 · needed - n of them, and what is shared below one member
        does not depend on the others. Keys of one name are one witness: each counts for its part of it, and a group of nobody
        else's keys shares that witness however many of them it needs.
        """
        if self.quorum == NONE:
            return 0
        whose = {one.name: frozenset({one.witness.name}) for one in self.witnesses}
        keys = Counter(one.witness.name for one in self.witnesses)
        shared = {one.name: Fraction(1, keys[one.witness.name]) for one in self.witnesses}
        for group in self.groups:
            whose[group.name] = frozenset().union(*(whose[member] for member in group.members))
            alone = len(whose[group.name]) == 1
            common = len(group.members) if alone else max(0, 2 * group.needed - len(group.members))
            shared[group.name] = sum(sorted(shared[member] for member in group.members)[:common], Fraction(0))
        return ceil(shared[self.quorum])

    def is_one_party(self, group: Group) -> bool:
        """Whether a group is the several keys of one witness."""
        names = {one.name: one.witness.name for one in self.witnesses}
        return len(group.members) > 1 and len({names.get(member, member) for member in group.members}) == 1

    def party_names(self) -> dict[str, str]:
        """What the witness behind each witness line is called: by its group where that holds all of its several keys."""
        alone = {member: group.name for group in self.groups if self.is_one_party(group) for member in group.members}
        return {one.name: alone.get(one.name, one.name) for one in self.witnesses}

    def parties_named(self, names: Collection[str]) -> tuple[str, ...]:
        """Who stands behind these witness lines, each once, in the policy's order."""
        return tuple(dict.fromkeys(told for name, told in self.party_names().items() if name in names))

    def left_out_of_code(self) -> tuple[str, ...]:
        """Whose signatures are too long for a QR code."""
        return tuple(one.name for one in self.witnesses if not one.witness.kind.fits_code)

    def holds_in_code(self) -> bool:
        """Whether a receipt's QR code can ever hold enough signatures."""
        return self.holds([one.name for one in self.witnesses if one.witness.kind.fits_code])

    def parties(self, names: Collection[str] | None = None) -> int:
        """How many witnesses stand behind these of its witness lines, or behind all: keys of one name are one witness."""
        return len({one.witness.name for one in self.witnesses if names is None or one.name in names})

    def judge(self, note: str) -> Judgement:
        """What a signed checkpoint is worth. Raises NoteError where no known log signed it, or a known key's line is false."""
        text, signed = open_note(note, [log.verifier for log in self.logs])
        body = CheckpointBody.decode(text)
        logs = [log.name for log in self.logs if log.verifier in signed and log.name == body.origin]
        if not logs:
            raise NoteError("no known key of %(origin)s has signed this checkpoint", origin=body.origin)
        times = cosigned(note, [one.witness for one in self.witnesses])
        named = {one.name: times[one.witness] for one in self.witnesses if one.witness in times}
        return Judgement(body=body, log=logs[0], times=named, holds=self.holds(named))


def parse(content: bytes) -> Policy:
    """Read a policy file. Raises PolicyError."""
    if len(content) > MAX_BYTES:
        raise PolicyError("the file is too long for a policy")
    reading = _Reading()
    for number, words in _lines(content):
        try:
            reading.take(words)
        except (PolicyError, NoteError) as error:
            raise PolicyError("line %(line)s: %(why)s", line=number, why=error.sentence) from error
    if reading.quorum is None:
        raise PolicyError("the file has no quorum line")
    return Policy(
        logs=tuple(reading.logs),
        witnesses=tuple(reading.witnesses),
        groups=tuple(reading.groups),
        quorum=reading.quorum,
        names=frozenset(reading.defined),
        english=tuple(_english(content).items()),
    )


def _english(content: bytes) -> dict[str, str]:
    """English names by name, the last that is given. A remark is never a fault: what is no such name is passed over."""
    found: dict[str, str] = {}
    for line in content.split(b"\n"):
        words = line.decode("utf-8", "replace").split()
        told = " ".join(words[3:])
        if words[:2] == ["#", "en"] and told.isprintable() and 0 < len(told) <= LONGEST_ENGLISH and len(found) < MOST:
            found[words[2]] = told
    return found


def write(policy: Policy) -> str:
    """The policy as a file."""
    lines = [f"log {one.verifier.vkey}{_after(one.url)}" for one in policy.logs]
    lines += [f"witness {one.name} {one.witness.vkey}{_after(one.url)}" for one in policy.witnesses]
    lines += [f"group {one.name} {one.needed} {' '.join(one.members)}" for one in policy.groups]
    lines += [f"# en {name} {told}" for name, told in policy.english]
    return "".join(f"{line}\n" for line in (*lines, f"quorum {policy.quorum}"))


def _after(url: str) -> str:
    return f" {url}" if url else ""


def _lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Each line that says something, in words. A last line without its end is read all the same."""
    for number, line in enumerate(content.split(b"\n"), 1):
        if any((octet < 0x20 and octet != 0x09) or octet == 0x7F for octet in line):
            why = say("a control character that is neither tab nor newline")
            raise PolicyError("line %(line)s: %(why)s", line=number, why=why)
        words = line.decode("utf-8", "surrogateescape").replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if words and not words[0].startswith("#"):
            yield number, words


class _Reading:
    """What the lines so far have defined."""

    def __init__(self) -> None:
        self.logs: list[KnownLog] = []
        self.witnesses: list[KnownWitness] = []
        self.groups: list[Group] = []
        self.quorum: str | None = None
        self.defined: set[str] = set()
        self._members: set[str] = set()
        self._keys: dict[str, set[bytes]] = {"log": set(), "witness": set()}

    def take(self, words: list[str]) -> None:
        kind, *rest = words
        reader = {"log": self._log, "witness": self._witness, "group": self._group, "quorum": self._quorum}.get(kind)
        if reader is None:
            raise PolicyError("“%(word)s” is not a word of a policy", word=kind[:20])
        if len(self.logs) + len(self.witnesses) + len(self.groups) >= MOST:
            raise PolicyError("a policy names at most %(most)s logs, witnesses and groups", most=MOST)
        reader(rest)

    def _log(self, words: list[str]) -> None:
        vkey, url = self._key_and_url(words)
        verifier = Verifier.from_vkey(vkey)
        self._once("log", verifier.public)
        self.logs.append(KnownLog(name=verifier.name, verifier=verifier, url=url))

    def _witness(self, words: list[str]) -> None:
        if not words:
            raise PolicyError("a witness has a name and a key")
        vkey, url = self._key_and_url(words[1:])
        witness = Witness.from_vkey(vkey)
        self._once("witness", witness.public)
        self._define(words[0])
        self.witnesses.append(KnownWitness(name=words[0], witness=witness, url=url))

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:
            raise PolicyError("a group has a name, how many are needed, and members")
        name, needed, *members = words
        for member in members:
            if member not in self.defined:
                raise PolicyError("“%(name)s” is not defined above", name=member[:40])
            if member in self._members:
                raise PolicyError("“%(name)s” is a member already", name=member[:40])
            self._members.add(member)
        count = {"all": len(members), "any": 1}.get(needed)
        if count is None:
            if not (needed.isascii() and needed.isdigit() and 1 <= int(needed[:9]) <= len(members)):
                raise PolicyError(
                    "a group of %(many)s needs “all”, “any” or a number from 1 to %(many)s", many=len(members)
                )
            count = int(needed)
        self._define(name)
        self.groups.append(Group(name=name, needed=count, members=tuple(members)))

    def _quorum(self, words: list[str]) -> None:
        if self.quorum is not None:
            raise PolicyError("a policy has one quorum")
        if len(words) != 1 or (words[0] != NONE and words[0] not in self.defined):
            raise PolicyError("a quorum is a witness or group that stands above it, or “none”")
        self.quorum = words[0]

    def _key_and_url(self, words: list[str]) -> tuple[str, str]:
        if not 1 <= len(words) <= 2:
            raise PolicyError("a key and perhaps an address were expected here")
        return words[0], words[1] if len(words) == 2 else ""

    def _once(self, kind: str, public: bytes) -> None:
        if public in self._keys[kind]:
            raise PolicyError(_TWICE[kind])
        self._keys[kind].add(public)

    def _define(self, name: str) -> None:
        if name == NONE or name in self.defined:
            raise PolicyError("the name “%(name)s” is taken", name=name[:40])
        self.defined.add(name)
