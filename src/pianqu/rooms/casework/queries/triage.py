"""What is suggested for a matter's words, by which model, and what people made of it.

A model's file that is gone or broken is left aside: the newest other one takes its place, then the shipped list of phrases.
"""

import tomllib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from pianqu.foundation import files
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent
from pianqu.kernels import triage as kernel
from pianqu.kernels.triage import Guess
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.lifecycle import State
from pianqu.rooms.casework.models import Case, SuggestionAnswer, TriageModel
from pianqu.rooms.casework.queries.cases import known_codes, shipped_codes
from pianqu.rooms.casework.queries.shipped import shipped_categories
from pianqu.rooms.directory import queries as directory

CATEGORY, ORGANISATION = "category", "organisation"
LEARNING, KEPT_MODEL, NOT_LEARNED = "asked", "kept", "stopped"
"""States of a model."""
UNKNOWN = "unknown"
FEWEST_MATTERS, FEWEST_OF_CLASS, MOST_MATTERS = 100, 10, 20_000
"""A model is learned from so many confirmed matters at least and at most; a class with fewer is left out."""
FRESH_MATTERS = 20
LIKELIER, NOISE = 0.5, 1e-9
NIGHT = range(1, 5)
REST = timedelta(hours=20)
KEPT_MODELS = 10
LOOK_BACK = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What a matter's words look like. `version` 0 is the shipped list of phrases, which is never sure."""

    version: int
    categories: tuple[Guess, ...]
    sure: str = ""
    """The category to be filled in beforehand: only where such certainty was right 95 times of a hundred."""
    platform: str = ""
    organisations: tuple[Guess, ...] = ()
    sure_organisation: str = ""
    dangers: tuple[str, ...] = ()
    """Phrases for which it may be urgent. They never make anything less urgent."""

    @property
    def is_empty(self) -> bool:
        return not (self.categories or self.organisations or self.dangers)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """A model as its page shows it."""

    model_id: uuid.UUID
    state: str
    reason: str
    version: int
    digest: str
    matters: int
    in_use: bool
    is_readable: bool
    asked_at: datetime
    learned_at: datetime | None
    card: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How often what a version suggested was chosen."""

    what: str
    version: int
    first: int
    other: int
    none: int
    prefilled: int
    prefilled_kept: int

    @property
    def total(self) -> int:
        return self.first + self.other + self.none


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """The page of the models."""

    working: int
    """The version that suggests now; 0 is the shipped list."""
    chosen: int
    """The version that somebody chose; another one works where its file is broken."""
    models: tuple[ModelCard, ...]
    answers: tuple[Answers, ...]
    confirmed: int
    is_learning: bool
    may_choose: bool


# suggestions ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _shipped() -> tuple[kernel.Starter, tuple[str, ...]]:
    table = tomllib.loads(Path(__file__).parent.with_name("triage.toml").read_text(encoding="utf-8"))
    phrases = {row["code"]: (*row["zh"], *row["en"]) for row in table["category"]}
    for card in shipped_categories():
        if card.code != UNKNOWN:
            hints = (*card.hint_zh.split("、"), card.name_zh, *card.hint_en.split(", "))
            phrases[card.code] = tuple(dict.fromkeys((*phrases.get(card.code, ()), *hints)))
    return kernel.Starter(phrases=phrases), (*table["danger"]["zh"], *table["danger"]["en"])


def starter() -> kernel.Starter:
    """The shipped phrases of each category: its list, its name and its hints."""
    return _shipped()[0]


def dangers_in(words: str) -> tuple[str, ...]:
    """The phrases of danger that words hold."""
    return kernel.hazards(words, _shipped()[1])


def nature_raised(nature: str, dangers: Sequence[str]) -> str:
    """`urgent` where danger was found; otherwise the nature as it is, never less."""
    return "urgent" if kernel.raised(int(nature == "urgent"), dangers, 1) else nature


class _Loaded:
    """The last model that was read, so that its file is read once in a process."""

    _one: tuple[str, int, kernel.Model | None] = ("", 0, None)

    @classmethod
    def of(cls, file_name: str, digest: str, version: int) -> kernel.Model | None:
        if cls._one[:2] != (digest, version):
            cls._one = (digest, version, read_model(file_name, digest))
            if cls._one[2] is None:
                cls._one = ("", 0, None)
                return None
        return cls._one[2]


def forget_model() -> None:
    """Read the file anew at the next suggestion, for tests."""
    _Loaded._one = ("", 0, None)


def read_model(file_name: str, digest: str) -> kernel.Model | None:
    """The model of a file of the store; None where the file is gone, broken, or another one than was recorded."""
    try:
        content = files.read(file_name)
        return kernel.load(content) if kernel.digest(content) == digest else None
    except (Absent, kernel.Corrupt):
        return None


def working_model() -> tuple[int, kernel.Model | None]:
    """The version that suggests now and its model; 0 and None for the shipped list. One statement as a rule."""
    kept = TriageModel.objects.filter(state=KEPT_MODEL)
    chosen = kept.filter(in_use=True).values_list("version", "file_name", "digest").first()
    if chosen is None:
        return 0, None
    if model := _Loaded.of(chosen[1], chosen[2], chosen[0] or 0):
        return chosen[0] or 0, model
    for version, file_name, digest in (
        kept.exclude(in_use=True).order_by("-version").values_list("version", "file_name", "digest")
    ):
        if model := _Loaded.of(file_name, digest, version or 0):
            return version or 0, model
    return 0, None


def suggestion(words: str, place_code: str = "") -> Suggestion:
    """What these words look like, in this place where one is known.

    Of words unlike all that the model learned from, the shipped list says what it knows.
    """
    version, model = working_model()
    dangers = dangers_in(words)
    if model is not None and kernel.familiarity(model, words) >= model.heads[CATEGORY].familiar:
        found = _by_model(words, place_code, version, model, dangers)
        if found.categories:
            return found
    guesses = starter().suggest(words)
    platform = _platform({guess.label: guess.probability for guess in guesses})
    return Suggestion(version=0, categories=guesses, platform=platform, dangers=dangers)


def _by_model(words: str, place_code: str, version: int, model: kernel.Model, dangers: tuple[str, ...]) -> Suggestion:
    labels = set(model.heads[CATEGORY].classes)
    known = labels if labels <= shipped_codes() else known_codes()
    every = [guess for guess in kernel.suggest(model, words, CATEGORY, top=len(labels)) if guess.label in known]
    organisations = _who_led(words, place_code, model)
    return Suggestion(
        version=version,
        categories=tuple(every[: kernel.TOP]),
        sure=_sure(every, model.heads[CATEGORY].threshold),
        platform=_platform({guess.label: guess.probability for guess in every}),
        organisations=organisations,
        sure_organisation=_sure(organisations, model.heads[ORGANISATION].threshold) if organisations else "",
        dangers=dangers,
    )


def _who_led(words: str, place_code: str, model: kernel.Model) -> tuple[Guess, ...]:
    """Who led such matters, without who has ended or works on other ground."""
    if ORGANISATION not in model.heads:
        return ()
    every = kernel.suggest(model, words, ORGANISATION, top=len(model.heads[ORGANISATION].classes))
    able = directory.working_at(place_code)
    return tuple(guess for guess in every if guess.label in able)[: kernel.TOP]


def _sure(guesses: Sequence[Guess], threshold: float) -> str:
    """The first guess where it is likelier than not, more certain than what was right 95 times of a hundred, and has a reason."""
    first = guesses[0] if guesses else None
    return first.label if first and first.phrases and first.probability >= max(threshold - NOISE, LIKELIER) else ""


def _platform(shares: Mapping[str, float]) -> str:
    """The platform with the greatest share of all categories; empty where none of them counts for one."""
    sums: dict[str, float] = {}
    for card in shipped_categories():
        if card.platform and card.code in shares:
            sums[card.platform] = sums.get(card.platform, 0.0) + shares[card.code]
    return max(sums, key=lambda platform: sums[platform]) if sums else ""


# learning ------------------------------------------------------------------------------------------------------------


def _confirmed() -> Q:
    """Answered under a category that somebody at the desk had before them, with words that may still be read."""
    answered = Q(state__in=[State.RESOLVED, State.RATED, State.CLOSED], resolved_at__isnull=False)
    return answered & Q(erased_at=None) & ~Q(category=UNKNOWN) & ~Q(words="")


def confirmed_matters() -> list[tuple[str, str, str]]:
    """Words, category and leading organisation of the latest confirmed matters, oldest first: no more is learned from."""
    rows = Case.objects.filter(_confirmed()).order_by("-resolved_at", "-id")
    return list(rows.values_list("words", "category", "lead_code")[:MOST_MATTERS])[::-1]


def is_training_due(*, now: datetime) -> bool:
    """At night, once, where enough matters were confirmed since the last time."""
    if timezone.localtime(now).hour not in NIGHT:
        return False
    last = TriageModel.objects.order_by("-asked_at").values_list("asked_at", "matters").first()
    if last and last[0] > now - REST:
        return False
    confirmed = Case.objects.filter(_confirmed())[:MOST_MATTERS].count()
    return confirmed >= FEWEST_MATTERS and (not last or confirmed >= last[1] + FRESH_MATTERS)


def model_to_learn() -> uuid.UUID | None:
    """The model that somebody asked for."""
    return TriageModel.objects.filter(state=LEARNING).values_list("id", flat=True).first()


def models_in_use(names: Sequence[str]) -> frozenset[str]:
    """Those of these file names that a model has."""
    return frozenset(TriageModel.objects.filter(file_name__in=names).values_list("file_name", flat=True))


# the page ------------------------------------------------------------------------------------------------------------


def triage_for(actor: Actor, *, now: datetime) -> Triage:
    """The models, newest first, and what people made of their suggestions in the last three months. Raises Forbidden."""
    rules.check_may_see_models(actor)
    rows = list(TriageModel.objects.order_by("-asked_at")[:KEPT_MODELS])
    chosen = next((row.version or 0 for row in rows if row.in_use), None)
    if chosen is None:
        chosen = TriageModel.objects.filter(in_use=True).values_list("version", flat=True).first() or 0
    return Triage(
        working=working_model()[0],
        chosen=chosen,
        models=tuple(_card(row) for row in rows),
        answers=answers_since(now - LOOK_BACK),
        confirmed=Case.objects.filter(_confirmed())[:MOST_MATTERS].count(),
        is_learning=any(row.state == LEARNING for row in rows),
        may_choose=rules.may_choose_model(actor),
    )


def _card(row: TriageModel) -> ModelCard:
    return ModelCard(
        model_id=row.id,
        state=row.state,
        reason=row.reason,
        version=row.version or 0,
        digest=row.digest,
        matters=row.matters,
        in_use=row.in_use,
        is_readable=row.state == KEPT_MODEL and read_model(row.file_name, row.digest) is not None,
        asked_at=row.asked_at,
        learned_at=row.learned_at,
        card=row.card,
    )


def answers_since(moment: datetime) -> tuple[Answers, ...]:
    """How often suggestions were chosen, by what was suggested and by version, newest first. One statement."""
    counted = (
        SuggestionAnswer.objects.filter(at__gte=moment)
        .values("what", "version")
        .annotate(
            first=Count("id", filter=Q(rank=1)),
            other=Count("id", filter=Q(rank__gt=1)),
            none=Count("id", filter=Q(rank=0)),
            before=Count("id", filter=Q(prefilled=True)),
            before_kept=Count("id", filter=Q(prefilled=True, rank=1)),
        )
        .order_by("what", "-version")
    )
    return tuple(
        Answers(
            what=row["what"],
            version=row["version"],
            first=row["first"],
            other=row["other"],
            none=row["none"],
            prefilled=row["before"],
            prefilled_kept=row["before_kept"],
        )
        for row in counted
    )
