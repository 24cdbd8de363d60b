"""gerrychain beside ours: in an environment of its own, as a program of its own; nothing of it is imported here.

It gets the same units and the same limits, starts from the plan of METIS where that is within them and else from its own random
trees, and minimises the same score by tilted short bursts of recombination for so many seconds.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pianqu.kernels.partition.problem import FINE, Task, Units

SCRIPT = """
import json, sys, time
import networkx
from gerrychain import Graph, Partition, updaters
from gerrychain.constraints import contiguous, within_percent_of_ideal_population
from gerrychain.optimization import SingleMetricOptimizer
from gerrychain.proposals import build_recom_proposal_fn
import random

asked = json.load(open(sys.argv[1]))
graph = networkx.Graph()
for unit, people in enumerate(asked["people"]):
    graph.add_node(unit, people=people)
graph.add_edges_from(asked["borders"])
graph = Graph.from_networkx(graph)
count, epsilon = asked["clusters"], asked["epsilon"]
ideal = sum(asked["people"]) / count
part = dict(enumerate(asked["part"]))
sums = [0] * count
for unit, cluster in part.items():
    sums[cluster] += asked["people"][unit]
began = time.monotonic()
dice = random.Random(1)
if any(abs(load - ideal) > epsilon * ideal for load in sums):
    part = None
areas = asked["areas"]

def score(plan):
    pieces = 0
    labels = {plan.graph.original_nx_node_id_for_internal_node_id(node): label for node, label in plan.assignment.items()}
    for system in areas:
        found = {(area, labels[unit]) for unit, area in enumerate(system) if area}
        pieces += len(found) - len({area for area, _ in found})
    return len(plan["cut_edges"]) + asked["split"] * pieces

say = {"people": updaters.Tally("people", alias="people"), "score": score, "cut_edges": updaters.cut_edges}
if part is None:
    begin = Partition.from_random_assignment(graph, count, epsilon, "people", updaters=say)
else:
    begin = Partition(graph, part, updaters=say)
propose = build_recom_proposal_fn("people", ideal, epsilon, node_repeats=1)
limits = [within_percent_of_ideal_population(begin, epsilon, pop_key="people"), contiguous]
search = SingleMetricOptimizer(propose, limits, begin, lambda plan: plan["score"], maximize=False, rng=1)
best, steps = begin["score"], 0
for plan in search.tilted_short_bursts(10, 10**9, 0.02):
    steps += 1
    best = min(best, plan["score"])
    if time.monotonic() - began > asked["seconds"]:
        break
print(json.dumps({"score": best, "steps": steps, "seconds": time.monotonic() - began}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A Python that has gerrychain, or a sentence why there is none."""

    python: Path | None
    why: str = ""


def peer(cache: Path) -> Peer:
    """The environment, made on first use and kept."""
    python = cache / "gerrychain" / "bin" / "python"
    if python.is_file() and _has_it(python):
        return Peer(python=python)
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}") or shutil.which("uv")
    make = [uv, "venv", "--clear", "--python", sys.executable] if uv else [sys.executable, "-m", "venv", "--clear"]
    fill = [uv, "pip", "install", "--python", f"{python}"] if uv else [f"{python}", "-m", "pip", "install"]
    cache.mkdir(parents=True, exist_ok=True)
    for words in ([*make, f"{python.parents[1]}"], [*fill, "gerrychain"]):
        done = subprocess.run(words, capture_output=True, text=True, cwd=cache)
        if done.returncode:
            return Peer(python=None, why=_why(done.stderr))
    return Peer(python=python) if _has_it(python) else Peer(python=None, why=_why(""))


def _has_it(python: Path) -> bool:
    return not subprocess.run([f"{python}", "-c", "import gerrychain"], capture_output=True).returncode


def _why(said: str) -> str:
    last = (said.strip().splitlines() or ["it could not be installed"])[-1].strip()
    return f"gerrychain is left out: it could not be had (no network?): {last[:160]}"


def run(found: Peer, units: Units, task: Task, part: tuple[int, ...], seconds: int) -> str:
    """What it reached, in words for a table."""
    if found.python is None:
        return "no gerrychain"
    body = {
        "people": units.column(task.balance),
        "borders": [(one, other) for one, other, _length in units.borders],
        "areas": [system.areas for system in units.systems],
        "part": part,
        "clusters": task.clusters,
        "epsilon": max(task.tolerance, 1) / FINE,
        "split": task.weights.split,
        "seconds": seconds,
    }
    with tempfile.TemporaryDirectory() as folder:
        question, script = Path(folder) / "asked.json", Path(folder) / "run.py"
        question.write_text(json.dumps(body), encoding="utf-8")
        script.write_text(SCRIPT, encoding="utf-8")
        words = [f"{found.python}", "-W", "ignore", f"{script}", f"{question}"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=seconds * 3 + 60, env=environment)
        except subprocess.TimeoutExpired:
            return f"gerrychain no plan in {seconds * 3 + 60} s"
    if done.returncode:
        sys.stderr.write(f"gerrychain: {_last(done.stderr)}\n")
        return "gerrychain no plan"
    said = json.loads(done.stdout.splitlines()[-1])
    return f"gerrychain {said['score']} ({said['seconds']:.0f} s, {said['steps']} steps)"


def _last(said: str) -> str:
    return (said.strip().splitlines() or ["it ended without a word"])[-1]
