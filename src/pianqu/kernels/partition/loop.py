"""The inner loop of the annealing, in whole numbers only, so that plain Python and compiled code make the same plan.

Problem: move units between clusters one at a time, so that a score falls and clusters stay connected, some million times.
Method: Metropolis' rule (N. Metropolis et al. 1953, "Equation of state calculations by fast computing machines"; S.
Kirkpatrick, C. D. Gelatt, M. P. Vecchi 1983, "Optimization by simulated annealing"). Only units at a border are proposed. What
a move changes is counted from the unit's neighbours; whether the cluster that it leaves stays connected is looked for around it
first, and no farther than so many units. A load outside its limits costs a price, so that exchanges can pass through it; the
best plan within all limits is kept by a journal of moves, not by copies.
Every number is an integer below 2^63 in absolute value, chances are thresholds of a table, and randomness is G. Marsaglia's
KISS (1999, "Random numbers for C"), whose steps need no more than 49 bits: the same in unbounded and in 64-bit integers. The
functions keep to what numba compiles (`compiled.py`); lists and arrays both do for the fields of a board.
Cost: O(degree) a proposal, O(degree² + limit) a move.
Guarantee: clusters that were connected stay connected and none becomes empty; units that are not free stay.
"""

from collections.abc import MutableSequence
from typing import NamedTuple

Row = MutableSequence[int]

ENTRIES = ("sweep", "mix")
"""What is called from outside."""
HOT = ("draw", "outside", "fee", "priced", "divides", "costs", "toward", "allowed", "goals", "leaves_whole")
"""What is called at every proposal: compiled into its callers; all others are called, so that compiling takes less time."""
NARROW = frozenset(
    [
        "starts",
        "ends",
        "areas",
        "free",
        "part",
        "sizes",
        "pieces",
        "foreign",
        "border",
        "where",
        "queue",
        "up",
        "lean",
        "best",
        "journal",
    ]
)
"""Rows of a board that hold numbers of units, areas and clusters or count units: in compiled code 32 bits each, so that large
problems stay in a processor's cache."""
MASK = 0xFFFFFFFF
PRICE_BITS = 30
PRICE_ROUND = (1 << PRICE_BITS) - 1
BETA_BITS = 20
"""Prices and inverse temperatures are so many bits finer than scores."""
STEP_BITS = 5
"""The table of chances has so many bits of steps for each factor of e."""

HELD = 1 << 30
"""What the other cluster's fixed units count in `held`, above all those of the first."""

SCORE, OVER, BORDERS, STAMP, BEST, JOURNAL, MOVES = 0, 1, 2, 3, 4, 5, 6
DICE = 7
CLUSTERS, SYSTEMS, MEASURES = 11, 12, 13
MEMO = 14
"""Places in `memo`: the score without prices; by how much loads lie outside; how many units are in `border`; the last mark given;
the best score within all limits (−1: none yet); how many moves the journal holds (−1: too many, copy the whole); moves made;
four numbers of the generator; three sizes."""


class Board(NamedTuple):
    """All that the loop reads and writes. Rows of several values a unit lie one after another."""

    starts: Row
    ends: Row
    widths: Row
    """Neighbours of unit u are ends[starts[u]:starts[u+1]], each in both directions; a border costs its width."""
    areas: Row
    """Which area of each system a unit belongs to; −1: none."""
    keep: Row
    """What one more piece of an area of this system costs."""
    amounts: Row
    lows: Row
    highs: Row
    prices: Row
    """Of each measure: amounts by unit, limits of a cluster's load, price of one outside them."""
    home: Row
    stay: Row
    """Where the unit is now (−1: nowhere), and what it costs to move it away."""
    free: Row
    part: Row
    loads: Row
    sizes: Row
    pieces: Row
    """Units of an area in a cluster: area * clusters + cluster."""
    foreign: Row
    """Neighbours in other clusters."""
    border: Row
    where: Row
    """Free units with such neighbours, and each one's place among them (−1: not there)."""
    seen: Row
    goal: Row
    queue: Row
    up: Row
    under: Row
    lean: Row
    held: Row
    """Of a tree: parents, and sums of branches."""
    best: Row
    journal: Row
    memo: Row
    chances: Row


