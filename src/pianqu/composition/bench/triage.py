"""How good suggestions are: titles of messages to Chinese authorities, and the service requests of a city over nine months.

Folds are the kernel's own; every simple method is judged on the same folds by the same measures.
"""

import csv
import gzip
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.preprocessing import OrdinalEncoder
from sklearn.svm import LinearSVC

from pianqu.composition.bench.report import Row, p50, percentile
from pianqu.kernels import routing, triage, triage_training
from pianqu.kernels.triage import Figures

SEEDS = (0, 1, 2)
"""Ways to cut the titles into five folds; the figures are the means."""
LAST_LEARNED = "2015-06"


def measure(titles: Path, matters: Path, *, quick: bool) -> list[Row]:
    """Every figure, with its target."""
    return [*_categories(titles, quick=quick), *_routes(matters, quick=quick)]


# categories ----------------------------------------------------------------------------------------------------------


def _categories(path: Path, *, quick: bool) -> list[Row]:
    with path.open(encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    texts, labels = [row["title"] for row in rows], [row["category"] for row in rows]
    began = time.perf_counter()
    learned = triage_training.train(texts, {"category": labels}, seed=SEEDS[0])
    took = time.perf_counter() - began
    seeds = SEEDS[:1] if quick else SEEDS
    more = [triage_training.train(texts, {"category": labels}, seed=seed) for seed in seeds[1:]]
    found = [one.measured["category"] for one in (learned, *more)]
    sgd, svc = _simple(texts, labels, _sgd), _simple(texts, labels, LinearSVC)
    mean = _mean(found)
    speed = _speed(learned.model, texts[: 500 if quick else 2_000])
    content = triage.dump(learned.model)
    return [
        Row(name="titles", value=len(texts)),
        _row("titles: macro-F1, 5 folds", mean["macro_f1"], 0.875, sgd.macro_f1, svc.macro_f1),
        _row("titles: right one among three", mean["top3"], 0.98, sgd.top3, svc.top3),
        Row(name="titles: calibration error", value=mean["ece"], at_most=0.05, baseline=f"SGD {sgd.ece:.3f}"),
        Row(
            name="titles: coverage at 95 % precision",
            value=100 * mean["coverage"],
            unit="%",
            at_least=76,
            baseline=f"SGD {100 * sgd.coverage:.0f} %, LinearSVC {100 * svc.coverage:.0f} %",
        ),
        Row(name="titles: lowest macro-F1 of the cuts", value=min(one.macro_f1 for one in found)),
        Row(name="a text, with reasons: p50", value=speed[0], unit="ms"),
        Row(name="a text, with reasons: p99", value=speed[1], unit="ms", at_most=10),
        Row(
            name="the longest text that is read",
            value=_speed(learned.model, ["".join(texts)[:2_000]] * 20)[0],
            unit="ms",
            at_most=10,
        ),
        Row(name="training with five folds", value=took, unit="s", at_most=60),
        Row(name="model file", value=len(content) / 1e6, unit="MB"),
    ]


def _row(name: str, value: float, least: float, sgd: float, svc: float) -> Row:
    return Row(name=name, value=value, at_least=least, baseline=f"SGD {sgd:.3f}, LinearSVC {svc:.3f}")


def _mean(found: Sequence[Figures]) -> dict[str, float]:
    return {
        name: sum(getattr(one, name) for one in found) / len(found) for name in ("macro_f1", "top3", "ece", "coverage")
    }


def _sgd() -> Any:
    return SGDClassifier(loss="log_loss", alpha=1e-5, random_state=0)


def _simple(texts: Sequence[str], labels: Sequence[str], make: Callable[[], Any]) -> Figures:
    """Plain tf-idf of characters and pairs with a method as it comes, on the same folds."""
    classes = sorted(set(labels))
    groups = triage_training.groups_of([triage.counted(text) for text in texts])
    folds, truth = triage_training.folds_of(labels, SEEDS[0], groups), np.array(labels)
    shares = np.zeros((len(texts), len(classes)))
    for fold in range(triage_training.FOLDS):
        seen = [text for text, one in zip(texts, folds, strict=True) if one != fold]
        new = [text for text, one in zip(texts, folds, strict=True) if one == fold]
        of = TfidfVectorizer(analyzer="char", ngram_range=(1, 2))
        learner = make().fit(of.fit_transform(seen), truth[folds != fold])
        rows = of.transform(new)
        has = hasattr(learner, "predict_proba")
        shares[folds == fold] = (
            learner.predict_proba(rows) if has else triage_training.shares_of(learner.decision_function(rows), 1.0)
        )
    return triage.figures(classes, shares.tolist(), labels)


def _speed(model: triage.Model, texts: Sequence[str]) -> tuple[float, float]:
    """Median and 99th percentile in milliseconds."""
    took = []
    for text in texts:
        began = time.perf_counter()
        triage.suggest(model, text)
        took.append((time.perf_counter() - began) * 1000)
    return p50(took), percentile(took, 0.99)


# routes --------------------------------------------------------------------------------------------------------------


def _routes(path: Path, *, quick: bool) -> list[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as source:
        rows = sorted(csv.DictReader(source), key=lambda row: row["OPEN_DT"])
    old = [row for row in rows if row["OPEN_DT"][:7] <= LAST_LEARNED]
    new = [row for row in rows if row["OPEN_DT"][:7] > LAST_LEARNED]
    made = [
        Row(name="requests learned from, January to June", value=len(old)),
        Row(name="tested on, July to September", value=len(new)),
    ]
    boosted = "" if quick else f", gradient boosting {_boosted(old, new):.4f}"
    for name, column, least, other in (("department", "Department", 0.950, boosted), ("queue", "QUEUE", 0.720, "")):
        began = time.perf_counter()
        router = routing.learn([_matter(row) for row in old], [row[column] for row in old])
        took = time.perf_counter() - began
        right = sum(router.first(_matter(row)) == row[column] for row in new) / len(new)
        made += [
            Row(
                name=f"routed to the right {name}",
                value=right,
                at_least=least,
                baseline=f"look-up by type {_looked_up(old, new, column):.4f}{other}",
            ),
            Row(name=f"learning the {name}s", value=took, unit="s", at_most=60),
        ]
    return made


def _matter(row: dict[str, str]) -> routing.Matter:
    lon, lat = row["LONGITUDE"], row["LATITUDE"]
    return routing.Matter(kind=row["TYPE"], lon=float(lon) if lon else None, lat=float(lat) if lat else None)


def _looked_up(old: Sequence[dict[str, str]], new: Sequence[dict[str, str]], column: str) -> float:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in old:
        counts[row["TYPE"]][row[column]] += 1
    common = Counter(row[column] for row in old).most_common(1)[0][0]
    first = {kind: of.most_common(1)[0][0] for kind, of in counts.items()}
    return sum(first.get(row["TYPE"], common) == row[column] for row in new) / len(new)


def _boosted(old: Sequence[dict[str, str]], new: Sequence[dict[str, str]]) -> float:
    """Gradient boosting over type, source, hour and coordinates."""
    of = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    of.fit([[row["TYPE"], row["Source"]] for row in old])

    def table(rows: Sequence[dict[str, str]]) -> Any:
        codes = of.transform([[row["TYPE"], row["Source"]] for row in rows])
        rest = [
            [float(row["OPEN_DT"][11:13]), float(row["LATITUDE"] or "nan"), float(row["LONGITUDE"] or "nan")]
            for row in rows
        ]
        return np.hstack([codes, np.array(rest)])

    learner = HistGradientBoostingClassifier(
        learning_rate=0.2, max_iter=40, max_leaf_nodes=15, l2_regularization=20, min_samples_leaf=30,
        categorical_features=[0, 1], early_stopping=False, random_state=0,
    )  # fmt: skip
    learner.fit(table(old), [row["Department"] for row in old])
    return float((learner.predict(table(new)) == np.array([row["Department"] for row in new])).mean())
