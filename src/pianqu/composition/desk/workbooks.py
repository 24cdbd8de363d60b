"""A workbook as a page's answer."""

from django.http import HttpResponse

KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook_answer(content: bytes, name: str) -> HttpResponse:
    """To be saved under this name, and by nobody between."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=KIND, headers=headers)
