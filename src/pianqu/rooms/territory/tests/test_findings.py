"""What a kernel finds wrong with a grid is known to the room, and said in Chinese with the values in their places."""

import pytest
from django.utils.translation import override

from pianqu.kernels.overlay.findings import WORDS, Finding
from pianqu.rooms.territory.queries import findings


def test_the_room_knows_each_sentence() -> None:
    assert set(findings.KERNELS) == set(WORDS.values())


@pytest.mark.parametrize("code", sorted(WORDS))
def test_each_finding_is_said_in_chinese(code: str) -> None:
    names = {part.split(")")[0] for part in WORDS[code].split("%(")[1:]} - {"layer", "keys", "at"}
    finding = Finding(code=code, layer="police", keys=("G1",), at=(1.0, 2.0), values={name: 7 for name in names})
    with override("zh-hans"):
        said = findings.told(finding)
    with override("en"):
        assert said != findings.told(finding)
    assert any("\u4e00" <= sign <= "\u9fff" for sign in said)
    assert "%(" not in said and "%%" not in said
