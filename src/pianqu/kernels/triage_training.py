"""Learning a model of `kernels.triage` from texts and what they turned out to be. Needs scikit-learn (extra `insight`).

Problem: a few hundred to some ten thousand short texts, unbalanced classes, minutes at most, and figures that are honest.
Method: tf-idf over the features of `kernels.triage` that enough texts hold; for each class scaled by half of one and half of
how much likelier the feature is with the class than without it (the absolute log ratio), so that telling features may be
believed sooner; one-against-rest logistic loss with classes weighted by their inverse frequency, solved by a trust-region
Newton method; five folds, over which no two texts that say the same are spread (`groups_of`), give scores for texts that the
model had not seen, from which the temperature (least log loss), the threshold at 95 % precision, how familiar 95 of 100 of them
were, and every figure of the card are measured; then one fit on all. The scale is folded into the weights: predicting costs
nothing more.
Source: as `kernels.triage`; Wang and Manning 2012 (log-count ratios); Lin, Weng and Keerthi 2008 (the solver); Broder 1997
(min-hashing; 10.1109/SEQUEN.1997.666900) and Roberts et al. 2017 (folds by group; 10.1111/ecog.02881).
Cost: O(folds * classes * features of all texts * steps). Guarantee: the same texts in the same order give the same model.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, diags
from scipy.sparse.csgraph import connected_components
from sklearn.linear_model import LogisticRegression

from pianqu.kernels.triage import Figures, Head, Model, counted, figures

FOLDS = 5
STRENGTH = 5.0
"""Inverse of the regularisation."""
LEAST = 3
"""A feature that fewer texts hold is left out: what one matter alone says may be about one person."""
EVENLY, SMOOTHED = 0.5, 0.1
"""How much of a feature's scale does not depend on its class, and what is added to every count."""
SAME = 0.6
"""Texts that share so much of their features say the same."""
BANDS, BAND = 12, 3
UNLIKE = 0.05
"""A text is unlike those that were learned from where so few of them had less in common with the others."""
_PRIME = np.uint64(2**31 - 1)
Numbers = NDArray[np.float64]
Places = NDArray[np.int64]
Rows = Any
"""A sparse matrix: a text in each row. scipy has no types of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """A model, and for each of its heads how it did on texts that it had not seen."""

    model: Model
    measured: Mapping[str, Figures]


def train(
    texts: Sequence[str],
    labels: Mapping[str, Sequence[str]],
    *,
    card: Mapping[str, object] | None = None,
    least: int = LEAST,
    strength: float = STRENGTH,
    seed: int = 0,
) -> Learned:
    """Learn one head for each kind of label; an empty label means that this text has none. Every head needs two classes.

    Raises ValueError for fewer than two classes.
    """
    counts = [counted(text) for text in texts]
    vocabulary = kept_features(counts, least)
    idf = _idf(counts, vocabulary)
    rows = tfidf(counts, vocabulary, idf)
    groups = groups_of(counts)
    heads, measured = {}, {}
    for name, given in labels.items():
        there = np.array([place for place, label in enumerate(given) if label])
        truth = [given[place] for place in there]
        if len(set(truth)) < 2:
            raise ValueError(f"{name}: one class is nothing to choose between")
        folds = folds_of(truth, seed, groups[there])
        familiar = _familiar([counts[place] for place in there], folds, least)
        heads[name], measured[name] = _head(rows[there], truth, folds, strength, familiar)
    model = Model(vocabulary=tuple(vocabulary), idf=array("f", idf), heads=heads, card=dict(card or {}))
    return Learned(model=model, measured=measured)


def kept_features(counts: Iterable[Mapping[str, float]], least: int) -> dict[str, int]:
    """Features that enough texts hold, in their order, with their places."""
    holders = Counter(feature for one in counts for feature in one)
    return {feature: place for place, feature in enumerate(sorted(f for f, n in holders.items() if n >= least))}


def _idf(counts: Sequence[Mapping[str, float]], vocabulary: Mapping[str, int]) -> list[float]:
    holders = Counter(feature for one in counts for feature in one)
    return [log((1 + len(counts)) / (1 + holders[feature])) + 1 for feature in vocabulary]


def tfidf(counts: Sequence[Mapping[str, float]], vocabulary: Mapping[str, int], idf: Sequence[float]) -> Rows:
    """One row of length one for each text."""
    numbers, columns, ends = [], [], [0]
    for one in counts:
        for feature, times in one.items():
            if (place := vocabulary.get(feature)) is not None:
                columns.append(place)
                numbers.append(times * idf[place])
        ends.append(len(columns))
    rows = csr_matrix((np.array(numbers), np.array(columns), np.array(ends)), shape=(len(counts), len(vocabulary)))
    sizes = np.sqrt(rows.multiply(rows).sum(axis=1)).A1
    return diags(1 / np.where(sizes > 0, sizes, 1)) @ rows


def groups_of(counts: Sequence[Mapping[str, float]]) -> Places:
    """A number for each text, the same for those that say the same: what one copies of another, or a form's own sentence.

    Those of the same features have one number always; those that share `SAME` of them as a rule (min-hashing: where three
    quarters are shared, 998 of 1,000 pairs are found), and so does who is alike to one that is alike.
    O(texts * features * hashes).
    """
    kinds: dict[frozenset[str], int] = {}
    kind_of = [kinds.setdefault(frozenset(one), len(kinds)) for one in counts]
    held = list(kinds)
    met = {pair for bucket in _buckets(held) for pair in pairwise(bucket)}
    alike = [pair for pair in met if _shared(held[pair[0]], held[pair[1]]) >= SAME]
    ends = np.array(alike, dtype=np.int64).reshape(-1, 2).T
    graph = csr_matrix((np.ones(len(alike)), (ends[0], ends[1])), shape=(len(held), len(held)))
    group_of = connected_components(graph, directed=False)[1]
    return np.asarray(group_of[kind_of], dtype=np.int64)


def _buckets(held: Sequence[frozenset[str]]) -> Iterator[list[int]]:
    """Sets that may be alike: those with the same band of least hashes."""
    dice = np.random.default_rng(0)
    factors, addends = dice.integers(1, _PRIME, (2, BANDS * BAND), dtype=np.uint64)
    least = np.zeros((len(held), BANDS * BAND), dtype=np.uint64)
    for number, one in enumerate(held):
        codes = np.array([crc32(feature.encode()) for feature in one] or [0], dtype=np.uint64) % _PRIME
        least[number] = ((codes[:, None] * factors + addends) % _PRIME).min(axis=0)
    for band in range(0, BANDS * BAND, BAND):
        found: dict[bytes, list[int]] = {}
        for number in range(len(held)):
            found.setdefault(least[number, band : band + BAND].tobytes(), []).append(number)
        yield from (bucket for bucket in found.values() if len(bucket) > 1)


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard's index."""
    return len(one & other) / len(one | other) if one or other else 1.0


