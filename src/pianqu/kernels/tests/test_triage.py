"""Suggestions: an oracle without its shortcuts, a model that learns what it can, files that were changed, figures by hand."""

import json
import math
import random
import zlib
from array import array
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pianqu.kernels import triage, triage_training
from pianqu.kernels.masking import GAP
from pianqu.kernels.triage import Guess, Head, Model, Starter

CLASSES = ("light", "noise", "refund")
SAID = {
    "light": ("路灯不亮", "路灯坏了", "灯杆倒了", "street light broken"),
    "noise": ("噪音扰民", "半夜太吵", "施工噪声", "loud music at night"),
    "refund": ("商家不退款", "超市不退钱", "要求退款", "shop refuses refund"),
}
WHERE = ("小区门口", "桥边", "菜场旁", "学校对面", "公园里")


def matters(count: int = 120, seed: int = 3) -> tuple[list[str], list[str]]:
    dice = random.Random(seed)
    labels = [CLASSES[number % 3] for number in range(count)]
    return [dice.choice(WHERE) + dice.choice(SAID[label]) + f"请处理{dice.randrange(9)}" for label in labels], labels


@pytest.fixture(scope="module")
def learned() -> triage_training.Learned:
    texts, labels = matters()
    halves = ["urban" if label == "light" else "market" if label == "refund" else "" for label in labels]
    return triage_training.train(texts, {"category": labels, "organisation": halves}, card={"of": "test"})


def test_it_learns_what_can_be_learned_and_says_why(learned: triage_training.Learned) -> None:
    first = triage.suggest(learned.model, "我家楼下的路灯三天不亮")[0]
    assert first.label == "light"
    assert first.phrases[0] == "路灯" or "路灯" in "".join(first.phrases)
    assert triage.suggest(learned.model, "the STREET LIGHT is out")[0].label == "light"
    assert triage.suggest(learned.model, "要求商家退款", "organisation")[0].label == "market"
    assert learned.measured["category"].macro_f1 > 0.95
    assert learned.measured["organisation"].by_class["urban"][2] == 40


def test_the_same_matters_give_the_same_file(learned: triage_training.Learned) -> None:
    texts, labels = matters()
    one = triage_training.train(texts, {"category": labels})
    two = triage_training.train(texts, {"category": labels})
    assert triage.dump(one.model) == triage.dump(two.model)


def test_one_class_is_nothing_to_learn() -> None:
    with pytest.raises(ValueError, match="one class"):
        triage_training.train(["路灯", "路灯坏", "灯"], {"category": ["a", "a", ""]})


def test_who_copies_stands_in_one_fold_with_whom_it_was_copied_from() -> None:
    said = "小区门口的路灯坏了三天没有人来修，请尽快处理"
    others = ["桥边半夜施工太吵，睡不着觉", "超市卖过期食品还不退钱", "河边的垃圾堆了一个星期没有清运"]
    texts = [said, f"{said}，谢谢", *others, said.replace("三天", "五天"), said]
    groups = triage_training.groups_of([triage.counted(text) for text in texts])
    assert len({groups[0], groups[1], groups[5], groups[6]}) == 1 and len(set(groups)) == 4


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(CLASSES)), min_size=5, max_size=80), st.integers(0, 3))
def test_no_group_is_spread_over_folds(drawn: list[tuple[int, str]], seed: int) -> None:
    groups = np.array([group for group, _label in drawn])
    folds = triage_training.folds_of([label for _group, label in drawn], seed, groups)
    assert all(len(set(folds[groups == group])) == 1 for group in set(groups.tolist()))
    assert set(folds) <= set(range(triage_training.FOLDS))


@given(st.lists(st.sampled_from(CLASSES), min_size=5, max_size=80), st.integers(0, 3))
def test_without_groups_every_class_is_spread_evenly(labels: list[str], seed: int) -> None:
    folds = triage_training.folds_of(labels, seed)
    for label in set(labels):
        sizes = [sum(f == fold for f, one in zip(folds, labels, strict=True) if one == label) for fold in range(5)]
        assert max(sizes) - min(sizes) <= 1


def test_a_text_twice_is_no_proof_of_the_other() -> None:
    """Every text of two classes stands there five times: whoever spread the copies over folds would find itself always right."""
    dice = random.Random(5)
    signs = [chr(0x4E00 + number) for number in range(400)]
    texts = ["".join(dice.sample(signs, 12)) for _number in range(40)]
    labels = [CLASSES[number % 2] for number in range(40)]
    measured = triage_training.train(texts * 5, {"category": labels * 5}).measured["category"]
    assert measured.accuracy < 0.8


