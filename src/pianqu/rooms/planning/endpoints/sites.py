"""Studies of sites for other programs: asked for, read, moved, published, forgotten."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from pianqu.foundation.api import Doors, actor_of
from pianqu.foundation.errors import Absent
from pianqu.rooms.planning import queries, services
from pianqu.rooms.planning.queries import StudyLine
from pianqu.rooms.planning.schemas import sites as schemas
from pianqu.rooms.planning.services import StudyAsk

studies = Doors("planning")


@studies.asks(
    "", name="listSiteStudies", says=gettext_noop("Studies of sites, the newest first"), gives=list[StudyLine]
)
def all_studies(request: HttpRequest) -> list[StudyLine]:
    return list(queries.studies())


@studies.does(
    "",
    name="askSiteStudy",
    says=gettext_noop("Ask where sites should be; the worker looks for them"),
    right="arrange",
    status=201,
)
def ask(request: HttpRequest, typed: schemas.SiteStudyAsk) -> uuid.UUID:
    asked = StudyAsk(**{**dict(typed), "kinds": tuple(typed.kinds)})
    return services.ask_study(actor=actor_of(request), asked=asked, now=timezone.now())


@studies.asks(
    "/{study_id}",
    name="getSiteStudy",
    says=gettext_noop("One study: its computation, its candidates, and what the chosen sites mean"),
    gives=schemas.SiteStudyWhole,
)
def one(request: HttpRequest, study_id: uuid.UUID) -> schemas.SiteStudyWhole:
    card = queries.study(study_id)
    run = queries.latest_run(study_id, kinds=(services.SITING,), now=timezone.now())
    laid = queries.ground(card.ground_id) if card.ground_id else None
    return schemas.SiteStudyWhole(
        study=card,
        run_state=run.state if run else "",
        candidates=list(laid.candidates) if laid else [],
        reach=queries.reach(card, card.chosen) if card.is_found else None,
    )


@studies.asks(
    "/{study_id}/ground",
    name="getSiteStudyGround",
    says=gettext_noop("Demand and candidates of a study, byte for byte as their digest was taken"),
    gives={"application/octet-stream": bytes},
)
def ground(request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
    card = queries.study(study_id)
    if card.ground_id is None:
        raise Absent("ground-absent", _("Nothing was counted for this study yet."))
    return HttpResponse(queries.ground_text(card.ground_id), content_type="application/octet-stream")


@studies.does(
    "/{study_id}/again",
    name="computeSiteStudyAgain",
    says=gettext_noop("Look once more, where it was stopped or failed"),
    right="arrange",
)
def again(request: HttpRequest, study_id: uuid.UUID) -> uuid.UUID:
    return services.ask_study_again(actor=actor_of(request), study_id=study_id, now=timezone.now())


@studies.does(
    "/{study_id}/sites",
    name="chooseSites",
    says=gettext_noop("Put other candidates in the place of those that were found"),
    right="arrange",
    method="PUT",
)
def choose(request: HttpRequest, study_id: uuid.UUID, typed: schemas.ChosenSites) -> None:
    services.choose_sites(actor=actor_of(request), study_id=study_id, sites=typed.sites, now=timezone.now())


@studies.does(
    "/{study_id}/publish",
    name="publishSiteStudy",
    says=gettext_noop("Show a study to everybody, or no longer"),
    right="arrange",
)
def publish(request: HttpRequest, study_id: uuid.UUID, typed: schemas.SiteStudyPublic) -> None:
    services.publish_study(actor=actor_of(request), study_id=study_id, public=typed.public, now=timezone.now())


@studies.does(
    "/{study_id}",
    name="forgetSiteStudy",
    says=gettext_noop("Forget a study with its answer"),
    right="arrange",
    method="DELETE",
)
def forget(request: HttpRequest, study_id: uuid.UUID) -> None:
    services.forget_study(actor=actor_of(request), study_id=study_id, now=timezone.now())