def folds_of(truth: Sequence[str], seed: int, groups: Places | None = None) -> Numbers:
    """A fold for each text, so that every class is spread evenly over all, as far as groups that stay together allow."""
    dice = np.random.default_rng(seed)
    labels, group = np.array(truth), np.arange(len(truth)) if groups is None else groups
    together: dict[tuple[int, str], list[int]] = {}
    for place in dice.permutation(len(truth)):
        together.setdefault((int(group[place]), str(labels[place])), []).append(int(place))
    sizes = Counter(int(number) for number in group)
    found, fold_of = np.zeros(len(truth)), dict[int, int]()
    filled: dict[str, list[int]] = {label: [0] * FOLDS for label in set(truth)}
    for (number, label), places in sorted(together.items(), key=lambda item: -sizes[item[0][0]]):
        there = filled[label]
        fold = fold_of.setdefault(number, min(range(FOLDS), key=lambda one, there=there: there[one]))  # type: ignore[misc]
        there[fold] += len(places)
        found[places] = fold
    return found


def _familiar(counts: Sequence[Mapping[str, float]], folds: Numbers, least: int) -> float:
    """The share of features that 95 of 100 texts have in common with a model that had not seen them."""
    long = [[feature for feature in one if len(feature) > 1] for one in counts]
    found = []
    for fold in range(FOLDS):
        holders = Counter(feature for one, other in zip(long, folds, strict=True) if other != fold for feature in one)
        for one, other in zip(long, folds, strict=True):
            if other == fold and one:
                found.append(sum(holders[feature] >= least for feature in one) / len(one))
    return float(np.quantile(found, UNLIKE)) if found else 0.0


def _head(rows: Rows, truth: Sequence[str], folds: Numbers, strength: float, familiar: float) -> tuple[Head, Figures]:
    """Fold by fold for the figures, then on all."""
    classes = sorted(set(truth))
    target = np.array([classes.index(label) for label in truth])
    scores = np.zeros((len(truth), len(classes)))
    for fold in range(FOLDS):
        weights, bias = _fit(rows[folds != fold], target[folds != fold], len(classes), strength)
        scores[folds == fold] = rows[folds == fold] @ weights + bias
    temperature = fitted_temperature(scores, target)
    shares = shares_of(scores, temperature)
    found = figures(classes, shares.tolist(), truth)
    weights, bias = _fit(rows, target, len(classes), strength)
    head = Head(
        classes=tuple(classes),
        weights=array("f", weights.astype(np.float32).ravel().tolist()),
        bias=tuple(bias.tolist()),
        temperature=temperature,
        threshold=found.threshold,
        familiar=familiar,
    )
    return head, found


def _fit(rows: Rows, target: NDArray[np.int64], classes: int, strength: float) -> tuple[Numbers, Numbers]:
    """Weights (features by classes) and bias. A class of which no text is here is never likely."""
    weights, bias = np.zeros((rows.shape[1], classes)), np.full(classes, -20.0)
    for number in range(classes):
        is_it = target == number
        if is_it.any() and not is_it.all():
            scale = telling(rows, is_it)
            learner = LogisticRegression(solver="liblinear", C=strength, class_weight="balanced", random_state=0)
            learner.fit(rows @ diags(scale), is_it)
            weights[:, number], bias[number] = learner.coef_[0] * scale, learner.intercept_[0]
    return weights, bias


def telling(rows: Rows, is_it: NDArray[np.bool_]) -> Numbers:
    """How much each feature tells about being of a class or not: see the module."""
    inside, outside = (rows[chosen].sum(axis=0).A1 + SMOOTHED for chosen in (is_it, ~is_it))
    ratio = np.log((inside / inside.sum()) / (outside / outside.sum()))
    return np.asarray(EVENLY + (1 - EVENLY) * np.abs(ratio))


def shares_of(scores: Numbers, temperature: float) -> Numbers:
    """Softmax of each row."""
    raised = np.exp((scores - scores.max(axis=1, keepdims=True)) * temperature)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def fitted_temperature(scores: Numbers, target: NDArray[np.int64]) -> float:
    """The one with the least log loss."""

    def loss(exponent: float) -> float:
        shares = shares_of(scores, float(np.exp(exponent)))
        return float(-np.log(np.maximum(shares[np.arange(len(target)), target], 1e-12)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-4, 4), method="bounded").x))
