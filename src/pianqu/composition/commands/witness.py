"""`pianqu witness`: a witness of a ledger, run by another organisation on a machine of its own."""

import argparse
import os
import sys
from contextlib import nullcontext
from pathlib import Path

from pianqu.composition.outsider.folder import CODES, Folder, kinds
from pianqu.composition.outsider.receiving import PATIENCE
from pianqu.composition.supervise import check_port
from pianqu.composition.web import serve_patient
from pianqu.composition.witness import home
from pianqu.composition.witness.app import FOLDER
from pianqu.composition.witness.home import Home
from pianqu.composition.witness.store import Store


def main(argv: list[str]) -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(
        prog="pianqu witness",
        description="Cosign how a ledger grows (c2sp.org/tlog-witness). 账本见证：只签证账本只增不改。",
    )
    parser.add_argument("--folder", type=Path, default=Path("witness"), help="where its key and memory lie 文件夹")
    parser.add_argument("--name", default="", help="its name, such as w1.example.org; first start only 名称（首次）")
    parser.add_argument("--log", action="append", default=[], metavar="VKEY", help="a ledger's public key 账本公钥")
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        choices=CODES,
        help="a kind of key to sign with; may be repeated, and given later to add one (default ed25519) 签名密钥种类，可加一种",
    )
    parser.add_argument("--bind", default="127.0.0.1", help="address to listen on 监听地址")
    parser.add_argument("--port", type=int, default=7100, help="port to listen on 端口")
    parser.add_argument("--quiet", action="store_true", help="begin without a word 启动时不显示公钥")
    parser.add_argument("--show", action="store_true", help="print its public key and end 只显示公钥")
    asked = parser.parse_args(argv)
    place = Folder(asked.folder.resolve(), home.WHAT)
    only_shows = asked.show and not (asked.log or asked.key)
    with nullcontext() if only_shows else place.alone():
        found = home.prepare(place.path, name=asked.name, logs=asked.log, kinds=kinds(asked.key))
    if not asked.quiet:
        sys.stdout.write(_told(found))
        sys.stdout.flush()
    if asked.show:
        return 0
    if not found.logs:
        sys.stderr.write("It knows no ledger yet: name one with --log. 尚未登记账本，请用 --log 指定。\n")
        return 2
    check_port(asked.bind, asked.port, command="./pianqu witness")
    with place.alone():
        place.remember(Store).close()  # what cannot be opened or is gone is said before anybody asks
        os.environ[FOLDER] = str(found.folder)
        serve_patient(
            "pianqu.composition.witness.served:application", bind=asked.bind, port=asked.port, patience=PATIENCE
        )
    return 0


def _told(found: Home) -> str:
    lines = [found.keys.name, *(f"  key 公钥 {own.vkey}" for own in found.keys.witnesses)]
    return "\n".join([*lines, *(f"  log 账本 {log.vkey}" for log in found.logs)]) + "\n"