def test_what_is_unlike_all_that_was_learned_is_less_familiar(learned: triage_training.Learned) -> None:
    least = learned.model.heads["category"].familiar
    assert triage.familiarity(learned.model, "小区门口路灯坏了请处理") >= least > 0
    for strange in ("今天天气真好", "吃饭", "救命", "", "!!"):
        assert triage.familiarity(learned.model, strange) < least


def test_a_file_from_before_familiarity_is_read(learned: triage_training.Learned) -> None:
    content = triage.dump(learned.model)
    text, _newline, numbers = zlib.decompress(content[len(triage.FORMAT) + 65 :]).partition(b"\n")
    head = json.loads(text)
    for one in head["heads"].values():
        del one["familiar"]
    body = zlib.compress(json.dumps(head).encode() + b"\n" + numbers)
    old = triage.load(triage.FORMAT + sha256(body).hexdigest().encode() + b"\n" + body)
    assert {one.familiar for one in old.heads.values()} == {0.0}


# nothing about a person ----------------------------------------------------------------------------------------------


def test_no_feature_is_keyed_on_a_person() -> None:
    """Three matters name the same people again and again: the model knows none of them by name, number or plate."""
    texts, labels = matters()
    told = [f"我叫李雷雷，电话13812345678，{text}，浙B12345，Mr Wilkinson" for text in texts]
    model = triage_training.train(told, {"category": labels}).model
    assert triage.SCHEMA == ("a character", "two neighbouring characters", "a word in Latin letters")
    for feature in model.vocabulary:
        assert len(feature) <= 2 or feature.isascii()
        assert GAP not in feature
        assert not any(part in feature for part in ("雷", "138", "12345", "浙", "wilkinson"))
    assert not any("李" in feature for feature in model.vocabulary)


def test_a_feature_of_one_matter_alone_is_not_kept() -> None:
    texts, labels = matters()
    model = triage_training.train([*texts, "郁郁葱葱"], {"category": [*labels, "light"]}).model
    assert not [feature for feature in model.vocabulary if "葱" in feature]
    assert triage_training.LEAST == 3


def test_a_reason_shows_no_masked_span(learned: triage_training.Learned) -> None:
    for guess in triage.suggest(learned.model, "张三先生13812345678说路灯坏了"):
        assert not any(sign in phrase for phrase in guess.phrases for sign in "张138")


# the arithmetic ------------------------------------------------------------------------------------------------------


def plain(model: Model, text: str) -> list[float]:
    """Probabilities by dense vectors and no shortcut."""
    head = model.heads["category"]
    counts: dict[str, int] = {}
    for feature, _s, _e in triage.features(text):
        counts[feature] = counts.get(feature, 0) + 1
    dense = [
        (1 + math.log(counts[name])) * model.idf[place] if name in counts else 0.0
        for place, name in enumerate(model.vocabulary)
    ]
    size = math.sqrt(sum(value**2 for value in dense))
    width = len(head.classes)
    scores = [
        head.bias[c] + sum(value / size * head.weights[place * width + c] for place, value in enumerate(dense))
        for c in range(width)
    ]
    raised = [math.exp(head.temperature * score) for score in scores]
    return [value / sum(raised) for value in raised]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([w for ws in SAID.values() for w in ws] + list(WHERE)), min_size=1, max_size=6))
def test_probabilities_are_those_of_dense_vectors(parts: list[str]) -> None:
    model = _small()
    text = "，".join(parts)
    expected = dict(zip(model.heads["category"].classes, plain(model, text), strict=True))
    found = triage.suggest(model, text, top=9)
    assert sum(guess.probability for guess in found) == pytest.approx(1)
    for guess in found:
        assert guess.probability == pytest.approx(expected[guess.label], abs=1e-6)
    assert [g.probability for g in found] == sorted((g.probability for g in found), reverse=True)


_kept: list[Model] = []


def _small() -> Model:
    if not _kept:
        texts, labels = matters()
        _kept.append(triage_training.train(texts, {"category": labels}).model)
    return _kept[0]


