"""Who may do what with a case. Every rule is a pair: may_x answers, check_may_x raises with a sentence.

Officials act through their post, for the cases that their organisation received; the district's centre acts for all.
An auditor's post looks and never acts.
A resident acts as the holder of the receipt: the door has proved that before it hands on the case's id.
"""

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden, unchanged
from pianqu.foundation.installation import installation
from pianqu.rooms.directory import queries as directory

AUTHORITIES = frozenset({"district", "centre", "department", "station", "street", "town"})
"""Kinds of organisations that may have power over others."""
GOVERNING = AUTHORITIES | {"community", "village"}
"""Those, and who governs the ground with its residents."""
MAIN_ACT = {"order": GOVERNING, "market": AUTHORITIES, "enforcement": AUTHORITIES, "services": GOVERNING}
"""Platform → the kinds of organisations that may do its main act."""


def centre_code() -> str:
    """The organisation that takes in what residents report and sees the whole district."""
    return f"{installation().district_code}-centre"


def sees_all(actor: Actor) -> bool:
    """Whether the actor's view is the whole district."""
    return actor.kind == "system" or (actor.kind == "post" and actor.organisation_code == centre_code())


def _acts_for_all(actor: Actor) -> bool:
    return sees_all(actor) and not actor.reads_only


def _answers_for(actor: Actor, organisation_code: str) -> bool:
    return _acts_for_all(actor) or (actor.acts and actor.organisation_code == organisation_code)


def may_resolve(actor: Actor, organisation_code: str) -> bool:
    """Who answers for the case answers the reporter."""
    return _answers_for(actor, organisation_code)


def may_close(actor: Actor, organisation_code: str) -> bool:
    return _answers_for(actor, organisation_code)


def may_extend(actor: Actor, organisation_code: str) -> bool:
    """The reporter, or the window on the reporter's word."""
    return actor.kind == "resident" or _answers_for(actor, organisation_code)


def may_withdraw(actor: Actor, organisation_code: str) -> bool:
    """The reporter, or the window on the reporter's word."""
    return actor.kind == "resident" or _answers_for(actor, organisation_code)


def may_reveal_contact(actor: Actor, organisation_code: str) -> bool:
    """Only a person in a post: a program has nobody to call."""
    return actor.acts and _answers_for(actor, organisation_code)


def may_take_in(actor: Actor) -> bool:
    """Whoever sits at the centre's window or telephone, or at another organisation's: any official."""
    return actor.acts


def may_take_in_list(actor: Actor) -> bool:
    """Who may take in one matter may take in many: any official, for the own organisation."""
    return may_take_in(actor)


def may_triage(actor: Actor) -> bool:
    """The centre says what kind of matter it is and who answers for it."""
    return _acts_for_all(actor)


def may_take(actor: Actor, *, named: bool) -> bool:
    """An official of the organisation that the duty list names for it there (块): nobody has to hand it down first."""
    return actor.acts and named


def may_handle(actor: Actor, lead_code: str) -> bool:
    """An official of the organisation that leads."""
    return actor.acts and bool(lead_code) and actor.organisation_code == lead_code


def may_ask_for_help(actor: Actor, lead_code: str) -> bool:
    """The centre, or the organisation that leads."""
    return may_triage(actor) or may_handle(actor, lead_code)


def may_approve(actor: Actor, lead_code: str, *, asked_by: str) -> bool:
    """A leader of the organisation that leads, or of the centre; never the post that asked."""
    near = actor.acts and (actor.organisation_code == lead_code or _acts_for_all(actor))
    return near and actor.post_id != asked_by and directory.is_leader(actor)


def may_review(actor: Actor, *, dispatched_by: str) -> bool:
    """A colleague at the centre other than the one who dispatched."""
    return actor.acts and _acts_for_all(actor) and actor.post_id != dispatched_by


def may_supervise(actor: Actor) -> bool:
    """A leader of the centre."""
    return actor.acts and _acts_for_all(actor) and directory.is_leader(actor)


def may_answer_supervision(actor: Actor, holder_code: str) -> bool:
    """An official of the organisation that holds the matter, whoever that is now."""
    return actor.acts and actor.organisation_code == holder_code


def may_note(actor: Actor, holder_code: str) -> bool:
    """The centre, and the organisation that has the matter."""
    return _answers_for(actor, holder_code)


