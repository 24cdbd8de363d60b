"""A kernel's sentence in the reader's language, with sentences inside sentences and names in a row."""

import pytest
from django.utils.translation import override

from pianqu.foundation.saying import told, told_again
from pianqu.kernels.partition.reasons import Kind, Reason
from pianqu.kernels.saying import kept, say

CENTRES = say("Centres %(units)s are locked into one cluster (%(cluster)s).", units="甲社区, 乙社区", cluster=1)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh-hans", "中心 甲社区、乙社区 被锁进了同一个片区（1）。请解锁其中一个，或增加片区数。"),
        (
            "en",
            "Centres 甲社区, 乙社区 are locked into one cluster (1). Please unlock one of them, or ask for more clusters.",
        ),
    ],
)
def test_names_in_a_row_are_parted_as_the_language_does(language: str, said: str) -> None:
    reason = Reason(kind=Kind.TWO_CENTRES, sentence=CENTRES)
    with override(language):
        assert told(reason.advised) == said
        assert told_again(kept(reason.advised)) == said


def test_a_percent_sign_stands_for_itself_where_nothing_is_filled_in() -> None:
    assert told(say("100 % of nothing")) == "100 % of nothing"
