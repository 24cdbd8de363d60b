"""The verbs of the directory."""

from pianqu.rooms.directory.services.colleagues import NewColleague, renew_access, take_on
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
from pianqu.rooms.directory.services.sending import recall, send_down

__all__ = [
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
    "do_once",
    "end_post",
    "end_substitution",
    "faults_of",
    "import_powers",
    "put_on_duty",
    "recall",
    "renew_access",
    "reorganise",
    "send_down",
    "serve_areas",
    "set_superior",
    "substitute",
    "take_off_duty",
    "take_on",
]