def may_call_back(actor: Actor, *, resolver: str, former_checker: str) -> bool:
    """The centre: not the post that answered, and after a reopening not the one that checked before."""
    return actor.acts and _acts_for_all(actor) and actor.post_id not in (resolver, former_checker)


def may_call_back_for(actor: Actor, *, organisation_code: str, lead_code: str) -> bool:
    """The centre, or the organisation that took the matter in; a department never for what it answered itself.

    Where the centre itself answered, its other colleagues still may: nobody else could.
    """
    if not actor.acts or not _answers_for(actor, organisation_code):
        return False
    return _acts_for_all(actor) or actor.organisation_code not in {lead_code or organisation_code}


def may_draw(actor: Actor) -> bool:
    """The house's own program every week, or a leader of the centre for other days."""
    return actor.kind == "system" or may_supervise(actor)


def may_draft_report(actor: Actor) -> bool:
    """The house's own program when a month is over, or the centre."""
    return actor.kind == "system" or may_write_report(actor)


def may_write_report(actor: Actor) -> bool:
    """The centre's officials."""
    return actor.acts and _acts_for_all(actor)


def may_issue_report(actor: Actor) -> bool:
    """A leader of the centre."""
    return may_supervise(actor)


def may_reopen(actor: Actor) -> bool:
    """Who reported it, or the centre on that person's word."""
    return actor.kind == "resident" or (actor.acts and _acts_for_all(actor))


def may_join(actor: Actor) -> bool:
    """Who reports it, or the centre for a caller."""
    return actor.kind == "resident" or _acts_for_all(actor)


def may_release_title(actor: Actor, lead_code: str) -> bool:
    """The centre, or the organisation that leads."""
    return may_triage(actor) or may_handle(actor, lead_code)


def may_announce(actor: Actor) -> bool:
    """A year's holidays hold for the whole district."""
    return _acts_for_all(actor)


def may_erase(actor: Actor) -> bool:
    """The centre, which keeps the whole district's matters, on the person's request or when their time is over."""
    return actor.acts and _acts_for_all(actor)


def may_set_clocks(actor: Actor) -> bool:
    """Administrators of the whole district: its own terms hold for everybody."""
    return directory.may_change_directory(actor)


def may_hand_over(actor: Actor) -> bool:
    """Who may reorganise the directory moves what its organisations hold."""
    return directory.may_change_directory(actor)


def may_rehome(actor: Actor) -> bool:
    """The installation's own programs, when a grid comes into force."""
    return actor.kind == "system"


def may_add_categories(actor: Actor) -> bool:
    return _acts_for_all(actor)


def may_open_cause(actor: Actor, place_code: str) -> bool:
    """The centre anywhere; a leader elsewhere on the own ground."""
    return _acts_for_all(actor) or (
        actor.acts and directory.is_leader(actor) and directory.scope_of(actor).sees("", place_code)
    )


def may_work_on_cause(actor: Actor, *, lead_code: str, opened_by: str) -> bool:
    """The centre, who leads it, and who opened it: they link matters and plan measures."""
    return _acts_for_all(actor) or (actor.acts and actor.organisation_code in (lead_code, opened_by))


def may_end_measure(actor: Actor, *, lead_code: str, opened_by: str, by_code: str) -> bool:
    """Those, and whose measure it is."""
    own = actor.acts and actor.organisation_code == by_code
    return own or may_work_on_cause(actor, lead_code=lead_code, opened_by=opened_by)


def may_close_cause(actor: Actor, *, opened_by: str) -> bool:
    """The centre, or a leader of who opened it: not who leads it alone."""
    return _acts_for_all(actor) or (actor.acts and actor.organisation_code == opened_by and directory.is_leader(actor))


def may_claim(actor: Actor) -> bool:
    """Only an importing job may say that something happened elsewhere before."""
    return actor.kind == "system"


def may_recategorise(actor: Actor, lead_code: str) -> bool:
    """The centre, or the organisation that leads: who reads the words sees that they were sorted wrongly."""
    return may_triage(actor) or may_handle(actor, lead_code)


def may_see_models(actor: Actor) -> bool:
    """Who triages, and who administers the district."""
    return sees_all(actor) or directory.may_change_directory(actor)


def may_choose_model(actor: Actor) -> bool:
    """An administrator of the district, or a leader of the centre; whoever runs the platform, at its command line."""
    return directory.may_change_directory(actor) or may_supervise(actor)


