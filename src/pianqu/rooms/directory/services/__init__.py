"""The verbs of the directory."""

from pianqu.rooms.directory.services.colleagues import NewColleague, renew_access, take_on
from pianqu.rooms.directory.services.confirming import confirm_contact, end_passes, not_me, restore_proof
from pianqu.rooms.directory.services.duties import put_on_duty, take_off_duty
from pianqu.rooms.directory.services.once import do_once
from pianqu.rooms.directory.services.organising import NewOrganisation, add_organisations, serve_areas, set_superior
from pianqu.rooms.directory.services.posts import appoint, end_post, end_substitution, substitute
from pianqu.rooms.directory.services.powers import NewPower, PowersReport, faults_of, import_powers
from pianqu.rooms.directory.services.reorganising import (
    Passed,
    Reorganisation,
    ReorganisationReport,
    Share,
    reorganise,
)
from pianqu.rooms.directory.services.residents import (
    begin_enrolment,
    drop_enrolment,
    drop_old_enrolments,
    finish_enrolment,
    leave_roll,
    prove_by_service,
)
from pianqu.rooms.directory.services.sending import recall, send_down
from pianqu.rooms.directory.services.tokens import LONGEST as TOKEN_LIFE
from pianqu.rooms.directory.services.tokens import end_token, issue_token

__all__ = [
    "TOKEN_LIFE",
    "NewColleague",
    "NewOrganisation",
    "NewPower",
    "Passed",
    "PowersReport",
    "Reorganisation",
    "ReorganisationReport",
    "Share",
    "add_organisations",
    "appoint",
    "begin_enrolment",
    "confirm_contact",
    "do_once",
    "drop_enrolment",
    "drop_old_enrolments",
    "end_passes",
    "end_post",
    "end_substitution",
    "end_token",
    "faults_of",
    "finish_enrolment",
    "import_powers",
    "issue_token",
    "leave_roll",
    "not_me",
    "prove_by_service",
    "put_on_duty",
    "recall",
    "renew_access",
    "reorganise",
    "restore_proof",
    "send_down",
    "serve_areas",
    "set_superior",
    "substitute",
    "take_off_duty",
    "take_on",
]
