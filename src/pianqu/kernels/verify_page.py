"""Fill the offline check with what it must know: whose signatures count, and the names of this district.

Problem: one HTML file that checks receipts without a network, served under a strict policy and kept by people at home.
Method: policy and names go into one JSON data block, which no browser executes; script and style stay as they were built, so
their checksums are constant and the policy can name them instead of allowing anything inline.
Source: CSP Level 3, hash sources; HTML, script data blocks.
Cost: O(length). Guarantee: no value can end the data block or become markup; the result is the same for the same input.
"""

import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

PLACEHOLDER = "@configuration@"
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)

Pair = tuple[str, str]
"""A name in Chinese and in English."""


@dataclass(frozen=True, slots=True)
class VerifyPage:
    """The finished page, and the checksums of its script and style as a content security policy writes them."""

    html: str
    script_hashes: tuple[str, ...]
    style_hashes: tuple[str, ...]


def render(
    template: str,
    *,
    policy: str,
    district: Pair,
    language: str = "zh",
    names: Mapping[str, Pair] | None = None,
    twin: Sequence[str] = (),
) -> VerifyPage:
    """The page for this policy (C2SP tlog-policy).

    `names` maps "organisation:330205", "category:roads", "place:…", "kind:…", "witness:…" to a pair.
    `twin` are the keys of the ledger's twin by the national standards.
    """
    configuration = {
        "policy": policy,
        "district": district,
        "language": language,
        "names": dict(names or {}),
        "twin": list(twin),
    }
    block = json.dumps(configuration, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    if template.count(PLACEHOLDER) != 1:
        raise ValueError("this is not the template of the offline check")
    return VerifyPage(
        html=template.replace(PLACEHOLDER, block.replace("<", "\\u003c")),
        script_hashes=_hashes(_SCRIPT, template),
        style_hashes=_hashes(_STYLE, template),
    )


def _hashes(pattern: re.Pattern[str], page: str) -> tuple[str, ...]:
    return tuple(
        "'sha256-" + b64encode(sha256(found.encode()).digest()).decode() + "'" for found in pattern.findall(page)
    )