def may_train(actor: Actor) -> bool:
    """Who chooses among models; the platform's own program at night among them."""
    return may_choose_model(actor)


def may_export(actor: Actor) -> bool:
    """Whoever sees the list in a post, an auditor too: a table shows no more than the list does."""
    return actor.kind == "post" and bool(actor.account_id)


def may_act_on_many(actor: Actor) -> bool:
    """Whoever works on matters in a post; what may be done with each is asked for each."""
    return actor.acts and bool(actor.account_id)


def check_may_recategorise(actor: Actor, lead_code: str) -> None:
    _check(
        may_recategorise(actor, lead_code),
        _("Only the centre or the organisation that leads this matter may change its category."),
    )


def check_may_see_models(actor: Actor) -> None:
    _check(may_see_models(actor), _("Only the district's centre and its administrators may look at this."))


def check_may_choose_model(actor: Actor) -> None:
    _check(
        may_choose_model(actor),
        _("Only an administrator of the district or a leader of its centre may choose what suggests."),
    )


def check_may_train(actor: Actor) -> None:
    _check(
        may_train(actor), _("Only an administrator of the district or a leader of its centre may have a model learned.")
    )


def may_arrange_platform(actor: Actor, street_code: str) -> bool:
    """Who takes part in a street's platforms: its leaders and administrators say it, and the district's administrators."""
    return not actor.reads_only and directory.may_manage(actor, street_code)


def may_move_platform(actor: Actor, *, is_member: bool, leads: bool) -> bool:
    """The centre, the platform's members of its street, and who leads; who only helps gives its own part back."""
    return actor.acts and (_acts_for_all(actor) or is_member or leads)


def may_act_on_platform(actor: Actor, platform: str, *, kind: str, is_member: bool, leads: bool) -> bool:
    """Those, where they are a public body: a company, an owners' committee or an association has no power over others.

    A community calls to the table and answers at its window; it inspects nobody and serves no notice.
    """
    near = is_member or leads
    return actor.acts and (_acts_for_all(actor) or (near and kind in MAIN_ACT.get(platform, AUTHORITIES)))


def may_look_again(actor: Actor, *, kind: str, is_member: bool, leads: bool, served: bool) -> bool:
    """Those who may serve a notice, and whoever served this one, whatever platform has the matter by now."""
    near = is_member or leads or served
    return actor.acts and (_acts_for_all(actor) or (near and kind in AUTHORITIES))


def check_may_export(actor: Actor) -> None:
    _check(may_export(actor), _("Only somebody in a post may ask for a table."))


def check_may_act_on_many(actor: Actor) -> None:
    _check(may_act_on_many(actor), _("Only who works on matters may act on many at once."))


def check_is_own_program(actor: Actor) -> None:
    _check(actor.kind == "system", _("Only the platform itself does this."))


def check_may_publish(actor: Actor) -> None:
    """Figures are published by the house's own program, so that nobody chooses when."""
    _check(actor.kind == "system", _("Figures of a month are published by the platform itself."))


def check_may_claim(actor: Actor) -> None:
    _check(may_claim(actor), _("Only an import may take over what happened elsewhere."))


def check_may_resolve(actor: Actor, organisation_code: str) -> None:
    _check(may_resolve(actor, organisation_code), _("Only the organisation that received this matter may resolve it."))


def check_may_close(actor: Actor, organisation_code: str) -> None:
    _check(may_close(actor, organisation_code), _("Only the organisation that received this matter may close it."))


def check_may_take(actor: Actor, *, named: bool) -> None:
    _check(may_take(actor, named=named), _("No duty list names your organisation for this matter there."))


def check_may_extend(actor: Actor, organisation_code: str) -> None:
    _check(may_extend(actor, organisation_code), _("Only who reported this matter may add to it."))


def check_may_withdraw(actor: Actor, organisation_code: str) -> None:
    _check(may_withdraw(actor, organisation_code), _("Only who reported this matter may withdraw it."))


def check_may_reveal_contact(actor: Actor, organisation_code: str) -> None:
    _check(
        may_reveal_contact(actor, organisation_code),
        _("Only an official of an organisation that this matter lies with may see the contact."),
    )


def check_may_take_in(actor: Actor) -> None:
    _check(may_take_in(actor), _("Only an official can take in a matter for somebody."))


