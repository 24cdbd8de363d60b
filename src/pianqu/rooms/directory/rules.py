"""Who may change the directory, and what its words may be."""

import uuid

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden, Invalid
from pianqu.kernels.identity_number import IdentityNumber, NoIdentityNumber, read
from pianqu.rooms.directory.models import Organisation, Post

STREETS = frozenset({"street", "town"})
COMMUNITIES = frozenset({"community", "village"})
SOCIETY = frozenset({"party", "social", "property", "owners_committee"})
ORGANISATION_KINDS = frozenset({"district", "centre", "department", "station"}) | STREETS | COMMUNITIES | SOCIETY
POST_KINDS = frozenset(
    {"window", "handler", "checker", "approver", "leader", "administrator", "grid_worker", "auditor"}
)
APPROVING = frozenset({"approver", "leader"})
READING = frozenset({"auditor"})
"""Posts that look at everything in their scope and change nothing."""
MANAGING = frozenset({"leader", "administrator"})

ENROLLING = frozenset({"window", "checker", "approver", "leader", "grid_worker"})
"""Posts whose holders read a resident's card, at a centre, a street or a community."""
CHILD = 14
"""Below this age personal data are sensitive and a guardian consents (个人信息保护法 第二十八条, 第三十一条)."""
NUMBER = "resident-number"
"""The scope of the fingerprints of identity numbers."""

HANDLE, ASSIST, APPROVE, DECIDE = "handle", "assist", "approve", "decide"
POWER_VERBS = (HANDLE, ASSIST, APPROVE, DECIDE)
LEVELS = ("district", "street", "cluster", "community")
BASIC, ASSISTING, TAKEN_BACK, SENT_DOWN = "basic", "assisting", "taken_back", "sent_down"
LIST_KINDS = (BASIC, ASSISTING, TAKEN_BACK)
SENDABLE = ("resource", "service", "person", "responsibility")
RESIDENT, ROTATING, ON_CALL = "resident", "rotating", "on_call"
PRESENCES = (RESIDENT, ROTATING, ON_CALL)


def post_uuid(text: str | None) -> uuid.UUID | None:
    """The id of a post; None for a text that is none."""
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


def post_kind(actor: Actor) -> str:
    """The kind of the current post whose powers the actor uses; empty where there is none. One statement."""
    post_id = post_uuid(actor.acting_post_id)
    if actor.kind != "post" or post_id is None:
        return ""
    held = Post.objects.filter(id=post_id, valid_to=None, organisation__code=actor.organisation_code)
    return held.values_list("kind", flat=True).first() or ""


def is_whole_district(kind: str, parent_kind: str) -> bool:
    """The district itself, and the centre that stands directly beneath it."""
    return kind == "district" or (kind == "centre" and parent_kind == "district")


def is_of_whole_district(organisation_code: str) -> bool:
    """Whether an organisation in force is one of these. Two statements."""
    row = Organisation.objects.filter(code=organisation_code, valid_to=None).values_list("kind", "parent_code").first()
    if row is None:
        return False
    above = Organisation.objects.filter(code=row[1]).values_list("kind", flat=True).first()
    return is_whole_district(row[0], above or "")


def may_change_directory(actor: Actor) -> bool:
    """Set-up and imports, and administrators of the district or its centre."""
    if actor.kind == "system":
        return True
    return post_kind(actor) == "administrator" and is_of_whole_district(actor.organisation_code)


def may_manage(actor: Actor, organisation_code: str) -> bool:
    """Leaders and administrators arrange their own organisation's duty, substitutes and what it lends."""
    own = actor.organisation_code == organisation_code and post_kind(actor) in MANAGING
    return own or may_change_directory(actor)


def check_may_change_directory(actor: Actor) -> None:
    """Raise Forbidden where `may_change_directory` answers no."""
    if not may_change_directory(actor):
        sentence = _("Only the district's administrators and its own set-up may change the directory.")
        raise Forbidden("directory-forbidden", sentence)


def check_may_manage(actor: Actor, organisation_code: str) -> None:
    """Raise Forbidden where `may_manage` answers no."""
    if not may_manage(actor, organisation_code):
        sentence = _("Only a leader or administrator of this organisation may do this. Nothing was changed.")
        raise Forbidden("directory-forbidden", sentence)


def check_may_issue_token(actor: Actor) -> None:
    """Raise Forbidden for whoever is not in a post of their own: a substitute or a program lends no post to a program."""
    if actor.kind != "post" or actor.for_post_id or not post_kind(actor):
        sentence = _("A token is issued by who holds the post, not by somebody in their place. Nothing was changed.")
        raise Forbidden("token-forbidden", sentence)


def may_end_token(actor: Actor, post: Post) -> bool:
    """Who holds the post, and the district's administrators."""
    return actor.post_id == str(post.id) or may_change_directory(actor)


def check_is_resident(actor: Actor) -> None:
    """Raise Forbidden for whoever is not the person: nobody confirms, proves or leaves in another one's place."""
    if actor.kind != "resident":
        raise Forbidden("resident-only", _("Only the person does this, for themselves. Nothing was changed."))


def may_enrol(actor: Actor) -> bool:
    """Window staff and their like, in organisations where residents come to. At most two statements."""
    if not actor.acts or post_kind(actor) not in ENROLLING:
        return False
    kind = (
        Organisation.objects.filter(code=actor.organisation_code, valid_to=None).values_list("kind", flat=True).first()
    )
    return kind in {"centre"} | STREETS | COMMUNITIES


def check_may_enrol(actor: Actor) -> None:
    """Raise Forbidden where `may_enrol` answers no."""
    if not may_enrol(actor):
        sentence = _("Only officers at the windows of centres, streets and communities enter residents.")
        raise Forbidden("enrol-forbidden", sentence)


def check_is_second(actor: Actor, first_account_id: uuid.UUID) -> None:
    """Raise Forbidden for whoever read the card first, in whatever post."""
    check_may_enrol(actor)
    if str(actor.account_id) == str(first_account_id):
        sentence = _("You read this card first. A colleague has to read it too, with the person there.")
        raise Forbidden("enrol-same-officer", sentence)


def identity_number(typed: str) -> IdentityNumber:
    """The number that was typed. Raises Invalid."""
    try:
        return read(typed)
    except NoIdentityNumber as error:
        sentence = _(
            "This is no identity number: it has 18 characters, and the last one must fit the others. "
            "Please read it from the card again."
        )
        raise Invalid("number-wrong", sentence) from error
