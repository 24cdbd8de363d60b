"""The offline check as a file: its policy names exactly its script and style, and no name can break out of the data."""

import json
from pathlib import Path

import pytest

from pianqu import kernels
from pianqu.kernels import verify_page

TEMPLATE = (Path(kernels.__file__).parent.parent / "rooms/ledger/static/ledger/verify.html").read_text(encoding="utf-8")


def test_the_policy_in_the_page_names_its_own_script_and_style() -> None:
    page = verify_page.render(TEMPLATE, policy="k", district=("江北", "Jiangbei"))
    (script,), (style,) = page.script_hashes, page.style_hashes
    assert f"script-src {script}; style-src {style};" in page.html
    assert "default-src 'none'" in page.html


def test_no_name_ends_the_data_block() -> None:
    evil = "</script><script>alert(1)</script><!--"
    page = verify_page.render(TEMPLATE, policy=evil, district=(evil, evil), names={evil: (evil, evil)})
    assert evil not in page.html
    block = page.html.split('id="configuration">', 1)[1].split("</script>", 1)[0]
    assert json.loads(block)["names"] == {evil: [evil, evil]}


def test_another_file_is_refused() -> None:
    with pytest.raises(ValueError, match="template"):
        verify_page.render("<html></html>", policy="", district=("", ""))


def test_the_page_asks_nobody_for_anything() -> None:
    assert "sourceMappingURL" not in TEMPLATE
    for opening in ("src=", 'href="http', "@import", "url(", "fetch(", "XMLHttpRequest", " style=", " onclick="):
        assert opening not in TEMPLATE, opening
