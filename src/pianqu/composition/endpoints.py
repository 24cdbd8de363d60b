"""JSON doors that need more than one room: whole grids, reorganisations, accounts, and a resident's own matters."""

import json
import uuid
from datetime import date, datetime
from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import File, Form, Header, Schema
from ninja.files import UploadedFile
from pydantic import AfterValidator, Field

from pianqu.composition import known, reorganising
from pianqu.composition.desk import witnesses
from pianqu.composition.importing import accounts as staff
from pianqu.composition.importing import grid
from pianqu.composition.signing import once
from pianqu.composition.signing.renewing import renew
from pianqu.foundation import onetime, residentpass
from pianqu.foundation.api import (
    LONGEST_PAGE,
    RESIDENT_PASS,
    Body,
    Code,
    Doors,
    Short,
    Unknown,
    actor_of,
    address_of,
    cursor_of,
    day,
    token_in,
)
from pianqu.foundation.errors import Forbidden, Invalid
from pianqu.foundation.reached import reached
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework.queries import OwnCase
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory import services as roll
from pianqu.rooms.directory.queries import AccountCard, ResidentCard
from pianqu.rooms.directory.services import NewOrganisation, Reorganisation, Share

LARGEST_GRID = 20_000_000
GEOJSON = "application/geo+json"
Day = Annotated[date, AfterValidator(day)]
Crs = Literal["WGS84", "CGCS2000", "GCJ-02"]

grids = Doors("territory")
directory_doors = Doors("directory")
own = Doors("resident")
watching = Doors("ledger")
routers = {
    "/grid": grids.router,
    "": directory_doors.router,
    "/resident": own.router,
    "/ledger": watching.router,
}


# whole grids ---------------------------------------------------------------------------------------------------------


@grids.asks(
    "",
    name="exportGrid",
    says=gettext_noop("The grid of a day as GeoJSON, as it can be taken in again"),
    gives={GEOJSON: bytes},
)
def export_grid(request: HttpRequest, on: Day | None = None, crs: Crs = "WGS84") -> HttpResponse:
    found = grid.exported(on=on or timezone.localdate(), crs=crs)
    return HttpResponse(json.dumps(found, ensure_ascii=False, separators=(",", ":")), content_type=GEOJSON)


class GridReport(Schema):
    """What a grid's file holds, and what became of it."""

    version_id: str | None = Field(
        description="The version that holds from its day on; null where nothing was changed."
    )
    cells: int
    clusters: int
    faults: list[str] = Field(description="What stops it.")
    notices: list[str] = Field(description="What was repaired, and what is odd.")


@grids.does(
    "",
    name="adoptGrid",
    says=gettext_noop(
        "Check a grid's GeoJSON, and put it in force from a day on where `adopt` says so and nothing is wrong"
    ),
    right="arrange",
    gives=GridReport,
    keyed=False,
)
def adopt_grid(
    request: HttpRequest,
    file: File[UploadedFile],
    valid_from: Annotated[Day, Form(examples=["2026-12-01"])],
    crs: Annotated[Crs, Form("WGS84")],
    source: Annotated[Short, Field(max_length=80), Form("")],
    adopt: Annotated[bool, Form(False)],
) -> GridReport:
    actor = actor_of(request)
    if not directory.may_change_directory(actor):
        raise Forbidden("grid-forbidden", _("Only the district's administrators take a grid in. Nothing was changed."))
    if (file.size or 0) > LARGEST_GRID:
        raise Invalid(
            "grid-large", _("The file is larger than 20 MB. Larger ones are taken in with “pianqu import grid”.")
        )
    found, version = grid.checked(grid.features_of(file.read()), crs=crs), None
    if adopt and not found.faults:
        version = grid.adopt(found, valid_from=valid_from, source=source or "API", actor=actor)
    return GridReport(
        version_id=version,
        cells=len(found.cells),
        clusters=len(found.clusters),
        faults=found.faults[: grid.SHOWN],
        notices=found.notices[: grid.SHOWN],
    )


# reorganisations -----------------------------------------------------------------------------------------------------


class Begins(Body):
    """An organisation that begins with it."""

    code: Annotated[str, Field(pattern=r"^[0-9a-z][0-9a-z-]{1,31}$")]
    kind: Short
    name: Annotated[Short, Field(min_length=1, max_length=80)]
    short_name: Annotated[Short, Field(min_length=1, max_length=40)]
    name_en: Annotated[Short, Field(max_length=120)] = ""
    parent_code: Code | Literal[""] = ""
    serves_code: Code | Literal[""] = ""


