"""The rest is divided until it is decided: branch and bound over open and closed sites, with the exact bound at every node.

Problem: after the bound has put sites aside, some tens or hundreds are left, and a gap.
Method: the site that the prices want most is closed in one half and held open in the other; a few steps from the parent's
prices give each half a bound, which ends it or puts further sites aside. Depth first, the half with the open site before the
other.
Source: A. H. Land, A. G. Doig 1960; with Lagrangian bounds J. E. Beasley 1985, "A note on solving large p-median problems".
Cost: exponential at worst; it ends after so many looks at pairs of point and site.
Guarantee: in whole numbers, as the bound: when it comes to the end there is no better plan, when it does not, the bound holds
all the same.
"""

from dataclasses import dataclass, replace

import numpy as np

from pianqu.kernels.siting.model import Task
from pianqu.kernels.siting.relaxing import Proven, Relaxed, doubtful, relax
from pianqu.kernels.siting.transport import shared

STEPS = 150
"""Towards a better bound in each half."""
SORTED = 20
"""With capacities a look costs so much more."""


@dataclass(frozen=True, slots=True)
class _Node:
    task: Task
    relaxed: Relaxed
    names: tuple[int, ...]
    """The node's columns as the whole task counts them."""


def branch(task: Task, relaxed: Relaxed, value: int, looks: int) -> Proven:
    """What dividing finds among plans below `value` (or of at most the task's aim)."""
    aim = value - 1 if task.aim is None else task.aim
    plan: tuple[int, ...] = ()
    waiting = [_Node(task, relaxed, tuple(range(task.cost.shape[1])))]
    while waiting and looks > 0:
        node = _narrowed(waiting.pop(), aim)
        if node is None:
            continue
        if node.task.held == task.sites or len(node.names) == task.sites:
            cost = shared(node.task, np.arange(task.sites))
            if cost <= aim:
                plan = node.names[: task.sites]
                aim = cost - 1
            if plan and task.aim is not None:
                break
            continue
        for half in _halves(node):
            found = relax(half.task, best=aim + 1, aim=aim, steps=STEPS, price=node.relaxed.price)
            looks -= found.steps * half.task.cost.size * (1 if task.capacity is None else SORTED)
            if found.whole <= aim:
                waiting.append(replace(half, relaxed=found))
    return Proven(bound=min([aim + 1, *(node.relaxed.whole for node in waiting)]), columns=plan)


def _narrowed(node: _Node, aim: int) -> _Node | None:
    """Without the sites that no plan of at most `aim` has; None where there is no such plan."""
    if node.relaxed.whole > aim:
        return None
    columns, _added = doubtful(node.task, node.relaxed, aim)
    if len(columns) < node.task.sites:
        return None
    kept = replace(node.relaxed, saved=node.relaxed.saved[columns])
    return _Node(node.task.of(columns), kept, tuple(node.names[one] for one in columns))


def _halves(node: _Node) -> list[_Node]:
    """Without the site that is wanted most, and with it open in any case: that one last, so that it is looked at first."""
    held = node.task.held
    wanted = held + int(node.relaxed.saved[held:].argmin())
    others = [one for one in range(len(node.names)) if one != wanted]
    orders = (others, [*others[:held], wanted, *others[held:]])
    halves = []
    for order, more in zip(orders, (0, 1), strict=True):
        if len(order) >= node.task.sites:
            task = replace(node.task.of(order), held=held + more)
            halves.append(_Node(task, node.relaxed, tuple(node.names[one] for one in order)))
    return halves
