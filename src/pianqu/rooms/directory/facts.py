"""Facts of the directory: codes and ids, no names of persons."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class OrganisationAdded(Fact):
    """An organisation exists from a day on."""

    kind: ClassVar[str] = "directory.organisation-added"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Organisation entered")

    code: str
    organisation_kind: str
    parent_code: str = ""
    valid_from: str = ""
    serves_code: str = ""


@dataclass(frozen=True, kw_only=True)
class SuperiorChanged(Fact):
    """The organisation reports to another one from now on."""

    kind: ClassVar[str] = "directory.superior-changed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Reporting line changed")

    code: str
    old_parent_code: str
    new_parent_code: str


@dataclass(frozen=True, kw_only=True)
class AreasServed(Fact):
    """The organisation works on this ground from a day on, and on no other."""

    kind: ClassVar[str] = "directory.areas-served"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Ground of an organisation changed")

    code: str
    begun: tuple[str, ...]
    ended: tuple[str, ...]
    valid_from: str


@dataclass(frozen=True, kw_only=True)
class OrganisationReorganised(Fact):
    """What an organisation had passed to another one. A body that continues stands as its own successor nowhere."""

    kind: ClassVar[str] = "directory.organisation-reorganised"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Organisation reorganised")

    old_code: str
    new_code: str
    on: str
    old_ends: bool
    power_ids: tuple[str, ...] = ()
    """The powers as the new organisation holds them."""
    post_ids: tuple[str, ...] = ()
    send_down_ids: tuple[str, ...] = ()
    duty_ids: tuple[str, ...] = ()
    area_codes: tuple[str, ...] = ()
    line_codes: tuple[str, ...] = ()
    """Organisations that reported to the old one or served it, and now the new one."""


@dataclass(frozen=True, kw_only=True)
class PostAppointed(Fact):
    """Somebody holds a post in the organisation that the fact belongs to."""

    kind: ClassVar[str] = "directory.post-appointed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Post filled")

    post_id: str
    post_kind: str
    valid_from: str = ""
    """The day since when it is held, where that is earlier."""


@dataclass(frozen=True, kw_only=True)
class PostEnded(Fact):
    """The post gives no more power."""

    kind: ClassVar[str] = "directory.post-ended"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Post ended")

    post_id: str


@dataclass(frozen=True, kw_only=True)
class TokenIssued(Fact):
    """A program may act in a post from now on, with these rights, until then."""

    kind: ClassVar[str] = "directory.token-issued"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Access token issued")

    token_id: str
    post_id: str
    rights: tuple[str, ...]
    expires: str


@dataclass(frozen=True, kw_only=True)
class TokenEnded(Fact):
    """The program may act no more."""

    kind: ClassVar[str] = "directory.token-ended"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Access token ended")

    token_id: str
    post_id: str


@dataclass(frozen=True, kw_only=True)
class AccessRenewed(Fact):
    """Somebody got a one-time password from an administrator: the old one and the second step are void."""

    kind: ClassVar[str] = "directory.access-renewed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Sign-in renewed by an administrator")

    account_id: str


@dataclass(frozen=True, kw_only=True)
class SubstituteNamed(Fact):
    """One post acts in another one's place for a time."""

    kind: ClassVar[str] = "directory.substitute-named"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Substitute named")

    substitution_id: str
    post_id: str
    by_post_id: str
    starts: str
    ends: str


@dataclass(frozen=True, kw_only=True)
class SubstituteEnded(Fact):
    """The substitute acts no more."""

    kind: ClassVar[str] = "directory.substitute-ended"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Substitute ended")

    substitution_id: str
    ends: str


@dataclass(frozen=True, kw_only=True)
class PowerGranted(Fact):
    """A duty list gives this organisation a power."""

    kind: ClassVar[str] = "directory.power-granted"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Power granted")

    power_id: str
    verb: str
    category: str
    area_code: str
    level: str
    list_kind: str
    article: str
    valid_from: str
    valid_to: str = ""


@dataclass(frozen=True, kw_only=True)
class PowerEnded(Fact):
    """The power ends on this day: the list no longer holds it, or says so."""

    kind: ClassVar[str] = "directory.power-ended"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Power ended")

    power_id: str
    valid_to: str
    """Empty where a list lets it run on without an end."""


