"""Doors that only a form opens. Who comes there by the address (a reload, another language) is led to the page of the form."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

Door = Callable[..., HttpResponse]


def posted(page: str, *, by: str = "") -> Callable[[Door], Door]:
    """Answer anything but POST by a redirect to `page`, which takes the argument `by`, or none."""

    def guard(view: Door) -> Door:
        @wraps(view)
        def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "POST":
                return view(request, *args, **kwargs)
            back: HttpResponse = redirect(page, **({by: kwargs[by]} if by else {}))
            return back

        return door

    return guard
