"""What a timestamp authority answered is written down: its token, or what keeps it."""

from datetime import datetime
from hashlib import sha256

from django.db import transaction

from pianqu.kernels.note import CheckpointBody, text_of
from pianqu.kernels.timestamp import Stamp
from pianqu.rooms.ledger.models import Anchor, Authority


def keep_anchor(*, url: str, text: str, token: bytes, stamp: Stamp, now: datetime) -> None:
    """Keep a token that was checked; one that is there for this size already stays."""
    size = CheckpointBody.decode(text_of(text)).size
    with transaction.atomic():
        Anchor.objects.get_or_create(
            size=size,
            defaults={
                "text": text,
                "digest": sha256(text.encode()).digest(),
                "token": token,
                "stamped_at": stamp.at,
                "authority": stamp.authority,
                "kept_at": now,
            },
        )
        Authority.objects.update_or_create(url=url, defaults={"trouble": "", "detail": "", "trouble_at": None})


def note_authority_trouble(*, url: str, trouble: str, detail: str, now: datetime) -> bool:
    """Write down what keeps the authority; answers whether that is news."""
    with transaction.atomic():
        row, _made = Authority.objects.get_or_create(url=url)
        news = row.trouble != trouble
        row.trouble_at = row.trouble_at or now
        row.trouble, row.detail = trouble, detail[:200]
        row.save()
    return news
