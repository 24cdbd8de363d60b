"""`pianqu up`: everything at once, for a newcomer and for a single machine."""

import argparse
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from pianqu.composition.env import Env, current, strangers
from pianqu.composition.orphan import PARENT
from pianqu.composition.stopping import Stop
from pianqu.composition.supervise import House, alone, check_port, programs_of

START_SECONDS = 60.0


def main(argv: list[str]) -> int:
    """Prepare the data folder, start web and worker, say where to look."""
    parser = argparse.ArgumentParser(
        prog="pianqu up",
        description="Set up, open the demo district and serve it until Ctrl-C. 一步启动，按 Ctrl-C 结束。",
    )
    parser.add_argument("--port", help="port of the web server (default 8000) 端口")
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
        stop = Stop()
        threading.Thread(target=_greet, args=(env, url), daemon=True).start()
        house.run(stop)
    sys.stdout.write("pianqu has stopped. 已停止。\n")
    return 0


def _environment(asked: argparse.Namespace) -> Env:
    """Options win over variables, for this process and its children."""
    if asked.data:
        os.environ["PIANQU_DATA"] = str(asked.data.resolve())
    if asked.port:
        os.environ["PIANQU_PORT"] = asked.port
    for sentence in strangers(os.environ):
        sys.stderr.write(f"{sentence}\n")
    return current()


def _prepare(empty: bool) -> int:
    """In a process of its own, so that this one stays small; it ends with this one."""
    words = [sys.executable, "-m", "pianqu.composition.prepare", "--outsiders", *(["--empty"] if empty else [])]
    return subprocess.run(words, env={**os.environ, PARENT: str(os.getpid())}, check=False).returncode


def _greet(env: Env, url: str) -> None:
    """Say the address once a page can really be had."""
    until = time.monotonic() + START_SECONDS
    while not _answers(env):
        if time.monotonic() > until:
            sys.stderr.write(f"The web server has not answered at {url} for a minute; see the messages above.\n")
            return
        time.sleep(0.1)
    lines = [f"pianqu is up: {url}", "Ctrl-C ends it. 按 Ctrl-C 结束。"]
    logins = env.data / "demo-logins.json"
    if logins.exists():
        lines += ["Demo sign-ins 演示账号:"]
        lines += [f"  {row['login']:<12} {row['password']:<14} {row['role']}" for row in json.loads(logins.read_text())]
    resident = env.data / "demo-resident"
    if resident.exists():
        lines.append(f"Resident 居民: {url}/me/  {resident.read_text()} (the page shows the code 页面显示验证码)")
    outside = [f"http://127.0.0.1:{one.port}" for one in programs_of(env.data)]
    if outside:
        lines.append(f"Witnesses 见证: {', '.join(outside)}  (other organisations' in life 实际由其他单位运行)")
    code = env.data / "setup-code"
    if code.exists():
        lines += [f"First administrator 设置首位管理员: {url}/setup/  code 设置码: {code.read_text()}"]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _answers(env: Env) -> bool:
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}
    host = env.allowed_hosts[0].lstrip(".*") or "localhost"
    connection = http.client.HTTPConnection(everywhere.get(env.bind, env.bind), env.port, timeout=5)
    try:
        connection.request("GET", "/health/", headers={"Host": host})
        return connection.getresponse().status in {200, 503}
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
