"""Rules of dispatch from and to Excel: a table becomes the draft, with every wrong line named; nothing is in force by it."""

from django.contrib.auth.decorators import login_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.composition.desk.uploads import sent_list
from pianqu.composition.desk.who import colleague
from pianqu.composition.desk.workbooks import workbook_answer
from pianqu.composition.importing import dispatch_rules
from pianqu.foundation.errors import Invalid, Problem, as_problem
from pianqu.rooms.casework import queries as casework

SHOWN = 60


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def take_in(request: HttpRequest) -> HttpResponse:
    """The form; with a file, its lines become the draft, all of them or the good ones, or they are only checked."""
    actor, now = colleague(request), timezone.now()
    casework.rule_versions(actor, on=timezone.localdate(now))
    if request.method != "POST":
        return render(request, "composition/dispatch_rules.html", {"asked": {}})
    asked = {"skip": request.POST.get("skip") == "1", "check": request.POST.get("step") == "check"}
    context: dict[str, object] = {"asked": asked}
    missing = _("Please choose a file: Excel (.xlsx) or CSV (.csv).")
    try:
        with sent_list(request, missing=missing, largest=dispatch_rules.LARGEST) as (path, _name):
            found = dispatch_rules.read(path, on=timezone.localdate(now))
        n, faults = len(found.good), found.faults
        context["good"] = ngettext("%(n)s rule can be taken.", "%(n)s rules can be taken.", n) % {"n": n}
        context |= {"faults": faults[:SHOWN], "bad": len(faults), "more": max(0, len(faults) - SHOWN)}
        if not asked["check"] and (asked["skip"] or not faults):
            number = dispatch_rules.take(found, actor=actor, now=now)
            return redirect("casework:rules_version", number=number)
    except (Problem, OperationalError) as error:
        problem = as_problem(error)
        if problem is None:
            raise
        return render(
            request, "composition/dispatch_rules.html", {**context, "error": problem.message}, status=problem.status
        )
    return render(request, "composition/dispatch_rules.html", context, status=Invalid.status if faults else 200)


@never_cache
@login_required
@require_safe
def book(request: HttpRequest, number: int) -> HttpResponse:
    """A version as a table that can be changed and sent back."""
    actor, today = colleague(request), timezone.localdate()
    card = casework.rule_version(actor, number, on=today)
    return workbook_answer(dispatch_rules.workbook(card.rules, on=today), f"rules-{number}.xlsx")