@given(st.text(max_size=200))
def test_any_text_is_weighed_and_reasons_stand_in_it(text: str) -> None:
    for guess in triage.suggest(_small(), text):
        assert 0 <= guess.probability <= 1
        assert all(phrase in text and len(phrase) > 1 for phrase in guess.phrases)


def test_a_text_of_which_nothing_is_known_gets_no_guess() -> None:
    assert triage.suggest(_small(), "") == ()
    assert triage.suggest(_small(), "ζζζ") == ()


# files ---------------------------------------------------------------------------------------------------------------


def test_a_file_comes_back_as_it_was(learned: triage_training.Learned) -> None:
    content = triage.dump(learned.model)
    back = triage.load(content)
    assert back == learned.model
    assert triage.dump(back) == content
    assert len(triage.digest(content)) == 64


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_file_of_which_one_bit_changed_is_refused(data: st.DataObject) -> None:
    content = bytearray(triage.dump(_small()))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(triage.Corrupt):
        triage.load(bytes(content))


@given(st.binary(max_size=400))
def test_no_bytes_are_taken_for_a_model(content: bytes) -> None:
    for tried in (content, triage.FORMAT + content):
        with pytest.raises(triage.Corrupt):
            triage.load(tried)


def test_numbers_that_do_not_fit_the_vocabulary_are_refused() -> None:
    head = Head(classes=("a", "b"), weights=array("f", [1, 2]), bias=(0.0, 0.0), temperature=1.0, threshold=2.0)
    broken = Model(vocabulary=("x", "y"), idf=array("f", [1, 1]), heads={"category": head})
    with pytest.raises(triage.Corrupt):
        triage.load(triage.dump(broken))


# without a model, and danger -----------------------------------------------------------------------------------------


def test_phrases_count_with_the_square_of_their_length() -> None:
    starter = Starter(phrases={"a": ("路灯",), "b": ("灯", "路灯坏")})
    assert [(g.label, g.phrases) for g in starter.suggest("路灯坏了，灯")] == [("b", ("路灯坏", "灯"))]
    assert starter.suggest("晴天") == ()
    assert starter.suggest("路灯")[0] == Guess(label="a", probability=0.5, phrases=("路灯",))


def test_a_phrase_of_two_classes_counts_half_for_each() -> None:
    found = Starter(phrases={"a": ("小区",), "b": ("小区", "电梯")}).suggest("小区电梯")
    assert [(g.label, round(g.probability, 3)) for g in found] == [("b", 0.5), ("a", 0.167)]


def test_latin_phrases_begin_a_word() -> None:
    starter = Starter(phrases={"a": ("lift",), "b": ("lamp",)})
    assert [g.label for g in starter.suggest("Lifts and clamps")] == ["a"]


@given(st.integers(0, 3), st.lists(st.text(max_size=3), max_size=3), st.integers(0, 3))
def test_danger_can_only_raise(urgency: int, found: list[str], to: int) -> None:
    after = triage.raised(urgency, found, to)
    assert after >= urgency
    assert after == urgency if not found else after >= to


def test_danger_is_found_once_in_its_order() -> None:
    assert triage.hazards("楼道着火冒烟，着火了", ("冒烟", "着火", "爆炸")) == ("着火", "冒烟")


# figures -------------------------------------------------------------------------------------------------------------


def test_figures_by_hand() -> None:
    shares = [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]]
    found = triage.figures(("a", "b"), shares, ["a", "a", "b", "b"], precision=1.0)
    assert (found.accuracy, found.top3, found.coverage, found.threshold) == (0.75, 1.0, 0.75, 0.7)
    assert found.by_class == {"a": (2 / 3, 1.0, 2), "b": (1.0, 0.5, 2)}
    assert found.macro_f1 == pytest.approx((0.8 + 2 / 3) / 2)


def test_calibration_by_hand() -> None:
    assert triage.ece([0.95, 0.95, 0.55], [True, False, True]) == pytest.approx((0.9 + 0.45) / 3)


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9]), st.booleans()), min_size=1, max_size=30))
def test_the_threshold_is_the_lowest_that_holds(rows: list[tuple[float, bool]]) -> None:
    sure, right = [value for value, _hit in rows], [hit for _value, hit in rows]
    held = []
    for least in sorted(set(sure)):
        above = [hit for value, hit in rows if value >= least]
        if sum(above) >= 0.8 * len(above):
            held.append((least, len(above) / len(rows)))
    assert triage.threshold_at(sure, right, 0.8) == (held[0] if held else (2.0, 0.0))
