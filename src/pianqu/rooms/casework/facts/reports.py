"""What casework promises to have happened with a month's report. Its words stay in the table."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class AboutReport(Fact, shared=True):
    """What happened to the report of a month."""

    report_id: str
    month: str


@dataclass(frozen=True, kw_only=True)
class ReportDrafted(AboutReport):
    """Figures of the month were put into sentences."""

    kind: ClassVar[str] = "casework.report-drafted"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Report of a month drafted")

    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class ReportEdited(AboutReport):
    """Somebody changed its words."""

    kind: ClassVar[str] = "casework.report-edited"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Report of a month edited")

    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class ReportIssued(AboutReport):
    """A leader issued it. The digests are the SHA-256 of the files that readers get."""

    kind: ClassVar[str] = "casework.report-issued"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Report of a month issued")

    words_commitment: str
    word_digest: str
    pdf_digest: str
