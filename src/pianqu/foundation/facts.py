"""Facts: what verbs promise to have happened. Fields are added with defaults, never renamed."""

from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pianqu.kernels.canonical import Shape

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

JsonValue = Any
"""What JSON can hold: str, int, bool, None, lists and string-keyed dicts of these (no floats: RFC 8785 would differ)."""

REGISTRY: dict[str, type["Fact"]] = {}
_SHAPES: dict[type["Fact"], Shape] = {}
_NAMES: dict[type["Fact"], frozenset[str]] = {}


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Base of all facts: past tense, frozen, keyword-only, ids and codes instead of objects or words.

    A subclass sets `kind` ("room.thing-happened"); `about_person` marks facts whose payload itself goes on erasure.
    """

    kind: ClassVar[str] = ""
    label: ClassVar["StrOrPromise"] = ""
    """What the open ledger calls an entry of this kind, in the reader's language."""
    about_person: ClassVar[bool] = False

    subject: str
    """What the fact is about: "case:<id>", "organisation:<code>"."""
    organisation_code: str
    """Whose chain of the ledger holds it."""

    def __init_subclass__(cls, *, shared: bool = False, **kwargs: object) -> None:
        """`shared` marks a base that holds fields of several facts and is none itself."""
        super().__init_subclass__(**kwargs)
        if shared:
            return
        if not cls.kind or "." not in cls.kind:
            raise TypeError(f"{cls.__name__} needs a kind like room.thing-happened")
        if REGISTRY.setdefault(cls.kind, cls).__qualname__ != cls.__qualname__:
            raise TypeError(f"two facts are called {cls.kind}")

    def own_fields(self) -> dict[str, JsonValue]:
        """The fact's own fields as plain JSON values; the envelope (subject, organisation) is the ledger's."""
        return {
            name: _plain(value) for name, value in vars(self).items() if name not in ("subject", "organisation_code")
        }

    def own_text(self) -> str:
        """The same as canonical JSON; the names are sorted and quoted once for each kind."""
        shape = _SHAPES.get(type(self))
        if shape is None:
            shape = _SHAPES[type(self)] = Shape(_own_names(type(self)))
        try:
            return shape.text(vars(self))
        except TypeError:
            return shape.text(self.own_fields())  # a part that is a dataclass itself, or what no fact can hold

    @classmethod
    def revive(cls, *, subject: str, organisation_code: str, own: dict[str, JsonValue]) -> Self:
        """The fact as recorded by any earlier version: unknown fields are passed over, missing ones get defaults."""
        known = _own_names(cls)
        kept = {name: value for name, value in own.items() if name in known}
        return cls(subject=subject, organisation_code=organisation_code, **kept)


def _own_names(kind: type[Fact]) -> frozenset[str]:
    names = _NAMES.get(kind)
    if names is None:
        names = _NAMES[kind] = frozenset(field.name for field in fields(kind)) - {"subject", "organisation_code"}
    return names


def _plain(value: Any) -> JsonValue:
    """Parts that are dataclasses themselves become dicts."""
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def revive(kind: str, *, subject: str, organisation_code: str, own: dict[str, JsonValue]) -> Fact | None:
    """The fact of this kind, or None where no living room knows the kind (a retired fact stays readable as JSON)."""
    cls = REGISTRY.get(kind)
    return cls.revive(subject=subject, organisation_code=organisation_code, own=own) if cls else None
