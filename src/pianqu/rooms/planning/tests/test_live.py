"""What the page counts while one drags is what the kernel counts: the same random moves, in a real node and in Python."""

import json
import random
import shutil
import subprocess
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from pianqu.kernels.partition.figures import Live, broken, loose
from pianqu.kernels.partition.level import level
from pianqu.kernels.partition.problem import System, Task, Units

NODE = """
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
const { Live } = await import(pathToFileURL(process.argv[1]).href);
const { units, settings, part, clusters, moves } = JSON.parse(readFileSync(0));
const live = new Live(units, settings, part, clusters), told = [];
const say = () => told.push({
  loads: [...live.loads], deviation: live.deviation, cut: live.cut, splits: live.splits, moved: live.moved,
  loose: live.loose(), broken: live.broken().map((one) => [one.area, one.clusters]) });
say();
for (const [unit, cluster] of moves) { live.move(unit, cluster); say(); }
console.log(JSON.stringify(told));
"""
SIDE, CLUSTERS = 7, 5


def problem(seed: int) -> tuple[dict[str, Any], list[int], list[tuple[int, int]]]:
    """A grid of squares with streets, some with nobody, some borders told twice, and a bridge; and moves of single squares."""
    chance = random.Random(seed)
    count = SIDE * SIDE
    borders = [(n, n + 1, chance.randint(1, 900)) for n in range(count) if n % SIDE < SIDE - 1]
    borders += [(n, n + SIDE, chance.randint(1, 900)) for n in range(count - SIDE)]
    borders += [(other, one, metres) for one, other, metres in borders[:5]]
    units = {
        "keys": [str(n) for n in range(count)],
        "population": [chance.choice([None, 0, chance.randint(1, 9_000)]) for _ in range(count)],
        "households": [chance.randint(0, 3_000) for _ in range(count)],
        "workload": [],
        "borders": borders,
        "bridges": [(0, count - 1)],
        "systems": [{"label": "street", "areas": [chance.choice("abcd") if n % 6 else "" for n in range(count)]}],
        "home": [chance.randrange(-1, CLUSTERS) for _ in range(count)],
    }
    part = [n % CLUSTERS for n in range(count)]
    return units, part, [(chance.randrange(count), chance.randrange(CLUSTERS)) for _ in range(60)]


def counted(units: dict[str, Any], balance: Any, part: list[int], moves: list[tuple[int, int]]) -> list[dict[str, Any]]:
    read = Units(
        population=tuple(units["population"]),
        households=tuple(units["households"]),
        borders=tuple(units["borders"]),
        bridges=tuple(units["bridges"]),
        systems=tuple(System(name=one["label"], areas=tuple(one["areas"])) for one in units["systems"]),
        home=tuple(units["home"]),
    )
    task = Task(clusters=CLUSTERS, balance=balance)
    live, found = Live(read, task, part), []
    of = level(read, task, np.full(len(read), -1, dtype=np.int64))
    for unit, cluster in [(0, part[0]), *moves]:
        live.move(unit, cluster)
        found.append(
            {
                "loads": live.loads[:],
                "deviation": live.deviation,
                "cut": live.cut,
                "splits": live.splits,
                "moved": live.moved,
                "loose": list(loose(of, np.array(live.part, dtype=np.int64))),
                "broken": sorted([area, list(where)] for (_name, area), where in broken(read, live.part).items()),
            }
        )
    return found


@pytest.mark.parametrize("balance", ["households", "population", "workload"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_page_counts_like_the_kernel(seed: int, balance: str) -> None:
    if shutil.which("node") is None:
        pytest.skip("no node found; Debian: apt install nodejs")
    units, part, moves = problem(seed)
    module = files("pianqu.rooms.planning").joinpath("static/planning/live.mjs")
    given = {"units": units, "settings": {"balance": balance, "tolerance": 500}, "part": part, "clusters": CLUSTERS}
    ended = subprocess.run(
        ["node", "--input-type=module", "-e", NODE, str(module)],
        input=json.dumps({**given, "moves": moves}),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    told = [{**one, "broken": sorted(one["broken"])} for one in json.loads(ended.stdout)]
    assert told == counted(units, balance, part, moves)