def check_may_take_in_list(actor: Actor) -> None:
    _check(may_take_in_list(actor), _("Only an official can take in a list of matters."))


def check_in_post(actor: Actor) -> None:
    _check(actor.kind == "post", _("Only somebody in a post can do this."))


def check_may_shift(actor: Actor) -> None:
    _check(actor.acts, _("Only who works on matters hands over a shift or takes one over."))


def check_may_triage(actor: Actor) -> None:
    _check(may_triage(actor), _("Only the district's centre may accept and dispatch matters."))


def check_may_handle(actor: Actor, lead_code: str) -> None:
    _check(may_handle(actor, lead_code), _("Only the organisation that leads this matter may do this."))


def check_has_part(actor: Actor, *, has_part: bool) -> None:
    _check(actor.acts and has_part, _("Your organisation has no part in this matter, or not any more."))


def check_may_ask_for_help(actor: Actor, lead_code: str) -> None:
    _check(
        may_ask_for_help(actor, lead_code), _("Only the centre or the organisation that leads may ask others to help.")
    )


def check_may_approve(actor: Actor, lead_code: str, *, asked_by: str) -> None:
    _check(
        may_approve(actor, lead_code, asked_by=asked_by),
        _("Only a leader may decide on more time, and not who asked for it."),
    )


def check_may_review(actor: Actor, *, dispatched_by: str) -> None:
    _check(
        may_review(actor, dispatched_by=dispatched_by),
        _("Only a colleague at the centre who did not dispatch this matter may decide on the objection."),
    )


def check_may_supervise(actor: Actor) -> None:
    _check(may_supervise(actor), _("Only a leader of the district's centre may press for a matter."))


def check_may_answer_supervision(actor: Actor, holder_code: str) -> None:
    _check(
        may_answer_supervision(actor, holder_code),
        _("Only the organisation that holds this matter answers the leader who presses for it."),
    )


def check_may_note(actor: Actor, holder_code: str) -> None:
    _check(may_note(actor, holder_code), _("Only an organisation that this matter lies with may add a note."))


def check_may_call_back(actor: Actor, *, resolver: str, former_checker: str) -> None:
    _check(
        may_call_back(actor, resolver=resolver, former_checker=former_checker),
        _("Another colleague of the centre has to call back: not who answered, and not who checked before."),
    )


def check_may_call_back_for(actor: Actor, *, organisation_code: str, lead_code: str) -> None:
    if actor.acts and actor.organisation_code == (lead_code or organisation_code) and not _acts_for_all(actor):
        sentence = _("Your organisation answered this matter, so another one has to call back.")
        raise Forbidden("call-back-own-department", unchanged(sentence))
    _check(
        may_call_back_for(actor, organisation_code=organisation_code, lead_code=lead_code),
        _("Only the district's centre, or the organisation that took this matter in, may call back."),
    )


def check_may_draw(actor: Actor) -> None:
    _check(may_draw(actor), _("Only a leader of the district's centre may draw a sample."))


def check_may_draft_report(actor: Actor) -> None:
    _check(may_draft_report(actor), _("Only the district's centre may draft the report of a month."))


def check_may_write_report(actor: Actor) -> None:
    _check(may_write_report(actor), _("Only the district's centre may edit the report of a month."))


def check_may_issue_report(actor: Actor) -> None:
    _check(may_issue_report(actor), _("Only a leader of the district's centre may issue the report of a month."))


def check_may_reopen(actor: Actor) -> None:
    _check(may_reopen(actor), _("Only who reported this matter may have it reopened."))


def check_may_join(actor: Actor) -> None:
    _check(may_join(actor), _("Only who reports a matter, or the centre for a caller, may join another one."))


def check_may_release_title(actor: Actor, lead_code: str) -> None:
    _check(
        may_release_title(actor, lead_code),
        _("Only the centre or the organisation that leads may release a public title."),
    )


def check_may_announce(actor: Actor) -> None:
    _check(may_announce(actor), _("Only the district's centre may take in a year's holidays."))


def check_may_erase(actor: Actor) -> None:
    _check(may_erase(actor), _("Only the district's centre may erase what a matter says about a person."))


def check_may_set_clocks(actor: Actor) -> None:
    _check(may_set_clocks(actor), _("Only the district's administrators may change its terms."))