def draw(memo: Row) -> int:
    """The next 32 random bits."""
    z = 36969 * (memo[DICE] & 65535) + (memo[DICE] >> 16)
    w = 18000 * (memo[DICE + 1] & 65535) + (memo[DICE + 1] >> 16)
    c = (69069 * memo[DICE + 2] + 1234567) & MASK
    x = memo[DICE + 3]
    x ^= (x << 17) & MASK
    x ^= x >> 13
    x ^= (x << 5) & MASK
    memo[DICE] = z
    memo[DICE + 1] = w
    memo[DICE + 2] = c
    memo[DICE + 3] = x
    return (((((z << 16) & MASK) + w) & MASK ^ c) + x) & MASK


def outside(load: int, low: int, high: int) -> int:
    """By how much a load lies outside its limits."""
    if load > high:
        return load - high
    if load < low:
        return low - load
    return 0


def divides(b: Board, u: int, old: int, new: int) -> int:
    """By how much the cost of pieces changes if the unit moves."""
    change, clusters, systems = 0, b.memo[CLUSTERS], b.memo[SYSTEMS]
    for s in range(systems):
        area = b.areas[u * systems + s]
        if area >= 0:
            if b.pieces[area * clusters + old] == 1:
                change -= b.keep[s]
            if b.pieces[area * clusters + new] == 0:
                change += b.keep[s]
    return change


def costs(b: Board, u: int, old: int, new: int) -> int:
    """By how much the score changes if the unit moves, prices aside."""
    change = divides(b, u, old, new)
    for at in range(b.starts[u], b.starts[u + 1]):
        other = b.part[b.ends[at]]
        if other == old:
            change += b.widths[at]
        elif other == new:
            change -= b.widths[at]
    if b.home[u] == old:
        change += b.stay[u]
    elif b.home[u] == new:
        change -= b.stay[u]
    return change


def strays(b: Board, u: int, old: int, new: int) -> int:
    """By how much more loads lie outside their limits if the unit moves."""
    change, clusters, measures = 0, b.memo[CLUSTERS], b.memo[MEASURES]
    for m in range(measures):
        amount, low, high = b.amounts[u * measures + m], b.lows[m], b.highs[m]
        mine, theirs = b.loads[m * clusters + old], b.loads[m * clusters + new]
        change += outside(mine - amount, low, high) - outside(mine, low, high)
        change += outside(theirs + amount, low, high) - outside(theirs, low, high)
    return change


def fee(b: Board, m: int, load: int) -> int:
    """What a load outside its limits costs: at least one."""
    return (outside(load, b.lows[m], b.highs[m]) * b.prices[m] + PRICE_ROUND) >> PRICE_BITS


def priced(b: Board, u: int, old: int, new: int) -> int:
    """The same in what it costs."""
    change, clusters, measures = 0, b.memo[CLUSTERS], b.memo[MEASURES]
    for m in range(measures):
        amount = b.amounts[u * measures + m]
        mine, theirs = b.loads[m * clusters + old], b.loads[m * clusters + new]
        change += fee(b, m, mine - amount) - fee(b, m, mine)
        change += fee(b, m, theirs + amount) - fee(b, m, theirs)
    return change


def goals(b: Board, u: int) -> int:
    """Mark the unit's neighbours in its cluster as what has to be reached, from the last of them; how many."""
    b.memo[STAMP] += 1
    stamp, wanted = b.memo[STAMP], 0
    b.seen[u] = stamp
    for at in range(b.starts[u], b.starts[u + 1]):
        v = b.ends[at]
        if b.part[v] == b.part[u]:
            b.goal[v] = stamp
            b.queue[0] = v
            wanted += 1
    if wanted > 0:
        b.seen[b.queue[0]] = stamp
    return wanted


