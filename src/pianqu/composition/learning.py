"""A model is learned from the district's confirmed matters: read, learned outside of every transaction, kept or given up.

scikit-learn is loaded by `learn` alone, in a process that ends with it: neither the web nor the worker carries it along.
"""

import contextlib
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.util import find_spec
from time import perf_counter
from typing import Any

from django.utils import timezone

from pianqu.foundation import files
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Unavailable
from pianqu.kernels import triage as kernel
from pianqu.kernels.triage import Figures
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.queries import CATEGORY, ORGANISATION

TOO_FEW, MISSING, BROKEN_OFF = "too-few", "insight-missing", "broken-off"
"""Reasons for which no model came of it."""
CLEARLY_WORSE = 0.05
"""A model whose macro-F1 lies so far below the one in use is kept beside it and not used."""
FEWEST_OF_LEAD = 20
LONGEST = 600
"""Seconds after which a learning is given up."""
NEVER_USED = (
    "names",
    "telephone and identity numbers",
    "number plates",
    "contact",
    "place",
    "time",
    "who reported",
    "who handled",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it: a version, or a reason."""

    version: int = 0
    in_use: bool = False
    matters: int = 0
    reason: str = ""
    card: Mapping[str, Any] | None = None


def has_insight() -> bool:
    """Whether scikit-learn is installed here; looked for, not loaded."""
    return find_spec("sklearn") is not None


def learn(model_id: uuid.UUID, *, actor: Actor) -> Outcome:
    """Learn the model that was asked for; always ends it, one way or the other."""
    matters = queries.confirmed_matters()
    labels = _labels(matters)
    if not has_insight():
        return _given_up(model_id, actor, MISSING, len(matters))
    if len(matters) < queries.FEWEST_MATTERS or CATEGORY not in labels:
        return _given_up(model_id, actor, TOO_FEW, len(matters))
    began = perf_counter()
    words = [words for words, _category, _lead in matters]
    learned = import_module("pianqu.kernels.triage_training").train(words, labels)
    card = _card(learned.measured, labels, words, perf_counter() - began)
    model = kernel.Model(
        vocabulary=learned.model.vocabulary, idf=learned.model.idf, heads=learned.model.heads, card=card
    )
    content = kernel.dump(model)
    name = files.keep(content)
    use = _is_good(card)
    version = services.keep_model(
        actor=actor,
        model_id=model_id,
        file_name=name,
        digest=kernel.digest(content),
        matters=len(matters),
        card={**card, "bytes": len(content), "features": len(model.vocabulary)},
        use=use,
        now=timezone.now(),
    )
    if version is None:
        files.remove(name)
        return Outcome(reason=BROKEN_OFF, matters=len(matters))
    return Outcome(version=version, in_use=use, matters=len(matters), card=card)


def _given_up(model_id: uuid.UUID, actor: Actor, reason: str, matters: int) -> Outcome:
    services.stop_training(actor=actor, model_id=model_id, reason=reason, matters=matters, now=timezone.now())
    return Outcome(reason=reason, matters=matters)


def _labels(matters: Sequence[tuple[str, str, str]]) -> dict[str, list[str]]:
    """For each question the label of each matter, empty where its class is too small; questions with one class are left out."""
    found = {
        CATEGORY: _large([category for _words, category, _lead in matters], queries.FEWEST_OF_CLASS),
        ORGANISATION: _large([lead for _words, _category, lead in matters], FEWEST_OF_LEAD),
    }
    return {what: labels for what, labels in found.items() if len({label for label in labels if label}) > 1}


def _large(labels: Sequence[str], fewest: int) -> list[str]:
    counts = Counter(labels)
    return [label if counts[label] >= fewest else "" for label in labels]


def _card(
    measured: Mapping[str, Figures], labels: Mapping[str, Sequence[str]], words: Sequence[str], seconds: float
) -> dict[str, Any]:
    """What is said of the model: figures of matters that it had not seen, the shipped list's beside them, what it never uses."""
    return {
        "seconds": round(seconds, 1),
        "schema": kernel.SCHEMA,
        "never": NEVER_USED,
        "heads": {what: _rounded(asdict(one)) for what, one in measured.items()},
        "starter": _starter_figures(words, labels[CATEGORY]),
    }


def _rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: round(value, 4) for name, value in values.items() if isinstance(value, float)}
    classes = {label: [round(p, 3), round(r, 3), n] for label, (p, r, n) in values["by_class"].items()}
    return {**kept, "by_class": classes}


def _starter_figures(words: Sequence[str], labels: Sequence[str]) -> dict[str, float]:
    """The same measure for the shipped phrases on the same matters."""
    classes = sorted({label for label in labels if label})
    rows, truth = [], []
    for text, label in zip(words, labels, strict=True):
        if label:
            found = {guess.label: guess.probability for guess in queries.starter().suggest(text, top=len(classes))}
            rows.append([found.get(one, 0.0) for one in classes])
            truth.append(label)
    of = kernel.figures(classes, rows, truth)
    return {"accuracy": round(of.accuracy, 4), "macro_f1": round(of.macro_f1, 4), "top3": round(of.top3, 4)}


def _is_good(card: Mapping[str, Any]) -> bool:
    """No worse than the shipped phrases, and not clearly worse than what is in use."""
    own = float(card["heads"][CATEGORY]["macro_f1"])
    _version, model = queries.working_model()
    heads: Any = model.card.get("heads") if model else None
    former = float(heads[CATEGORY]["macro_f1"]) if heads else 0.0
    return own >= float(card["starter"]["macro_f1"]) and own > former - CLEARLY_WORSE


# the worker's chore --------------------------------------------------------------------------------------------------


def learn_when_due(*, actor: Actor) -> int:
    """At night, or when somebody asked: learn in a process of its own. Answers how many were brought to an end."""
    now = timezone.now()
    if queries.is_training_due(now=now):
        services.ask_for_training(actor=actor, now=now)
    waiting = queries.model_to_learn()
    if waiting is None:
        return 0
    command = [sys.executable, "-m", "pianqu.composition.cli", "triage", "train", "--waiting"]
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(command, check=False, timeout=LONGEST, capture_output=True)
    services.stop_training(actor=actor, model_id=waiting, reason=BROKEN_OFF, now=timezone.now())
    return 1


def check_insight() -> None:
    """Raises Unavailable where scikit-learn is not installed."""
    if not has_insight():
        raise Unavailable(MISSING, "scikit-learn is not installed here: add the extra “insight”. 未安装 scikit-learn。")
