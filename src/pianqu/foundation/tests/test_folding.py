"""Folded templates say what Django's own say, in each language and under each prefix, and keep what depends on the answer."""

from pathlib import Path

import pytest
from django.template import Context, Engine, TemplateDoesNotExist
from django.template.base import TextNode
from django.urls import set_script_prefix
from django.utils import translation

PLAIN, FOLDED = "django.template.loaders.cached.Loader", "pianqu.foundation.folding.Loader"
LIBRARIES = {
    "i18n": "django.templatetags.i18n",
    "static": "django.templatetags.static",
    "ui": "pianqu.foundation.templatetags.ui",
}
PAGE = """{% load i18n ui static %}{% comment %}nothing{% endcomment %}<p title="{% translate 'Save' %}">{% icon "check" %}
{% translate "Sign out" %}
{% translate "Save" as saved %}{{ saved }}{% translate word %}{% translate "save"|upper %}
{% icon name %}{% if shown %}{% translate "Save" %}
{% for x in rows %}{% icon "x" %}{{ x }}{% empty %}{% translate "Save" %}{% endfor %}
{% else %}{% icon "lock" %}{% endif %}{% with a=1 %}{% translate "Save" %}{{ a }}{% endwith %}
{% url 'health' %}{% url 'health' as at %}{{ at }}
{% static "ui/app.css" %}{% blocktranslate %}Keys{% endblocktranslate %}
{% block inner %}{% translate "Save" %}{% endblock %}</p>"""


def engine(loader: str, folder: Path) -> Engine:
    inner = [("django.template.loaders.filesystem.Loader", [str(folder)])]
    return Engine(loaders=[(loader, inner)], libraries=LIBRARIES)


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    "values",
    [{}, {"shown": True, "rows": ["<b>", 2]}, {"shown": True, "word": "Save", "name": "check", "rows": []}],
)
def test_it_says_what_djangos_own_loader_says(tmp_path: Path, language: str, values: dict[str, object]) -> None:
    write(tmp_path, "page.html", PAGE)
    write(
        tmp_path,
        "own.html",
        '{% extends "page.html" %}{% load i18n %}{% block inner %}{% translate "Keep" %}{{ block.super }}{% endblock %}',
    )
    write(
        tmp_path,
        "with.html",
        '{% include "page.html" %}{% autoescape off %}{% include "own.html" %}{% endautoescape %}',
    )
    given = {"name": "x", "word": "", **values}
    with translation.override(language):
        for name in ("page.html", "own.html", "with.html"):
            plain, folded = (
                engine(kind, tmp_path).get_template(name).render(Context(given)) for kind in (PLAIN, FOLDED)
            )
            assert folded == plain


def test_each_language_has_its_own(tmp_path: Path) -> None:
    write(tmp_path, "page.html", '{% load i18n %}{% translate "Saturday" %}')
    folded = engine(FOLDED, tmp_path)
    for _turn in range(2):
        for language, word in (("zh-hans", "星期六"), ("en", "Saturday")):
            with translation.override(language):
                assert folded.get_template("page.html").render(Context()) == word


def test_each_prefix_has_its_own(tmp_path: Path) -> None:
    write(tmp_path, "page.html", "{% url 'health' %}")
    folded = engine(FOLDED, tmp_path)
    assert folded.get_template("page.html").render(Context()) == "/health/"
    try:
        set_script_prefix("/district/")
        assert folded.get_template("page.html").render(Context()) == "/district/health/"
    finally:
        set_script_prefix("/")


def test_constants_become_one_text(tmp_path: Path) -> None:
    write(
        tmp_path,
        "page.html",
        '{% load i18n ui %}<b>{% icon "check" %}{% translate "Save" %}</b>{{ x }}<i>{% icon "x" %}</i>',
    )
    nodes = engine(FOLDED, tmp_path).get_template("page.html").nodelist
    assert [isinstance(node, TextNode) for node in nodes] == [True, False, True]


def test_an_unknown_address_is_said_when_it_is_shown(tmp_path: Path) -> None:
    write(tmp_path, "page.html", "{% if x %}{% url 'no-such-address' %}{% endif %}fine")
    assert engine(FOLDED, tmp_path).get_template("page.html").render(Context()) == "fine"


def test_a_missing_template_is_missing(tmp_path: Path) -> None:
    for _turn in range(2):
        with pytest.raises(TemplateDoesNotExist):
            engine(FOLDED, tmp_path).get_template("none.html")
