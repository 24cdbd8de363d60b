"""Masks against what people write; lengths and places stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels.masking import GAP, masked

ALPHABET = st.text(
    alphabet="王李周先生女士某我叫投诉邻居老小家的在许多联系人：电话一二 0123456789-ABXx浙.@Mr JohnSmith\n路灯坏了",
    max_size=60,
)


@pytest.mark.parametrize(
    ("text", "gone", "stays"),
    [
        ("王先生投诉张伟老师乱收费", ("王", "张伟"), ("先生投诉", "老师乱收费")),
        ("我叫李雷，电话１３８ 1234 5678", ("李雷", "1234", "5678"), ("我叫", "电话")),
        ("身份证33020519900101123X丢了", ("330205", "123X"), ("身份证", "丢了")),
        ("浙B12345长期乱停", ("浙B", "12345"), ("长期乱停",)),
        ("浙BD12345占用充电桩", ("BD1", "12345"), ("占用充电桩",)),
        ("联系人：陈小明 0574-87654321", ("陈小明", "0574", "8765"), ("联系人",)),
        ("业主欧阳娜反映漏水", ("欧阳",), ("业主", "漏水")),
        ("张伟家的狗半夜叫", ("张伟",), ("家的狗半夜叫",)),
        ("投诉李四违建", ("李四",), ("投诉", "违建")),
        ("投诉张三丰", ("张三",), ("投诉",)),
        ("举报张三丰", ("张三",), ("举报",)),
        ("隔壁老王养狗，小周家也养", ("老王", "小周"), ("隔壁", "养狗", "家也养")),
        ("邻居陈大明把垃圾放楼道", ("陈大明",), ("邻居", "把垃圾放楼道")),
        ("电话一三八零零一三八零零零", ("一三八", "零零零"), ("电话",)),
        ("Mr. John Smith says the lamp is out", ("John", "Smith"), ("says the lamp",)),
        ("write to a.b@example.cn please", ("a.b", "example"), ("write to", "please")),
        ("see https://example.cn/x?y=1 there", ("example",), ("see", "there")),
    ],
)
def test_what_points_at_a_person_is_gone(text: str, gone: tuple[str, ...], stays: tuple[str, ...]) -> None:
    found = masked(text)
    assert not [word for word in gone if word in found]
    assert not [word for word in stays if word not in found]


@pytest.mark.parametrize(
    "text",
    [
        "A7县恒大御景半岛楼盘",
        "路灯坏了3天",
        "2019年10月25日停水",
        "120急救车",
        "高速公路噪音大",
        "投诉施工扰民 周边的路灯也不亮",
        "王家村的路不平 许多人在打架",
        "严重的噪音 任何人都不管",
        "楼上施工的声音 小区的门",
        "单元的门坏了 杨树的树枝倒了",
        "一二三四五六",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert masked(text) == text


@given(ALPHABET)
def test_places_stay_and_a_second_mask_finds_nothing_more(text: str) -> None:
    found = masked(text)
    assert len(found) == len(text)
    assert all(after in (before, GAP) or before > "\uff00" for before, after in zip(text, found, strict=True))
    assert masked(found) == found


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", " ", "-"]))
def test_a_mobile_number_never_comes_through(number: str, between: str) -> None:
    written = between.join((number[:3], number[3:7], number[7:]))
    assert not any(char.isdigit() for char in masked(f"请打{written}找我"))