def leaves_whole(b: Board, u: int, limit: int) -> bool:
    """Whether the unit's cluster stays connected without it, as far as `limit` units around it can tell."""
    old, wanted = b.part[u], goals(b, u)
    if wanted <= 1:
        return wanted == 1
    stamp = b.memo[STAMP]
    begin, end, found = 0, 1, 1
    while begin < end and begin < limit:
        v = b.queue[begin]
        begin += 1
        for at in range(b.starts[v], b.starts[v + 1]):
            other = b.ends[at]
            if b.part[other] == old and b.seen[other] != stamp:
                b.seen[other] = stamp
                b.queue[end] = other
                end += 1
                if b.goal[other] == stamp:
                    found += 1
                    if found == wanted:
                        return True
    return False


def mark(b: Board, u: int) -> None:
    """Put the unit among those at a border, or take it from there."""
    place = b.where[u]
    if b.foreign[u] > 0 and b.free[u] == 1:
        if place < 0:
            b.where[u] = b.memo[BORDERS]
            b.border[b.memo[BORDERS]] = u
            b.memo[BORDERS] += 1
    elif place >= 0:
        b.memo[BORDERS] -= 1
        last = b.border[b.memo[BORDERS]]
        b.border[place] = last
        b.where[last] = place
        b.where[u] = -1


def put(b: Board, u: int, new: int) -> None:
    """Move the unit; scores are the caller's."""
    old, clusters, systems, measures = b.part[u], b.memo[CLUSTERS], b.memo[SYSTEMS], b.memo[MEASURES]
    b.part[u] = new
    b.sizes[old] -= 1
    b.sizes[new] += 1
    for m in range(measures):
        amount = b.amounts[u * measures + m]
        b.loads[m * clusters + old] -= amount
        b.loads[m * clusters + new] += amount
    for s in range(systems):
        area = b.areas[u * systems + s]
        if area >= 0:
            b.pieces[area * clusters + old] -= 1
            b.pieces[area * clusters + new] += 1
    for at in range(b.starts[u], b.starts[u + 1]):
        v = b.ends[at]
        if b.part[v] == old:
            b.foreign[u] += 1
            b.foreign[v] += 1
            mark(b, v)
        elif b.part[v] == new:
            b.foreign[u] -= 1
            b.foreign[v] -= 1
            mark(b, v)
    mark(b, u)


def write(b: Board, u: int) -> None:
    """Note the move in the journal."""
    length = b.memo[JOURNAL]
    if length < 0:
        return
    if length == len(b.journal):
        b.memo[JOURNAL] = -1
    else:
        b.journal[length] = u
        b.memo[JOURNAL] = length + 1


def keep_best(b: Board) -> None:
    """Bring the best plan up to where the board stands."""
    if b.memo[JOURNAL] < 0:
        for u in range(len(b.part)):
            b.best[u] = b.part[u]
    else:
        for at in range(b.memo[JOURNAL]):
            b.best[b.journal[at]] = b.part[b.journal[at]]
    b.memo[JOURNAL] = 0
    b.memo[BEST] = b.memo[SCORE]


def settle(b: Board, change: int, stray: int) -> None:
    """Count a move's scores, and keep the plan if it is the best within all limits."""
    b.memo[SCORE] += change
    b.memo[OVER] += stray
    b.memo[MOVES] += 1
    if b.memo[OVER] == 0 and (b.memo[BEST] < 0 or b.memo[SCORE] < b.memo[BEST]):
        keep_best(b)


def step(b: Board, u: int, new: int, change: int, stray: int) -> None:
    """Move the unit with its scores."""
    put(b, u, new)
    write(b, u)
    settle(b, change, stray)


