"""What another district says of itself, asked over the network before it is connected."""

from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _

from pianqu.foundation import posting
from pianqu.foundation.errors import Invalid
from pianqu.foundation.installation import installation
from pianqu.kernels import letter as kernel

CARD = "/districts/v1/card"
LETTERS = "/districts/v1/letters"
MOST = 8_192


def checked_url(url: str) -> SplitResult:
    """The address in parts. Raises Invalid for what is none, or leads over http without the operator's leave."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    plain = parts.path.isascii() and parts.path.isprintable() and not {*" ?#"} & {*url.strip()}
    known = parts.scheme in {"https", "http"} and parts.hostname and not parts.username and port != 0
    if len(url) > 300 or not plain or not known:
        raise Invalid("partner-url", _("Please give an address like https://district.example."))
    if parts.scheme == "http" and not installation().webhook_networks:
        raise Invalid("partner-url", _("Matters leave over https only. Please give an https address."))
    return parts


class NoCard(Invalid):
    """No district answers at this address."""


def read_card(url: str) -> kernel.Card:
    """The card of the district at this address. Raises NoCard with the reason."""
    base = url.strip().rstrip("/")
    address = posting.address_of(base)
    if not address:
        sentence = _("This address is not known, or lies inside a network that may not be reached from here.")
        raise NoCard("card-not-reached", sentence)
    try:
        reply = posting.get(f"{base}{CARD}", {}, address=address, most=MOST)
    except (posting.NotSent, posting.Unclear) as error:
        raise NoCard("card-not-reached", _("Nobody answers there. Is the address right?")) from error
    if reply.status != 200:
        raise NoCard("card-absent", _("There is a server, but it is not a district's platform."))
    try:
        return kernel.card(reply.body)
    except kernel.LetterError as error:
        raise NoCard("card-broken", _("There is a server, but it is not a district's platform.")) from error
