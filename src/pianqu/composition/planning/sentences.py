"""What the siting kernel says, in the reader's language."""

from django.utils.translation import gettext, gettext_noop

from pianqu.kernels.saying import Sentence

SITING = (
    gettext_noop("The table of %(name)s holds something else than whole numbers."),
    gettext_noop("The tables of costs, weights and capacities do not have the same points and candidates."),
    gettext_noop("A cost, a weight or a capacity is below zero."),
    gettext_noop("A cost or a weight is larger than %(most)s: please use a coarser unit."),
    gettext_noop("There is no candidate with the number %(number)s."),
    gettext_noop("No point has anybody who is to be served."),
    gettext_noop("At least one site has to be open."),
    gettext_noop("%(count)s sites are to stay and are forbidden at once."),
    gettext_noop("%(sites)s sites are asked for, but only %(candidates)s candidates may be open."),
    gettext_noop("%(kept)s sites are to stay, but only %(sites)s are asked for."),
    gettext_noop("From %(count)s points no candidate can be reached."),
    gettext_noop("The largest %(sites)s sites have room for %(room)s together, but %(demand)s are to be served."),
    gettext_noop("Even with every candidate open, %(count)s find no room within reach."),
    gettext_noop("No %(sites)s sites can serve everybody; the best plan leaves out %(count)s points."),
    gettext_noop(
        "No plan was found that serves everybody; it is not proved that there is none. Try more rounds or more sites."
    ),
    gettext_noop("The numbers are too large to be added up: please use coarser units of cost or weight."),
)


def told(sentence: Sentence) -> str:
    """The sentence with its values, in the reader's language."""
    words = gettext(sentence.words)
    values = {name: told(value) if isinstance(value, Sentence) else value for name, value in sentence.values.items()}
    return words % values if values else words
