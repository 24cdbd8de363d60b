"""`pianqu up` as a newcomer and an operator meet it: real processes, real signals, real trouble."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pianqu.foundation.keys import make_keys
from tests.platform.houses import alive, command, environment, run, up, wait_until

slow = pytest.mark.slow


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as a first start leaves it, to be copied."""
    folder = tmp_path_factory.mktemp("prepared") / "data"
    words = [sys.executable, "-m", "pianqu.composition.prepare", "--empty"]
    subprocess.run(words, env=environment(folder), check=True, timeout=60)
    return folder


@pytest.fixture
def old(prepared: Path, data: Path) -> Path:
    """A data folder that was started before."""
    shutil.copytree(prepared, data)
    return data


def is_one_sentence(text: str) -> bool:
    """At most one line, and no program's insides."""
    return text.count("\n") == 1 and "Traceback" not in text


@slow
def test_a_page_answers_and_status_tells(data: Path) -> None:
    with up(data, "--empty") as house:
        assert f"http://localhost:{house.port}" in house.said()
        assert data.stat().st_mode & 0o077 == 0, "only its owner reads the data"
        assert house.get("/health/") == 200
        assert house.get("/open/ledger/checkpoint") == 200
        told = run(data, "status")
        assert told.returncode == 0, told.stdout + told.stderr
        assert f"http://localhost:{house.port}" in told.stdout
        assert told.stdout.count("runs for") == 2
        assert "0 entries sealed, 0 waiting" in told.stdout
    assert "stopped" in house.said()
    assert run(data, "status").returncode == 1


@slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_nobody_is_left_five_seconds_after_the_parent_ended(old: Path, number: signal.Signals) -> None:
    with up(old, "--empty") as house:
        everyone = house.everyone()
        assert len(everyone) >= 5, "the parent, the web server with two processes, the worker"
        house.process.send_signal(number)
        threading.Thread(target=house.process.wait, daemon=True).start()
        assert wait_until(lambda: not alive(everyone), 5), alive(everyone)
        assert house.get("/health/") == 0


@slow
def test_a_frozen_web_server_is_taken_down_too(old: Path) -> None:
    with up(old, "--empty") as house:
        everyone = house.everyone()
        os.kill(house.children()["web"], signal.SIGSTOP)
        house.process.terminate()
        threading.Thread(target=house.process.wait, daemon=True).start()
        assert wait_until(lambda: not alive(everyone), 5), alive(everyone)


@slow
@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_dead_child_starts_again(old: Path, name: str) -> None:
    with up(old, "--empty") as house:
        before = house.children()
        os.kill(before[name], signal.SIGKILL)
        assert wait_until(lambda: house.children().get(name, before[name]) != before[name], 10)
        assert wait_until(lambda: house.get("/health/") == 200, 10)
        other = ({"web", "worker"} - {name}).pop()
        assert house.children()[other] == before[other]
        assert f"{name} ended" in house.said()


@slow
def test_a_second_start_on_the_same_folder_is_refused_with_the_address(old: Path) -> None:
    with up(old, "--empty") as house:
        second = run(old, "up", "--empty", "--port", "1")
        assert second.returncode == 1
        assert is_one_sentence(second.stderr)
        assert f"http://localhost:{house.port}" in second.stderr
        assert str(house.process.pid) in second.stderr
        assert house.get("/health/") == 200


@slow
def test_what_was_set_up_once_stays(data: Path) -> None:
    with up(data, "--empty"):
        pass
    before = {path.name: path.read_bytes() for path in (data / "keys").iterdir()}
    published = (data / "published" / "checkpoint").read_bytes()
    with up(data):
        assert (data / "demo-state").read_text() == "none"
    assert {path.name: path.read_bytes() for path in (data / "keys").iterdir()} == before
    assert (data / "published" / "checkpoint").read_bytes() == published


def test_keys_are_readable_by_their_owner_only(data: Path) -> None:
    make_keys(data / "keys")
    assert {path.stat().st_mode & 0o777 for path in (data / "keys").iterdir()} == {0o600}
    assert (data / "keys").stat().st_mode & 0o777 == 0o700