def allowed(b: Board, change: int, beta: int) -> bool:
    """Metropolis' rule: always when nothing is lost, else by the table's chance."""
    if change <= 0:
        return True
    place = (change * beta) >> BETA_BITS
    return place < len(b.chances) and draw(b.memo) < b.chances[place]


def toward(b: Board, u: int) -> int:
    """A cluster next to the unit: that of a neighbour drawn by lot, or of the next neighbour that is in another one."""
    first, degree = b.starts[u], b.starts[u + 1] - b.starts[u]
    lot = (draw(b.memo) * degree) >> 32
    for turn in range(degree):
        other = b.part[b.ends[first + (lot + turn) % degree]]
        if other != b.part[u]:
            return other
    return -1


def across(b: Board, u: int, old: int, new: int) -> int:
    """A unit of the cluster `new` that touches `old`, found by a short walk from the unit; −1: the walk ended elsewhere."""
    v, stride = u, draw(b.memo)
    for _ in range(2 + (stride & 7)):
        first, degree = b.starts[v], b.starts[v + 1] - b.starts[v]
        w = b.ends[first + ((draw(b.memo) * degree) >> 32)]
        if b.part[w] == new or b.part[w] == old:
            v = w
    if v == u or b.part[v] != new or b.free[v] == 0:
        return -1
    for at in range(b.starts[v], b.starts[v + 1]):
        if b.part[b.ends[at]] == old and b.ends[at] != u:
            return v
    return -1


def exchange(b: Board, u: int, old: int, new: int, beta: int, limit: int) -> None:
    """Two units of neighbouring clusters change places, so that loads may stay as they are; or nothing happens."""
    v = across(b, u, old, new)
    if v < 0 or not leaves_whole(b, u, limit):
        return
    change, stray, price = costs(b, u, old, new), strays(b, u, old, new), priced(b, u, old, new)
    put(b, u, new)
    more = costs(b, v, new, old)
    if allowed(b, change + price + more + priced(b, v, new, old), beta) and leaves_whole(b, v, limit):
        stray += strays(b, v, new, old)
        put(b, v, old)
        write(b, u)
        write(b, v)
        settle(b, change + more, stray)
    else:
        put(b, u, old)


def sweep(b: Board, turns: int, beta: int, limit: int, exchanges: int) -> None:
    """So many proposals at one temperature (`beta` is its inverse), so many of 256 of them exchanges."""
    for _ in range(turns):
        if b.memo[BORDERS] == 0:
            return
        lot = draw(b.memo)
        u = b.border[(lot * b.memo[BORDERS]) >> 32]
        old, new = b.part[u], toward(b, u)
        if new < 0 or b.sizes[old] == 1:
            continue
        if lot & 255 < exchanges:
            exchange(b, u, old, new, beta, limit)
            continue
        change = costs(b, u, old, new)
        if allowed(b, change + priced(b, u, old, new), beta) and leaves_whole(b, u, limit):
            step(b, u, new, change, strays(b, u, old, new))


def grow(b: Board, root: int, one: int, other: int) -> int:
    """A tree through two clusters, grown by lot: units in `queue` from its root on, parents in `up`; how many units."""
    b.memo[STAMP] += 1
    stamp = b.memo[STAMP]
    b.seen[root] = stamp
    b.up[root] = -1
    b.queue[0] = root
    begin, end = 0, 1
    while begin < end:
        lot = begin + ((draw(b.memo) * (end - begin)) >> 32)
        u = b.queue[lot]
        b.queue[lot] = b.queue[begin]
        b.queue[begin] = u
        begin += 1
        for at in range(b.starts[u], b.starts[u + 1]):
            v = b.ends[at]
            if b.seen[v] != stamp and (b.part[v] == one or b.part[v] == other):
                b.seen[v] = stamp
                b.up[v] = u
                b.queue[end] = v
                end += 1
    return end