class Takes(Body):
    """What of the old organisations goes to one of the new ones. Areas and categories together mean both."""

    to_code: Code = Field(examples=["330205-market"])
    area_codes: list[Code] = Field(default_factory=list, max_length=400)
    categories: list[Code] = Field(default_factory=list, max_length=100)
    post_ids: list[uuid.UUID] = Field(default_factory=list, max_length=400)
    organisation_codes: list[Code] = Field(default_factory=list, max_length=400)


class ReorganisationPlan(Body):
    """A merger (several `of`, one `rest_to`) or a split (one `of`, `shares`)."""

    of: list[Code] = Field(min_length=1, max_length=20, examples=[["330205-housing", "330205-market"]])
    rest_to: Code = Field(description="Who gets everything that no share names.", examples=["330205-market"])
    on: Day | None = Field(None, description="Today where it is left out.")
    begins: list[Begins] = Field(default_factory=list, max_length=20)
    shares: list[Takes] = Field(default_factory=list, max_length=20)

    def plan(self) -> Reorganisation:
        """As the verb takes it."""
        return Reorganisation(
            of=tuple(self.of),
            rest_to=self.rest_to,
            on=self.on or timezone.localdate(),
            begins=tuple(NewOrganisation(**dict(item)) for item in self.begins),
            shares=tuple(
                Share(
                    to_code=item.to_code,
                    area_codes=tuple(item.area_codes),
                    categories=tuple(item.categories),
                    post_ids=tuple(item.post_ids),
                    organisation_codes=tuple(item.organisation_codes),
                )
                for item in self.shares
            ),
        )


class CarriedOut(ReorganisationPlan):
    seen: Short = Field(
        description="The word of the preview that it carries out: something else by now is refused.",
        examples=["5f0c2d9a7b31e846"],
    )


class Passed(Schema):
    """What goes from one organisation to another."""

    old_code: str
    new_code: str
    powers: int
    posts: int
    send_downs: int
    duties: int
    areas: int
    lines: int


class Preview(Schema):
    """What a reorganisation would do now."""

    seen: str = Field(description="Carry it out with this word.")
    on: date
    ended: list[str]
    begun: list[str]
    cases: int = Field(description="Open matters that change hands.")
    passed: list[Passed]
    to_check: list[str] = Field(description="What a person has to look at afterwards: rules and templates.")


@directory_doors.does(
    "/reorganisations/preview",
    name="previewReorganisation",
    says=gettext_noop("What merging or splitting organisations would do; nothing is changed"),
    right="arrange",
    gives=Preview,
)
def preview_reorganisation(request: HttpRequest, typed: ReorganisationPlan) -> Preview:
    found = reorganising.preview(actor=actor_of(request), plan=typed.plan(), now=timezone.now())
    bodies = found.bodies
    return Preview(
        seen=reorganising.word_of(found),
        on=bodies.on,
        ended=list(bodies.ended),
        begun=list(bodies.begun),
        cases=found.matters.cases,
        passed=[Passed.model_validate(one, from_attributes=True) for one in bodies.passed],
        to_check=list(found.matters.to_check),
    )


@directory_doors.does(
    "/reorganisations",
    name="reorganise",
    says=gettext_noop("Merge or split organisations as the preview showed; open matters pass over with them"),
    right="arrange",
)
def reorganise(request: HttpRequest, typed: CarriedOut) -> None:
    reorganising.carry_out(
        actor=actor_of(request), plan=typed.plan(), seen=typed.seen, key=uuid.uuid4().hex, now=timezone.now()
    )


# accounts ------------------------------------------------------------------------------------------------------------


Asked = Annotated[Short, Field(max_length=40, description="A part of a name, a sign-in name or an organisation.")]
Size = Annotated[int, Field(ge=1, le=LONGEST_PAGE)]


class AccountList(Schema):
    """One page of the accounts."""

    rows: list[AccountCard]
    total: int
    next_cursor: str = ""


class Colleague(Body):
    login: Annotated[str, Field(pattern=r"^[\w.@+-]{2,64}$", examples=["li.si"])]
    name: Annotated[Short, Field(min_length=1, max_length=64, examples=["李四"])]
    organisation_code: Code = Field(examples=["330205-enforcement"])
    kind: Short = Field(examples=["handler"])
    title: Annotated[Short, Field(min_length=1, max_length=40, examples=["经办人"])]


class WayIn(Schema):
    """A one-time password, told this once: good for one sign-in, which asks for another one."""

    login: str
    password: str
    until: datetime