def test_a_port_in_use(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        answer = run(data, "up", "--empty", "--port", str(port))
    assert answer.returncode == 1
    assert is_one_sentence(answer.stderr)
    assert f"Port {port}" in answer.stderr
    assert "--port" in answer.stderr


@pytest.mark.parametrize("port", ["0", "99999", "http", "-1"])
def test_an_impossible_port(data: Path, port: str) -> None:
    answer = run(data, "up", f"--port={port}")
    assert answer.returncode == 1
    assert "PIANQU_PORT" in answer.stderr
    assert is_one_sentence(answer.stderr)


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    for data in (tmp_path / "file", tmp_path / "file" / "data"):
        answer = run(data if data.parent.is_dir() else tmp_path / "x", "up", "--empty", "--data", str(data))
        assert answer.returncode == 1
        assert is_one_sentence(answer.stderr), answer.stderr
        assert "--data DIR" in answer.stderr


@slow
def test_a_full_disk(data: Path) -> None:
    """The largest file that may be written stands for the end of the disk. No bytecode is kept then: Python would keep the half
    of it, and no later start would find the whole."""
    assert run(data, "django", "check").returncode == 1, "without keys nothing works, and says so"
    limited = ["sh", "-c", 'ulimit -f 8; trap "" XFSZ; exec "$@"', "sh", *command("up", "--empty")]
    without = environment(data, PYTHONDONTWRITEBYTECODE="1")
    answer = subprocess.run(limited, env=without, capture_output=True, text=True, timeout=60)
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr, answer.stderr
    with up(data, "--empty") as house:
        assert house.get("/health/") == 200


@slow
def test_keys_of_another_house(old: Path, tmp_path: Path) -> None:
    make_keys(tmp_path / "others")
    wrong = run(old, "up", PIANQU_KEYS=str(tmp_path / "others"))
    assert wrong.returncode == 1
    assert is_one_sentence(wrong.stderr)
    assert "not the keys" in wrong.stderr

    (tmp_path / "others" / "fields.json").write_bytes((old / "keys" / "fields.json").read_bytes())
    wrong = run(old, "up", PIANQU_KEYS=str(tmp_path / "others"))
    assert "log key" in wrong.stderr
    assert is_one_sentence(wrong.stderr)

    (old / "keys").rename(tmp_path / "moved")
    missing = run(old, "up")
    assert missing.returncode == 1
    assert "keys are not in" in missing.stderr
    assert is_one_sentence(missing.stderr)
    assert not (old / "keys").exists(), "an old folder gets no new keys"
    with up(old, PIANQU_KEYS=str(tmp_path / "moved")) as house:
        assert house.get("/health/") == 200


@slow
def test_a_folder_of_a_newer_version(old: Path) -> None:
    query = "INSERT INTO django_migrations (app, name, applied) VALUES ('ledger', '0999_from_the_future', '2030-01-01')"
    script = f"from django.db import connection; connection.cursor().execute({query!r})"
    assert run(old, "django", "shell", "--no-imports", "-c", script).returncode == 0
    answer = run(old, "up")
    assert answer.returncode == 1
    assert "newer pianqu" in answer.stderr
    assert is_one_sentence(answer.stderr)


def test_status_where_nothing_was_set_up(data: Path) -> None:
    answer = run(data, "status")
    assert answer.returncode == 1
    assert is_one_sentence(answer.stdout)


def test_an_unknown_command_points_to_the_help(data: Path) -> None:
    answer = run(data, "upp")
    assert answer.returncode == 2
    assert is_one_sentence(answer.stderr)
    assert "help" in answer.stderr


@pytest.mark.parametrize("name", ["up", "status", "serve", "work", "replay", "test", "check"])
def test_every_command_has_help_in_both_languages(data: Path, name: str) -> None:
    make_keys(data / "keys")
    answer = run(data, name, "--help")
    assert answer.returncode == 0, answer.stderr
    assert f"pianqu {name}" in answer.stdout
    assert any("一" <= sign <= "鿿" for sign in answer.stdout)
