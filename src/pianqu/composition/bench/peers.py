"""Other logs beside ours. pymerkle is run here, in an environment of its own, as a program; nothing of it is imported."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pianqu.composition.bench.report import Row

SCRIPT = """
import json, random, sys, time
from pymerkle import InmemoryTree
count, proofs = int(sys.argv[1]), int(sys.argv[2])
leaves = [b"%0180d" % n for n in range(count)]
tree = InmemoryTree(algorithm="sha256")
began = time.perf_counter()
for leaf in leaves:
    tree.append_entry(leaf)
appended = time.perf_counter()
dice = random.Random(7)
for _ in range(proofs):
    tree.prove_inclusion(dice.randrange(1, count + 1), count)
proved = time.perf_counter()
print(json.dumps({"append": count / (appended - began), "proof": proofs / (proved - appended)}))
"""


def pymerkle(*, quick: bool) -> list[Row]:
    """Appends and proofs of pymerkle's tree in memory: no database, no signature, no witness. Empty where it cannot be had."""
    with tempfile.TemporaryDirectory() as folder:
        python = _environment(Path(folder))
        if python is None:
            sys.stderr.write("pymerkle could not be installed: its figures are left out.\n")
            return []
        script = Path(folder) / "measure.py"
        script.write_text(SCRIPT, encoding="utf-8")
        size, proofs = ("20000", "300") if quick else ("200000", "2000")
        done = subprocess.run([python, script, size, proofs], capture_output=True, text=True, timeout=300, check=True)
    found = json.loads(done.stdout)
    return [
        Row(name=f"pymerkle, in memory, {size} leaves: appends", value=found["append"], unit="/s"),
        Row(name=f"pymerkle, in memory, {size} leaves: inclusion proofs", value=found["proof"], unit="/s"),
    ]


def _environment(folder: Path) -> Path | None:
    """A Python that has it, thrown away afterwards."""
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}") or shutil.which("uv")
    if uv is None:
        return None
    python = folder / "venv" / "bin" / "python"
    for words in (f"venv --python {sys.executable} {folder / 'venv'}", f"pip install --python {python} pymerkle"):
        if subprocess.run([uv, *words.split()], capture_output=True, cwd=folder).returncode:
            return None
    return python
