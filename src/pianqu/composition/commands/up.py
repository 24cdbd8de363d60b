"""`pianqu up`: everything at once, for a newcomer and for a single machine."""

import argparse
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from pianqu.composition.env import Env, current
from pianqu.composition.supervise import House, alone, check_port, wait_for


def main(argv: list[str]) -> int:
    """Prepare the data folder, start web and worker, say where to look."""
    parser = argparse.ArgumentParser(
        prog="pianqu up",
        description="Set up, open the demo district and serve it until Ctrl-C. 一步启动，按 Ctrl-C 结束。",
    )
    parser.add_argument("--port", type=int, help="port of the web server (default 8000) 端口")
    parser.add_argument("--data", type=Path, help="folder of everything that lasts (default ./data) 数据文件夹")
    parser.add_argument("--empty", action="store_true", help="without the demo district 不装演示数据")
    asked = parser.parse_args(argv)
    env = _environment(asked)
    url = f"http://localhost:{env.port}"
    with alone(env.data, url):
        check_port(env.bind, env.port)
        if code := _prepare(asked.empty):
            return code
        house = House(env.data, url)
        threading.Thread(target=_greet, args=(env, url), daemon=True).start()
        house.run()
    return 0


def _environment(asked: argparse.Namespace) -> Env:
    """Options win over variables, for this process and its children."""
    if asked.data:
        os.environ["PIANQU_DATA"] = str(asked.data.resolve())
    if asked.port:
        os.environ["PIANQU_PORT"] = str(asked.port)
    return current()


def _prepare(empty: bool) -> int:
    words = ["--empty"] if empty else []
    return subprocess.run([sys.executable, "-m", "pianqu.composition.prepare", *words], check=False).returncode


def _greet(env: Env, url: str) -> None:
    if not wait_for("127.0.0.1" if env.bind == "0.0.0.0" else env.bind, env.port, 60):
        return
    lines = [f"pianqu is up: {url}", "Ctrl-C ends it. 按 Ctrl-C 结束。"]
    logins = env.data / "demo-logins.json"
    if logins.exists():
        lines += ["Demo sign-ins 演示账号:"]
        lines += [f"  {row['login']:<12} {row['password']:<14} {row['role']}" for row in json.loads(logins.read_text())]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
