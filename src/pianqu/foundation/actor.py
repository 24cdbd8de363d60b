"""Who acts: the identity that every verb takes first."""

from dataclasses import dataclass, field

CHOSEN_POST = "post"
"""Under this name a session keeps the id of the post that somebody with several chose to act in."""

ACTING = "pianqu_actor"
"""Under this name a request keeps the actor that its view asked for, so that the page's head need not ask again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The person or program on whose word something happens, and the organisation that answers for it.

    A resident's fact is recorded by the organisation that receives it, so `organisation_code` is never empty.
    """

    kind: str
    """`resident` (no account needed), `post` (an official in a post), `system` (a job of this installation)."""
    account_id: str | None = None
    post_id: str | None = None
    organisation_code: str
    for_post_id: str | None = None
    """The absent colleague's post in which this one acts; then `organisation_code` is that post's."""

    reads_only: bool = False
    """A post that looks and never acts (an auditor's): the rules refuse it every change."""

    title: str = field(default="", compare=False)
    """How the post is called, with its organisation: for the head of a page."""

    def __post_init__(self) -> None:
        if self.kind not in {"resident", "post", "system"}:
            raise ValueError(f"unknown kind of actor: {self.kind}")
        if not self.organisation_code:
            raise ValueError("an actor needs the organisation that answers for the fact")
        if self.kind == "post" and not self.post_id:
            raise ValueError("an official acts in a post")
        if self.for_post_id and self.kind != "post":
            raise ValueError("only an official stands in for another one")

    @property
    def acts(self) -> bool:
        """An official whose post may change something."""
        return self.kind == "post" and not self.reads_only

    @property
    def acting_post_id(self) -> str | None:
        """The post whose powers are used: the absent colleague's for a substitute."""
        return self.for_post_id or self.post_id