@dataclass(frozen=True, kw_only=True)
class PowersListed(Fact):
    """A duty list was read as a whole."""

    kind: ClassVar[str] = "directory.powers-listed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Duty list taken in")

    source: str
    added: int
    kept: int
    ended: int


@dataclass(frozen=True, kw_only=True)
class SentDown(Fact):
    """An organisation lends something to the ground."""

    kind: ClassVar[str] = "directory.sent-down"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Sent down to a cluster")

    send_down_id: str
    what: str
    to_code: str
    presence: str
    may_decide: tuple[str, ...]
    starts: str
    ends: str


@dataclass(frozen=True, kw_only=True)
class Recalled(Fact):
    """What was sent down is there until this day."""

    kind: ClassVar[str] = "directory.recalled"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Recalled from a cluster")

    send_down_id: str
    to_code: str
    ends: str


@dataclass(frozen=True, kw_only=True)
class PutOnDuty(Fact):
    """A post has duty for these hours."""

    kind: ClassVar[str] = "directory.put-on-duty"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Put on duty")

    duty_id: str
    post_id: str
    starts: str
    ends: str


@dataclass(frozen=True, kw_only=True)
class TakenOffDuty(Fact):
    """The hours of duty end here; equal to their start if they never began."""

    kind: ClassVar[str] = "directory.taken-off-duty"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Taken off duty")

    duty_id: str
    post_id: str
    ends: str


@dataclass(frozen=True, kw_only=True)
class ContactConfirmed(Fact):
    """Somebody showed by a code that a contact is theirs, and stands on the resident roll since."""

    kind: ClassVar[str] = "directory.contact-confirmed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "A resident's contact confirmed")
    about_person: ClassVar[bool] = True

    resident_id: str
    contact_kind: str
    """`phone` or `mail`."""


@dataclass(frozen=True, kw_only=True)
class ContactUsed(Fact):
    """Somebody on the roll gave a code once more: a device knows them since."""

    kind: ClassVar[str] = "directory.contact-used"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "A resident signed in by a code")
    about_person: ClassVar[bool] = True

    resident_id: str


@dataclass(frozen=True, kw_only=True)
class ContactFreed(Fact):
    """A contact was not used for long and belongs to somebody else now: the roll no longer names it for this person."""

    kind: ClassVar[str] = "directory.contact-freed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "A resident's contact given up")
    about_person: ClassVar[bool] = True

    resident_id: str


@dataclass(frozen=True, kw_only=True)
class EnrolmentBegun(Fact):
    """A first officer at a window read somebody's identity card."""

    kind: ClassVar[str] = "directory.enrolment-begun"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Enrolment of a resident begun")
    about_person: ClassVar[bool] = True

    enrolment_id: str
    area_code: str


@dataclass(frozen=True, kw_only=True)
class EnrolmentDropped(Fact):
    """An enrolment came to nothing: an officer gave it up, or nobody read the card a second time within a day."""

    kind: ClassVar[str] = "directory.enrolment-dropped"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Enrolment of a resident given up")
    about_person: ClassVar[bool] = True

    enrolment_id: str
    why: str
    """`given-up` or `too-late`."""


@dataclass(frozen=True, kw_only=True)
class IdentityProven(Fact):
    """Somebody was proven to be who they say: by two officers who each read the card, or by the identity service."""

    kind: ClassVar[str] = "directory.identity-proven"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "A resident's identity proven")
    about_person: ClassVar[bool] = True

    resident_id: str
    how: str
    """`window` or `service`."""
    area_code: str = ""
    enrolment_id: str = ""
    first_post_id: str = ""
    second_post_id: str = ""


@dataclass(frozen=True, kw_only=True)
class ProofRestored(Fact):
    """After a long time the person gave the identity number again, and counts as proven as before."""

    kind: ClassVar[str] = "directory.proof-restored"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "A resident's proof taken up again")
    about_person: ClassVar[bool] = True

    resident_id: str


@dataclass(frozen=True, kw_only=True)
class PassesEnded(Fact):
    """Every device on which the person was known forgot them."""

    kind: ClassVar[str] = "directory.passes-ended"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "A resident signed out everywhere")
    about_person: ClassVar[bool] = True

    resident_id: str


@dataclass(frozen=True, kw_only=True)
class ResidentLeft(Fact):
    """A person left the resident roll; what it held of them was destroyed (个人信息保护法 第四十七条)."""

    kind: ClassVar[str] = "directory.resident-left"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "A resident left the roll")