def check_may_hand_over(actor: Actor) -> None:
    _check(may_hand_over(actor), _("Only the district's administrators may hand over what an organisation has."))


def check_may_rehome(actor: Actor) -> None:
    _check(may_rehome(actor), _("Only the installation itself locates matters in a new grid."))


def check_may_arrange_platform(actor: Actor, street_code: str) -> None:
    _check(
        may_arrange_platform(actor, street_code),
        _("Only leaders and administrators of the street, and the district's administrators, say who takes part."),
    )


def check_may_move_platform(actor: Actor, *, is_member: bool, leads: bool) -> None:
    _check(
        may_move_platform(actor, is_member=is_member, leads=leads),
        _(
            "Only members of the platform, who leads this matter and the centre may move it. Who helps gives its part back."
        ),
    )


def check_may_act_on_platform(actor: Actor, platform: str, *, kind: str, is_member: bool, leads: bool) -> None:
    _check(
        may_act_on_platform(actor, platform, kind=kind, is_member=is_member, leads=leads),
        _("Only public bodies that take part in the platform or lead this matter, and the centre, may do this."),
    )


def check_may_look_again(actor: Actor, *, kind: str, is_member: bool, leads: bool, served: bool) -> None:
    _check(
        may_look_again(actor, kind=kind, is_member=is_member, leads=leads, served=served),
        _("Only public bodies that take part in the platform or lead this matter, and the centre, may do this."),
    )


def check_may_add_categories(actor: Actor) -> None:
    _check(may_add_categories(actor), _("Only the district's centre may add categories."))


def check_may_open_cause(actor: Actor, place_code: str) -> None:
    _check(
        may_open_cause(actor, place_code),
        _("Only the district's centre, or a leader on the own ground, may open a root cause there."),
    )


def check_may_work_on_cause(actor: Actor, *, lead_code: str, opened_by: str) -> None:
    _check(
        may_work_on_cause(actor, lead_code=lead_code, opened_by=opened_by),
        _("Only the centre, who leads this root cause and who opened it may do this."),
    )


def check_may_end_measure(actor: Actor, *, lead_code: str, opened_by: str, by_code: str) -> None:
    _check(
        may_end_measure(actor, lead_code=lead_code, opened_by=opened_by, by_code=by_code),
        _("Only whose measure it is, or who leads the root cause, may say that it is done."),
    )


def check_may_close_cause(actor: Actor, *, opened_by: str) -> None:
    _check(
        may_close_cause(actor, opened_by=opened_by),
        _("Only the centre, or a leader of the organisation that opened this root cause, may close or reopen it."),
    )


def _check(allowed: bool, sentence: str) -> None:
    if not allowed:
        raise Forbidden("casework-forbidden", unchanged(sentence))


# dispatch ------------------------------------------------------------------------------------------------------------


def may_see_rules(actor: Actor) -> bool:
    """The centre, its auditor too, and the district's administrators."""
    return sees_all(actor) or directory.may_change_directory(actor)


def may_write_rules(actor: Actor) -> bool:
    """Leaders and administrators of the centre, and the district's administrators; who only dispatches does not."""
    at_centre = _acts_for_all(actor) and directory.may_manage(actor, actor.organisation_code)
    return actor.kind == "system" or directory.may_change_directory(actor) or (actor.acts and at_centre)


def check_may_see_rules(actor: Actor) -> None:
    _check(may_see_rules(actor), _("Only the district's centre and administrators see the rules of dispatch."))


def check_may_write_rules(actor: Actor) -> None:
    _check(
        may_write_rules(actor),
        _("Only a leader or administrator of the district's centre may write rules of dispatch."),
    )


WHISTLING = ("street", "town", "centre", "community", "village")
"""Kinds of organisations that govern a ground and may call departments to it."""


def may_whistle(actor: Actor, kind: str) -> bool:
    """A street, a cluster's centre, or a community: who governs the ground; the district's centre too."""
    return actor.acts and kind in WHISTLING


def may_decide_on_whistle(actor: Actor, caller_code: str) -> bool:
    """A leader of who called, or of the district's centre."""
    near = actor.organisation_code == caller_code or _acts_for_all(actor)
    return actor.acts and near and directory.is_leader(actor)


def may_end_whistle(actor: Actor, caller_code: str) -> bool:
    return _answers_for(actor, caller_code) and actor.acts


