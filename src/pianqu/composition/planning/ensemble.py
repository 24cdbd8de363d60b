"""Many searches of the same units, here, in processes of this machine, or on a Ray cluster: the same answers in the same order.

Each task is a search of its own (`kernels/partition/front.py`), so that where it ran makes no difference. Processes are begun
anew (spawn), take no Ctrl-C of their own, and end with their parent; when one is killed, what it had not finished begins again.
"""

import multiprocessing
import os
import signal
import socket
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from multiprocessing.synchronize import Event
from typing import Any, Literal

from django.utils.translation import gettext as _

from pianqu.composition.orphan import PARENT, end_with_parent
from pianqu.foundation.errors import Invalid, Unavailable
from pianqu.kernels.partition.problem import Task, Units
from pianqu.kernels.partition.search import VERSION, Infeasible, Plan, enough, plan, steps

How = Literal["here", "processes", "ray"]
Answer = Plan | Infeasible
Going = Generator[tuple[int, Answer] | None, None, None]
"""Answers with the numbers of their tasks, as they come, and None now and then while none does."""
TICK_S = 0.2
KILLED = 3
"""So often processes are begun anew after one was killed."""
KNOCK_S = 10.0
LOCAL = "local"


def searched(
    units: Units,
    tasks: Sequence[Task],
    *,
    how: How = "here",
    workers: int = 1,
    address: str = LOCAL,
    plain: bool | None = None,
    goes_on: Callable[[int], bool] = lambda _done: True,
) -> Iterator[tuple[Task, Answer]]:
    """Every task with its answer, in the order of the tasks, whatever is ready first.

    `goes_on` is asked again and again with how many are done; once it says no, what is done is told and all else left.
    """
    found: dict[int, Answer] = {}
    with closing(_going(units, tasks, how, workers, address, plain)) as going:
        told = 0
        for one in going:
            if one:
                found[one[0]] = one[1]
            while told in found:
                yield tasks[told], found[told]
                told += 1
            if not goes_on(len(found)):
                break
    yield from ((tasks[number], found[number]) for number in sorted(found) if number >= told)


def _going(units: Units, tasks: Sequence[Task], how: How, workers: int, address: str, plain: bool | None) -> Going:
    if how == "ray":
        return _on_ray(units, tasks, workers, address, plain)
    if how == "processes" and min(workers, len(tasks)) > 1:
        return _in_processes(units, tasks, min(workers, len(tasks)), plain)
    return _here(units, tasks, plain)


def _here(units: Units, tasks: Sequence[Task], plain: bool | None) -> Going:
    for number, task in enumerate(tasks):
        running = steps(units, task, plain=plain)
        while True:
            try:
                next(running)
            except StopIteration as end:
                yield number, end.value
                break
            yield None


# processes -----------------------------------------------------------------------------------------------------------


def _in_processes(units: Units, tasks: Sequence[Task], workers: int, plain: bool | None) -> Going:
    left = dict(enumerate(tasks))
    for again in range(KILLED, -1, -1):
        try:
            for one in _in_pool(units, left, workers, plain):
                yield one
                if one:
                    del left[one[0]]
            return
        except BrokenProcessPool as error:
            if not again:
                sentence = _(
                    "The processes that search are killed again and again (too little memory?). Try fewer --workers."
                )
                raise Unavailable("plan-workers", sentence) from error


def _in_pool(units: Units, tasks: Mapping[int, Task], workers: int, plain: bool | None) -> Going:
    """Until all are done, or one of the processes is killed (BrokenProcessPool)."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    pool = ProcessPoolExecutor(workers, context, _prepare, (stop, os.getpid(), units, plain))
    try:
        waiting = {pool.submit(_one, task): number for number, task in tasks.items()}
        while waiting:
            done, _others = wait(waiting, TICK_S, FIRST_COMPLETED)
            yield from _results(waiting, done)
            yield None
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def _results(waiting: dict["Future[Answer]", int], done: set["Future[Answer]"]) -> Going:
    for future in sorted(done, key=waiting.__getitem__):
        answer = future.result()
        yield waiting.pop(future), answer


_given: list[tuple[Event, Units, bool | None]] = []
"""What a process of a pool works with."""


def _prepare(stop: Event, parent: int, units: Units, plain: bool | None) -> None:
    """In each process, once."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; the parent says when it is enough
    os.environ[PARENT] = str(parent)
    end_with_parent(at_once=True)
    _given.append((stop, units, plain))


def _one(task: Task) -> Answer:
    """One search, which nobody waits for once it was stopped."""
    stop, units, plain = _given[0]
    running = steps(units, task, plain=plain)
    while True:
        try:
            next(running)
        except StopIteration as end:
            found: Answer = end.value
            return found
        if stop.is_set():
            return enough(running)


# Ray -----------------------------------------------------------------------------------------------------------------


def _on_ray(units: Units, tasks: Sequence[Task], workers: int, address: str, plain: bool | None) -> Going:
    """On a cluster that is there, or one of this machine for so long. Its machines need this version of pianqu and of METIS."""
    if find_spec("ray") is None:
        raise Invalid(
            "plan-no-ray",
            _("Ray is not installed here: .venv/bin/python -m pip install 'ray>=2.50'. Or leave out --ray."),
        )
    _knock(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    ray = import_module("ray")
    here = {"num_cpus": workers, "include_dashboard": False} if address == LOCAL else {}
    try:
        ray.init(address=address, log_to_driver=False, logging_level="ERROR", **here)
    except (ConnectionError, ValueError, TimeoutError, RuntimeError) as error:
        raise _no_cluster(address, error) from error
    waiting: dict[Any, int] = {}
    try:
        given, search = ray.put(units), ray.remote(plan)
        waiting |= {search.remote(given, task, plain=plain): number for number, task in enumerate(tasks)}
        while waiting:
            done, _others = ray.wait(list(waiting), num_returns=1, timeout=TICK_S)
            for one in done:
                yield waiting.pop(one), _same_version(ray.get(one))
            yield None
    finally:
        for one in waiting:
            ray.cancel(one, force=True)
        ray.shutdown()


def _knock(address: str) -> None:
    """Raises Unavailable where nobody answers: Ray itself would try for minutes."""
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if colon and port.isdecimal():
        try:
            socket.create_connection((host.strip("[]"), int(port)), KNOCK_S).close()
        except (OSError, OverflowError) as error:
            raise _no_cluster(address, error) from error


def _no_cluster(address: str, why: Exception) -> Unavailable:
    words = {"address": address, "why": " ".join(str(why).split())[:200]}
    return Unavailable("plan-ray", _("There is no Ray cluster at %(address)s (%(why)s).") % words)


def _same_version(answer: Answer) -> Answer:
    """Raises Unavailable where a machine of the cluster would make another plan than this one."""
    if isinstance(answer, Plan) and (answer.version, answer.metis) != (VERSION, version("pymetis")):
        sentence = _("A machine of the cluster has another version of pianqu or METIS and would make other plans.")
        raise Unavailable("plan-ray-version", sentence)
    return answer
