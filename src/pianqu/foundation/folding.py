"""Templates with their constants worked out once per language, not for each answer.

A page of the desk holds some hundred translated words, icons and addresses that are the same in every answer. This loader keeps a
template for each language and each prefix under which the site is served, and puts such tags' text in their place when it is
loaded: `translate` of a literal, `icon` of a literal, `url` of a literal name without arguments, `static`, `load` and comments.
"""

from collections.abc import Callable
from typing import Any

from django.template import Context, NodeList
from django.template.base import FilterExpression, Node, Template, TextNode, Variable
from django.template.defaulttags import CommentNode, IfNode, LoadNode, URLNode
from django.template.library import SimpleNode
from django.template.loaders import cached
from django.template.loaders.base import Loader as BaseLoader
from django.templatetags.i18n import TranslateNode
from django.templatetags.static import StaticNode
from django.urls import NoReverseMatch, get_script_prefix
from django.utils.translation import get_language

from pianqu.foundation.templatetags.ui import icon


class _Folded(BaseLoader):
    """Stands between the cache and Django's own loading."""

    def get_template(self, template_name: str, skip: Any = None) -> Template:
        template: Template = super().get_template(template_name, skip)
        _fold(template.nodelist)
        return template


class Loader(cached.Loader, _Folded):
    """Django's cached loader, with a template for each language and prefix."""

    def cache_key(self, template_name: str, skip: Any = None) -> str:
        return f"{super().cache_key(template_name, skip)}|{get_language() or ''}|{get_script_prefix()}"


def _fold(nodes: NodeList) -> None:
    """Put constant text in the place of the nodes that make it, and join what stands side by side."""
    folded: list[Node] = []
    for node in nodes:
        text = _text(node)
        if text is None:
            _fold_inside(node)
            folded.append(node)
        elif folded and isinstance(folded[-1], TextNode):
            folded[-1] = TextNode(folded[-1].s + text)
        elif text:
            folded.append(TextNode(text))
    nodes[:] = folded


def _fold_inside(node: Node) -> None:
    inner: list[Any]
    if isinstance(node, IfNode):
        inner = [nodes for _condition, nodes in node.conditions_nodelists]
    else:
        inner = [getattr(node, name, None) for name in node.child_nodelists]
    for nodes in inner:
        if isinstance(nodes, NodeList):
            _fold(nodes)


def _text(node: Node) -> str | None:
    """What a node says in every answer; None where that depends on the answer."""
    if isinstance(node, TextNode):
        return str(node.s)
    is_constant = _CONSTANT.get(type(node))
    if is_constant is None or not is_constant(node):
        return None
    try:
        return str(node.render(Context()))
    except NoReverseMatch:
        return None  # said when somebody gets to see it, as without folding


def _is_literal(value: FilterExpression) -> bool:
    """Whether an argument is written out in the template and nothing is done to it."""
    is_written = not isinstance(value.var, Variable) or value.var.literal is not None
    return is_written and not value.filters


def _is_translation(node: TranslateNode) -> bool:
    context = node.message_context
    return node.asvar is None and _is_literal(node.filter_expression) and (context is None or _is_literal(context))


def _is_address(node: URLNode) -> bool:
    return node.asvar is None and not node.args and not node.kwargs and _is_literal(node.view_name)


def _is_file(node: StaticNode) -> bool:
    return type(node) is StaticNode and node.varname is None and _is_literal(node.path)


def _is_icon(node: SimpleNode) -> bool:
    arguments = [*node.args, *node.kwargs.values()]
    return node.func is icon and node.target_var is None and all(_is_literal(value) for value in arguments)


def _always(_node: Node) -> bool:
    return True


_CONSTANT: dict[type[Node], Callable[[Any], bool]] = {
    TranslateNode: _is_translation,
    URLNode: _is_address,
    StaticNode: _is_file,
    SimpleNode: _is_icon,
    LoadNode: _always,
    CommentNode: _always,
}