def may_see_arrive(actor: Actor, *, called_code: str, caller_code: str) -> bool:
    """The department itself, and who called it."""
    return actor.acts and (actor.organisation_code in (called_code, caller_code) or _acts_for_all(actor))


def check_acts(actor: Actor) -> None:
    _check(actor.acts, _("Only who works on matters can do this."))


def check_may_whistle(actor: Actor, kind: str) -> None:
    _check(
        may_whistle(actor, kind), _("Only a street, a cluster's centre or a community calls departments to its ground.")
    )


def check_may_decide_on_whistle(actor: Actor, caller_code: str) -> None:
    _check(
        may_decide_on_whistle(actor, caller_code), _("Only a leader of who called decides on an objection to the call.")
    )


def check_may_end_whistle(actor: Actor, caller_code: str) -> None:
    _check(may_end_whistle(actor, caller_code), _("Only who called ends the call."))


def check_may_see_arrive(actor: Actor, *, called_code: str, caller_code: str) -> None:
    _check(
        may_see_arrive(actor, called_code=called_code, caller_code=caller_code),
        _("Only the department itself or who called it says that it has arrived."),
    )


# joint task forces ---------------------------------------------------------------------------------------------------


def may_form_force(actor: Actor, lead_code: str) -> bool:
    """A leader of the centre for anybody; another organisation's leader where it leads itself."""
    return actor.acts and directory.is_leader(actor) and (_acts_for_all(actor) or actor.organisation_code == lead_code)


def may_lead_force(actor: Actor, lead_code: str) -> bool:
    """The organisation that leads it, and the centre."""
    return actor.acts and _answers_for(actor, lead_code)


def may_give_to_force(actor: Actor, lead_code: str, *, on_ground: bool) -> bool:
    """The centre, who leads the matter, and who governs the ground that it lies on: by this others come to see it."""
    return may_ask_for_help(actor, lead_code) or (actor.acts and on_ground)


def check_may_form_force(actor: Actor, lead_code: str) -> None:
    _check(
        may_form_force(actor, lead_code),
        _("Only a leader forms a joint task force: of the district's centre, or of the organisation that leads it."),
    )


def check_may_lead_force(actor: Actor, lead_code: str) -> None:
    _check(may_lead_force(actor, lead_code), _("Only who leads this joint task force may do this."))


# templates of replies ------------------------------------------------------------------------------------------------


def may_write_replies(actor: Actor, organisation_code: str) -> bool:
    """Leaders and administrators of the organisation keep its templates; the district's (no code) the district's administrators
    and the centre's leaders."""
    if actor.reads_only:
        return False
    if not organisation_code:
        return directory.may_change_directory(actor) or may_supervise(actor)
    return directory.may_manage(actor, organisation_code)


def check_may_write_replies(actor: Actor, organisation_code: str) -> None:
    sentence = (
        _("Only a leader or administrator of your organisation may keep its templates.")
        if organisation_code
        else _("Only the district's administrators and the centre's leaders may keep templates for all.")
    )
    _check(may_write_replies(actor, organisation_code), sentence)


# notes among colleagues ----------------------------------------------------------------------------------------------


def may_write_note(actor: Actor) -> bool:
    """Whoever acts, beside a matter that the post sees (the question asked before)."""
    return actor.acts


def may_strike_note(actor: Actor, *, by_post: str, organisation_code: str) -> bool:
    """Who wrote it, or a leader of that organisation or of the centre."""
    near = actor.organisation_code == organisation_code or _acts_for_all(actor)
    return actor.acts and (actor.acting_post_id == by_post or (near and directory.is_leader(actor)))


def check_may_write_note(actor: Actor) -> None:
    _check(may_write_note(actor), _("Only who works on matters writes notes beside them."))


def check_may_strike_note(actor: Actor, *, by_post: str, organisation_code: str) -> None:
    _check(
        may_strike_note(actor, by_post=by_post, organisation_code=organisation_code),
        _("Only who wrote a note, or a leader there or at the centre, strikes it."),
    )


def check_may_give_to_force(actor: Actor, lead_code: str, *, on_ground: bool) -> None:
    _check(
        may_give_to_force(actor, lead_code, on_ground=on_ground),
        _("Only the centre, who leads a matter or who governs its ground gives it to a joint task force."),
    )
