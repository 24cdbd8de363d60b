"""What kernels say is known to the room, and said in Chinese; whole in English, with the values in their places."""

import ast
import json
from pathlib import Path

import pytest
from django.utils.translation import override

from pianqu import kernels
from pianqu.kernels import policy
from pianqu.kernels.policy import PolicyError
from pianqu.kernels.saying import Sentence, say
from pianqu.rooms.ledger.models import Witness
from pianqu.rooms.ledger.queries import sentences
from pianqu.rooms.ledger.queries.sentences import Stopped, told

MAKERS = {"NoteError", "PolicyError", "Unsupported", "EvmAnchorError", "EvmProofError", "TransactionError", "say"}
KEPT = {"words", "wanted"}
"""Variables that hold a sentence until it is made."""
HEARD = ("note", "cosignature", "policy", "auditing", "sm2", "twin", "evm_anchor", "evm_proof", "evm_transaction")


def words_of(name: str) -> set[str]:
    """Every sentence that a kernel makes, as it stands there."""
    path = Path(str(kernels.__file__)).with_name(f"{name}.py")
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=ast.Constant(value=str(text))) if target in KEPT:
                found.add(text)
            case ast.arguments(kwonlyargs=[ast.arg(arg="otherwise")], kw_defaults=[ast.Constant(value=str(text))]):
                found.add(text)
            case ast.Assign(targets=[ast.Name(id="_TWICE")], value=ast.Dict(values=values)):
                found |= {one.value for one in values if isinstance(one, ast.Constant) and isinstance(one.value, str)}
            case ast.Call(func=ast.Name(id=maker), args=[ast.Constant(value=str(text)), *_more]) if maker in MAKERS:
                found.add(text)
            case ast.Call(func=ast.Name(id=maker), args=[ast.JoinedStr(), *_more]) if maker in MAKERS:
                pytest.fail(f"{name}, line {node.lineno}: words and values belong apart")
    return found


@pytest.mark.parametrize("kernel", HEARD)
def test_each_sentence_of_a_kernel_has_its_chinese(kernel: str) -> None:
    said = words_of(kernel)
    assert said and said <= set(sentences.KERNELS), said - set(sentences.KERNELS)


@pytest.mark.parametrize(
    "words",
    [*sentences.KERNELS, *(text for name, text in vars(sentences).items() if name.isupper() and isinstance(text, str))],
)
def test_each_sentence_is_said_in_chinese(words: str) -> None:
    with override("zh-hans"):
        assert told(Sentence(words)) != words


def test_a_sentence_in_a_sentence_is_said_whole() -> None:
    with pytest.raises(PolicyError) as problem:
        policy.parse(b"quorum none\ngroup g 4 a\n")
    assert str(problem.value) == "line 2: “a” is not defined above"
    with override("zh-hans"):
        assert told(problem.value.sentence) == "第 2 行：“a”在上文没有写过"
    with override("en"):
        assert told(problem.value.sentence) == str(problem.value)


def test_percent_signs_stand_for_themselves() -> None:
    assert str(say("100 % sure")) == told(say("100 % sure")) == "100 % sure"
    assert str(say("“%(name)s” is taken", name="%s")) == "“%s” is taken"


def test_what_was_kept_is_read_again_and_older_rows_are_english() -> None:
    one = say(sentences.TILE_MISSING, level=0, index=3)
    assert sentences.read(sentences.kept(one)) == one
    two = say(sentences.CHAIN_ANCHOR, size=1, fault=one)
    assert sentences.read(json.loads(json.dumps(sentences.kept(two)))) == two
    assert str(sentences.read("something old, 5 % of it")) == "something old, 5 % of it"


def test_the_log_reads_english_and_a_page_the_reader_s_language() -> None:
    problem = Stopped("ledger-forked", sentences.LEDGER_FORKED, shown=7)
    with override("zh-hans"):
        assert problem.message.startswith("The ledger signs nothing: at 7") and problem.told.startswith(
            "账本停止签署：到第 7"
        )


@pytest.mark.parametrize(
    ("trouble", "detail", "is_answer"),
    [
        ("refused", "403 unknown key", True),
        ("unclear", "500 ", False),
        ("unreachable", "ConnectionRefusedError", False),
        ("unsigned", "a signature is too short", False),
    ],
)
def test_only_what_a_witness_answered_is_shown_as_its_own_words(trouble: str, detail: str, is_answer: bool) -> None:
    assert sentences.detail_of(trouble, detail) == "" and sentences.is_answer(detail) is is_answer


def test_what_is_known_of_a_trouble_is_said_in_chinese() -> None:
    with override("zh-hans"):
        assert sentences.detail_of("ahead", "9") == "9 笔"
        assert sentences.detail_of("clock", "2026-01-01 00:00:00 UTC") == "它写的时间是 2026-01-01 00:00:00 UTC"
    assert set(sentences.TROUBLES) == set(Witness.TROUBLES)
