"""What the kernels of siting and of clusters say, in the reader's language; territory's catalogue knows what the overlay says."""

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
PARTITION = (
    gettext_noop(
        "%(households)s households are no whole number of cells with %(least)s to %(most)s each and the work of one."
    ),
    gettext_noop("There are no units."),
    gettext_noop("The population of %(count)s units is missing: %(units)s."),
    gettext_noop("%(count)s units have a number below zero: %(units)s."),
    gettext_noop("Weights lie between 0 and %(most)s."),
    gettext_noop(
        "At least one cluster, a tolerance from 0 on, and a least load below the greatest have to be asked for."
    ),
    gettext_noop("%(clusters)s clusters of %(units)s units: none may be empty."),
    gettext_noop("%(count)s locks or centres name a unit or a cluster that does not exist."),
    gettext_noop("%(centres)s centres for %(clusters)s clusters: two would share one."),
    gettext_noop("Centres %(units)s are locked into one cluster (%(cluster)s)."),
    gettext_noop("%(clusters)s clusters, but only %(count)s units where anybody lives: every cluster needs one."),
    gettext_noop("All numbers are zero: nothing can be balanced."),
    gettext_noop("%(count)s units alone are more than the most that a cluster may have (%(most)s): %(units)s."),
    gettext_noop("All numbers are multiples of %(step)s, and none of those lies between %(low)s and %(high)s."),
    gettext_noop(
        "%(count)s units (%(units)s) touch no others and have %(load)s in all: that is no whole number of clusters with %(low)s "
        "to %(high)s each. Joined to others by a bridge they can be planned."
    ),
    gettext_noop("%(parts)s parts that do not touch need %(least)s to %(most)s clusters; %(clusters)s are asked for."),
    gettext_noop("What is locked into cluster %(cluster)s has %(load)s already; at most %(most)s is allowed."),
    gettext_noop("What is locked into cluster %(cluster)s cannot be connected: %(units)s."),
    gettext_noop("Cluster %(cluster)s can reach no more than %(load)s between other locks; it needs %(least)s."),
    gettext_noop(
        "%(count)s units (%(units)s) can only go to clusters %(clusters)s, and %(load)s is %(more)s more than fits."
    ),
    gettext_noop("What is locked into the same clusters could not be connected without crossing each other."),
    gettext_noop("%(name)s has %(households)s households, fewer than a cell should have: it is one cell."),
    gettext_noop(
        "%(name)s: %(households)s households are no whole number of cells within the limits; it has %(cells)s smaller ones."
    ),
    gettext_noop("%(name)s keeps its cells: %(why)s"),
    gettext_noop("Units: %(count)s, SHA-256 %(digest)s."),
    gettext_noop("Computed again: %(clusters)s clusters, seed %(seed)s, the same plan %(digest)s."),
    gettext_noop("Computed again with METIS %(metis)s: another plan, %(found)s instead of %(digest)s."),
    gettext_noop("Change %(number)s (%(kind)s) does not lead to what was recorded."),
    gettext_noop("Changes: %(count)s, each leads to the plan that was recorded."),
    gettext_noop("The plan of the record: %(digest)s."),
    gettext_noop("The ledger's entry names the same units, question and plan."),
    gettext_noop("The ledger's entry names the same units, changes and plan."),
    gettext_noop("The parts that do not touch cannot be divided into %(clusters)s clusters."),
    gettext_noop(
        "No plan within the limits was found; it is not proved that there is none. The nearest one is over by %(over)s."
    ),
)

ADVICE = (
    gettext_noop("%(reason)s %(advice)s"),
    gettext_noop("Please write their population, and 0 where nobody lives."),
    gettext_noop("Please put these numbers right."),
    gettext_noop("Please balance by a number that more of the units have."),
    gettext_noop("Please ask for fewer clusters."),
    gettext_noop("Please divide these units, or ask for fewer clusters."),
    gettext_noop("Please allow a greater deviation, or ask for another number of clusters."),
    gettext_noop("Please join parts by a bridge, or ask for another number of clusters."),
    gettext_noop("Please take these locks or centres out."),
    gettext_noop("Please unlock one of them, or ask for more clusters."),
    gettext_noop("Please unlock some of it."),
    gettext_noop("Please lock what lies between them into the same cluster, or unlock one of them."),
    gettext_noop("Please unlock some of what stands in its way."),
    gettext_noop("Please unlock some of what surrounds them."),
    gettext_noop("Please unlock one of them."),
    gettext_noop("Please set wider limits."),
    gettext_noop("Please allow a greater deviation or more steps, or take the nearest one and change it."),
)


def told(sentence: Sentence) -> str:
    """The sentence with its values, in the reader's language."""
    words = gettext(sentence.words)
    values = {name: told(value) if isinstance(value, Sentence) else value for name, value in sentence.values.items()}
    return words % values if values else words