@directory_doors.asks(
    "/accounts",
    name="listAccounts",
    says=gettext_noop("Who may sign in, with their posts, one page"),
    gives=AccountList,
    right="arrange",
)
def accounts(request: HttpRequest, q: Asked = "", cursor: Short = "", size: Size = 50) -> AccountList:
    actor = actor_of(request)
    if not directory.may_change_directory(actor):
        raise Forbidden("directory-forbidden", _("Only the district's administrators see who may sign in."))
    question = {"accounts": q, "post": actor.post_id}
    token = token_in(cursor, question)
    first = int(token) if token.isascii() and token.isdigit() else 0
    found = directory.accounts(q, first=first, most=size)
    after = first + len(found.cards)
    return AccountList(
        rows=list(found.cards),
        total=found.total,
        next_cursor=cursor_of(str(after) if found.cards and after < found.total else "", question),
    )


@directory_doors.does(
    "/accounts",
    name="takeOn",
    says=gettext_noop("Make an account with its first post; the one-time password is told this once"),
    right="arrange",
    gives=WayIn,
    status=201,
)
def take_on(request: HttpRequest, typed: Colleague) -> WayIn:
    now = timezone.now()
    person = staff.Colleague(**dict(typed), valid_from=None)
    slip = staff.take(staff.Staff(people=(person,), faults=()), actor=actor_of(request), now=now)[0]
    return WayIn(login=slip.login, password=slip.password, until=once.until(now))


@directory_doors.does(
    "/accounts/{uuid:account_id}/renewal",
    name="renewAccess",
    says=gettext_noop("A one-time password for who lost theirs; sessions, passkeys and second step are void"),
    right="arrange",
    gives=WayIn,
)
def renew_access(request: HttpRequest, account_id: uuid.UUID) -> WayIn:
    now = timezone.now()
    card, password = renew(actor=actor_of(request), account_id=account_id, now=now)
    return WayIn(login=card.login, password=password, until=once.until(now))


# a resident's own ----------------------------------------------------------------------------------------------------

Pass = Annotated[
    Short,
    Header(alias=RESIDENT_PASS, description="What `confirmContact` gave: it says who the resident is, for 30 days."),
]


class Reach(Body):
    contact: Short = Field(examples=["13800138000"])


class Confirming(Reach):
    code: Annotated[Short, Field(max_length=16, examples=["402913"])]


class CodeSent(Schema):
    """A code for ten minutes is on its way."""

    to: Literal["phone", "mail"]
    outbox: bool = Field(description="No way to send is connected: the operator finds it in the outbox folder.")
    code: str = Field(description="The code itself, in the demonstration alone; else empty.")


class PassGiven(Schema):
    """The pass of a resident: keep it as a password. It stands for the person until the day, or until passes are ended."""

    resident_pass: str
    until: datetime


class KeptFact(Schema):
    """Something that the ledger keeps about the person."""

    what: str
    at: datetime
    purpose: str


class Mine(Schema):
    """Who one is here, what one reported, and what is kept about one."""

    level: str = Field(description="How sure the house is: confirmed or proven.")
    name: str
    area_code: str
    doubted: bool = Field(description="The contact may be another person's by now: say the identity number first.")
    matters: list[OwnCase]
    kept: list[KeptFact]


class OwnCode(Body):
    code: Annotated[Short, Field(max_length=16, examples=["8K3F-27QH"])]


class Number(Body):
    number: Annotated[Short, Field(max_length=24, examples=["11010519491231002X"])]


class Sure(Body):
    sure: Literal[True] = Field(description="It cannot be undone.", examples=[True])


def _card(text: str) -> ResidentCard:
    named = residentpass.named(text)
    card = directory.resident(named[0], since=named[1]) if named else None
    if card is None:
        raise Unknown("pass-unknown", _("This pass is over, or none of ours. Please confirm your contact again."))
    return card


def _mine(card: ResidentCard) -> Mine:
    return Mine(
        level=card.level,
        name=card.name,
        area_code=card.area_code,
        doubted=card.doubted,
        matters=[] if card.doubted else list(casework.own_cases(card.ids)),
        kept=[]
        if card.doubted
        else [KeptFact(what=one.what, at=one.at, purpose=one.purpose) for one in known.told_of(card)],
    )


@own.does("/codes", name="askForCode", says=gettext_noop("Send a code to a contact"), right="", gives=CodeSent)
def ask_for_code(request: HttpRequest, typed: Reach) -> CodeSent:
    sent = known.send_code(typed.contact, address=address_of(request), now=timezone.now())
    return CodeSent(to="phone" if sent.to.kind == "phone" else "mail", outbox=sent.to_outbox, code=sent.shown)


