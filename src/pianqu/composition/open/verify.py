"""The offline check, served and downloaded: one file that needs nobody, under a policy that names its script and style."""

from functools import lru_cache
from importlib.resources import files

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pianqu.kernels.verify_page import Pair, VerifyPage, render
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.territory import queries as territory

FILE_NAME = "pianqu-verify.html"
DISTRICT: Pair = ("江北片区", "Jiangbei Clusters")


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The check on screen. It sends nothing anywhere: its policy forbids every connection."""
    made = made_page()
    response = HttpResponse(made.html)
    response["Content-Security-Policy"] = policy(made)
    return response


@never_cache
@require_safe
def download(request: HttpRequest) -> HttpResponse:
    """The same file to keep at home."""
    response = HttpResponse(made_page().html, content_type="text/html; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{FILE_NAME}"'
    return response


def policy(made: VerifyPage) -> str:
    """Nothing but the page's own script and style, by checksum, and pictures that the reader chooses."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(made.script_hashes)}",
            f"style-src {' '.join(made.style_hashes)}",
            "img-src blob:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def made_page() -> VerifyPage:
    """The check as it is kept at home today, in the reader's language."""
    language = "en" if (get_language() or "").startswith("en") else "zh"
    return render(
        _template(),
        policy=ledger.policy_text(),
        district=DISTRICT,
        language=language,
        names=names(),
        twin=ledger.twin_card().vkeys,
    )


@lru_cache(maxsize=1)
def _template() -> str:
    return files("pianqu.rooms.ledger").joinpath("static/ledger/verify.html").read_text(encoding="utf-8")


def names() -> dict[str, Pair]:
    """What codes in a receipt are called, so that the saved file can say it without a network."""
    organisations = directory.all_organisations()
    found = {f"organisation:{card.code}": (card.name, card.name_en or card.name) for card in organisations}
    found |= {f"category:{card.code}": (card.name_zh, card.name_en) for card in casework.categories()}
    rule = ledger.policy().rule
    witnesses = {one.name for one in rule.witnesses} | {one.name for one in rule.groups}
    found |= {
        f"witness:{card.name}": (card.name, card.name_en)
        for card in organisations
        if card.name in witnesses and card.name_en
    }
    places = territory.places().values()
    return found | {f"place:{card.code}": (card.name, card.name_en or card.name) for card in places}
