"""`pianqu triage`: learn the model that suggests categories, look at it, go back to a former one."""

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path

from pianqu.composition import prepare


def main(argv: list[str]) -> int:
    """Do one of the three."""
    asked = _arguments(argv)
    if asked.data:
        os.environ["PIANQU_DATA"] = str(asked.data.resolve())
    prepare.prepare(empty=True)
    working = import_module("pianqu.composition.triage")
    text, code = {
        "train": lambda: working.train(waiting_only=asked.waiting) if asked.act == "train" else ("", 0),
        "status": working.status,
        "use": lambda: working.use(asked.version),
    }[asked.act]()
    sys.stdout.write(text)
    return int(code)


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pianqu triage", description="The model that suggests categories and organisations 分类建议模型."
    )
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    train = acts.add_parser("train", help="learn from the district's confirmed matters 用本区已确认的办件训练")
    train.add_argument("--waiting", action="store_true", help="only where somebody asked for it 只处理已提出的申请")
    acts.add_parser("status", help="the models and their figures 模型与指标")
    use = acts.add_parser("use", help="let another version suggest; 0 is the shipped list 改用另一版本，0 为自带词表")
    use.add_argument("version", type=int, metavar="VERSION")
    for act in (train, use):
        act.add_argument("--data", type=Path, help="data folder 数据文件夹")
    acts.choices["status"].add_argument("--data", type=Path, help="data folder 数据文件夹")
    return parser.parse_args(argv)