@own.does(
    "/passes",
    name="confirmContact",
    says=gettext_noop("Confirm a contact by its code; the pass that comes back stands for the resident"),
    right="",
    gives=PassGiven,
    status=201,
)
def confirm_contact(request: HttpRequest, typed: Confirming) -> PassGiven:
    now, to = timezone.now(), reached(typed.contact)
    onetime.check(to=to.value, code=typed.code, now=now)
    resident_id = roll.confirm_contact(actor=known.resident(), to=to, code=typed.code, now=now)
    return PassGiven(resident_pass=residentpass.made(resident_id, now), until=now + residentpass.LIFE)


@own.asks(
    "",
    name="getOwnMatters",
    says=gettext_noop("Who one is here, one's own matters, and what is kept about one"),
    gives=Mine,
    right="",
)
def own_matters(request: HttpRequest, held: Pass) -> Mine:
    return _mine(_card(held))


@own.does(
    "/matters",
    name="addOwnMatter",
    says=gettext_noop("Take a matter that was reported with this contact among one's own"),
    right="",
    gives=Mine,
)
def add_own_matter(request: HttpRequest, typed: OwnCode, held: Pass) -> Mine:
    card = _card(held)
    known.add_matter(card, typed.code, address=address_of(request), now=timezone.now())
    return _mine(card)


@own.does(
    "/number",
    name="restoreProof",
    says=gettext_noop("Say by the identity number that a contact is still one's own"),
    right="",
    gives=Mine,
)
def restore_proof(request: HttpRequest, typed: Number, held: Pass) -> Mine:
    card, now = _card(held), timezone.now()
    directory.check_number(card.resident_id, typed.number, now=now)
    roll.restore_proof(actor=known.resident(), resident_id=card.resident_id, number=typed.number, now=now)
    return _mine(_card(held))


@own.does("/not-me", name="notMe", says=gettext_noop("The contact came to somebody else"), right="", keyed=False)
def not_me(request: HttpRequest, held: Pass) -> None:
    roll.not_me(actor=known.resident(), resident_id=_card(held).resident_id, now=timezone.now())


@own.does(
    "/passes",
    name="endPasses",
    says=gettext_noop("End every pass of one's own"),
    right="",
    method="DELETE",
    keyed=False,
)
def end_passes(request: HttpRequest, held: Pass) -> None:
    roll.end_passes(actor=known.resident(), resident_id=_card(held).resident_id, now=timezone.now())


@own.does("/leave", name="leaveRoll", says=gettext_noop("Leave the roll for good"), right="", keyed=False)
def leave_roll(request: HttpRequest, typed: Sure, held: Pass) -> None:
    card = _card(held)
    known.check_not_doubted(card)
    known.leave(actor=known.resident(), card=card, now=timezone.now())


# the ledger's witnesses ----------------------------------------------------------------------------------------------


class PolicyText(Body):
    """A policy (C2SP tlog-policy). The log lines may be left out."""

    policy: str = Field(
        max_length=100_000,
        examples=["witness justice w1.example.org+1a2b3c4d+B… https://w1.example.org\nquorum justice\n"],
    )


class Appointed(Schema):
    """The number of what was made."""

    number: int


class NewMirror(Body):
    """Somebody who keeps a full copy."""

    name: Annotated[Short, Field(min_length=1, max_length=80, examples=["高校镜像"])]
    vkey: Annotated[Short, Field(max_length=300, examples=["mirror.example.org+1a2b3c4d+B…"])]
    url: Annotated[Short, Field(max_length=300, examples=["https://mirror.example.org"])]


@watching.does(
    "/policy",
    name="adoptPolicy",
    says=gettext_noop("Put a policy in force: which witnesses are asked, and how many of them count"),
    right="arrange",
    gives=Appointed,
    keyed=False,
)
def adopt_policy(request: HttpRequest, typed: PolicyText) -> Appointed:
    return Appointed(number=witnesses.adopt(actor=actor_of(request), text=typed.policy, now=timezone.now()))


@watching.does(
    "/mirrors",
    name="nameMirror",
    says=gettext_noop("Compare with this mirror from now on"),
    right="arrange",
    gives=Appointed,
    keyed=False,
    status=201,
)
def name_mirror(request: HttpRequest, typed: NewMirror) -> Appointed:
    made = witnesses.name_mirror(
        actor=actor_of(request), name=typed.name, vkey=typed.vkey, url=typed.url, now=timezone.now()
    )
    return Appointed(number=made)


@watching.does(
    "/mirrors/{int:mirror}",
    name="dropMirror",
    says=gettext_noop("Compare with this mirror no longer"),
    right="arrange",
    method="DELETE",
)
def drop_mirror(request: HttpRequest, mirror: int) -> str:
    witnesses.drop_mirror(actor=actor_of(request), mirror=mirror, now=timezone.now())
    return ""