def weigh(b: Board, count: int, one: int) -> None:
    """Sums of each branch of the tree: first measure, units of `one` less units of the other, and those that may not move."""
    measures = b.memo[MEASURES]
    for at in range(count):
        u = b.queue[at]
        side = 1 if b.part[u] == one else -1
        b.under[u] = b.amounts[u * measures]
        b.lean[u] = side
        b.held[u] = 0
        if b.free[u] == 0:
            b.held[u] = 1 if side == 1 else HELD
    for at in range(count - 1, 0, -1):
        u = b.queue[at]
        v = b.up[u]
        b.under[v] += b.under[u]
        b.lean[v] += b.lean[u]
        b.held[v] += b.held[u]


def side(b: Board, u: int, root: int) -> int:
    """Which cluster the branch becomes: 1 the first, −1 the other, by what is held, else by most of its units; 0: neither."""
    inner, outer = b.held[u], b.held[root] - b.held[u]
    first = inner < HELD and outer % HELD == 0
    second = inner % HELD == 0 and outer < HELD
    if first and second:
        return 1 if 2 * b.lean[u] >= b.lean[root] else -1
    if first:
        return 1
    return -1 if second else 0


def choose(b: Board, count: int) -> int:
    """A branch to cut off so that both loads are as near to the limits as can be, by lot among equals; −1: none may be."""
    root, found, least, equals = b.queue[0], -1, 0, 0
    for at in range(1, count):
        u = b.queue[at]
        if side(b, u, root) == 0:
            continue
        load = b.under[u]
        stray = outside(load, b.lows[0], b.highs[0]) + outside(b.under[root] - load, b.lows[0], b.highs[0])
        if found < 0 or stray < least:
            found, least, equals = u, stray, 1
        elif stray == least:
            equals += 1
            if (draw(b.memo) * equals) >> 32 == 0:
                found = u
    return found


def spread(b: Board, count: int, branch: int, near: int, far: int) -> int:
    """The units that change when the branch becomes `near` and the rest `far`: to the front of `queue`; how many."""
    moved = 0
    for at in range(count):
        u = b.queue[at]
        b.lean[u] = 1 if u == branch or (b.up[u] >= 0 and b.lean[b.up[u]] == 1) else 0
        if b.part[u] != (near if b.lean[u] == 1 else far):
            b.queue[moved] = u
            moved += 1
    return moved


def recut(b: Board, root: int, other: int, beta: int) -> bool:
    """A unit's cluster and a neighbour as one, cut anew along a tree (merge-split), or not, by Metropolis' rule. Whether it was.

    After D. DeFord, M. Duchin, J. Solomon 2021, "Recombination: a family of Markov chains for redistricting".
    """
    one = b.part[root]
    count = grow(b, root, one, other)
    if count < b.sizes[one] + b.sizes[other]:
        return False
    weigh(b, count, one)
    branch = choose(b, count)
    if branch < 0:
        return False
    near = one if side(b, branch, b.queue[0]) == 1 else other
    moved = spread(b, count, branch, near, one + other - near)
    change, stray, price = 0, 0, 0
    for at in range(moved):
        u = b.queue[at]
        old = b.part[u]
        new = one + other - old
        change += costs(b, u, old, new)
        stray += strays(b, u, old, new)
        price += priced(b, u, old, new)
        put(b, u, new)
    if not allowed(b, change + price, beta):
        for at in range(moved):
            put(b, b.queue[at], one + other - b.part[b.queue[at]])
        return False
    for at in range(moved):
        write(b, b.queue[at])
    settle(b, change, stray)
    return True


def mix(b: Board, turns: int, beta: int) -> int:
    """So many merge-splits of neighbours by lot; how many were kept."""
    kept = 0
    for _ in range(turns):
        if b.memo[BORDERS] == 0:
            return kept
        u = b.border[(draw(b.memo) * b.memo[BORDERS]) >> 32]
        other = toward(b, u)
        if other >= 0 and recut(b, u, other, beta):
            kept += 1
    return kept
