"""`pianqu mirror`: a whole copy of a ledger, kept by another organisation on a machine of its own."""

import argparse
import os
import sys
from contextlib import nullcontext
from itertools import zip_longest
from pathlib import Path

from pianqu.composition.mirror import home
from pianqu.composition.mirror.app import EVERY, FOLDER
from pianqu.composition.mirror.home import Home
from pianqu.composition.mirror.store import Store
from pianqu.composition.outsider.folder import CODES, Folder, kinds
from pianqu.composition.outsider.receiving import PATIENCE
from pianqu.composition.supervise import check_port
from pianqu.composition.web import serve_patient
from pianqu.foundation.errors import Invalid


def main(argv: list[str]) -> int:
    """Serve until told to stop."""
    asked = _parser().parse_args(argv)
    if len(asked.source) > len(asked.log):
        raise Invalid("mirror-address", "Each --from belongs to a --log before it. Nothing was changed.")
    if not 0.1 <= asked.every <= 86_400:
        raise Invalid("mirror-every", "--every is a number of seconds between 0.1 and 86400. Nothing was changed.")
    logs = list(zip_longest(asked.log, asked.source, fillvalue=""))
    chosen = kinds(asked.key)
    place = Folder(asked.folder.resolve(), home.WHAT)
    only_shows = asked.show and not (logs or asked.beside or chosen)
    with nullcontext() if only_shows else place.alone():
        found = home.prepare(place.path, name=asked.name, logs=logs, beside=asked.beside, kinds=chosen)
    if not asked.quiet:
        sys.stdout.write(_told(found))
        sys.stdout.flush()
    if asked.show:
        return 0
    if not found.logs:
        sys.stderr.write(
            "It knows no ledger yet: name one with --log and --from. 尚未登记账本，请用 --log 和 --from 指定。\n"
        )
        return 2
    check_port(asked.bind, asked.port, command="./pianqu mirror")
    with place.alone():
        place.remember(Store).close()  # what cannot be opened or is gone is said before anybody asks
        os.environ[FOLDER], os.environ[EVERY] = str(found.folder), str(asked.every)
        serve_patient(
            "pianqu.composition.mirror.served:application", bind=asked.bind, port=asked.port, patience=PATIENCE
        )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pianqu mirror",
        description="Keep a whole copy of a ledger and serve it (c2sp.org/tlog-mirror). 账本镜像：保存并提供完整副本。",
    )
    parser.add_argument("--folder", type=Path, default=Path("mirror"), help="where its key and copies lie 文件夹")
    parser.add_argument("--name", default="", help="its name, such as m1.example.org; first start only 名称（首次）")
    parser.add_argument("--log", action="append", default=[], metavar="VKEY", help="a ledger's public key 账本公钥")
    parser.add_argument(
        "--from",
        dest="source",
        action="append",
        default=[],
        metavar="URL",
        help="where that ledger is served, such as https://…/open/ledger; the first --from is the first --log's 账本网址",
    )
    parser.add_argument(
        "--beside",
        action="append",
        default=[],
        metavar="URL",
        help="another mirror or a witness of the same ledgers; what it was shown is compared 与之比对的镜像或见证",
    )
    parser.add_argument(
        "--every", type=float, default=10.0, metavar="SECONDS", help="how often it looks 查看间隔（秒）"
    )
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        choices=CODES,
        help="a kind of key to sign with; may be repeated, and given later to add one (default ed25519) 签名密钥种类，可加一种",
    )
    parser.add_argument("--bind", default="127.0.0.1", help="address to listen on 监听地址")
    parser.add_argument("--port", type=int, default=7200, help="port to listen on 端口")
    parser.add_argument("--quiet", action="store_true", help="begin without a word 启动时不显示公钥")
    parser.add_argument("--show", action="store_true", help="print its public key and end 只显示公钥")
    return parser


def _told(found: Home) -> str:
    lines = [found.keys.name, *(f"  key 公钥 {own.vkey}" for own in found.keys.witnesses)]
    lines += [f"  log 账本 {log.verifier.vkey} {log.url}".rstrip() for log in found.logs]
    lines += [f"  beside 比对 {url}" for url in found.beside]
    return "\n".join(lines) + "\n"
