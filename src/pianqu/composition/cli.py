"""`pianqu`: the one command. Each subcommand is a module that is imported only when it is asked for."""

import os
import sys
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec

PACKAGE = "pianqu.composition.commands"
COMMANDS: dict[str, tuple[str, str, str]] = {
    "up": ("up", "set up, open the demo district, serve it", "一步启动：建库、演示数据、网页与后台"),
    "status": ("status", "what runs here, how far the ledger is", "运行状态与账本进度"),
    "serve": ("serve", "only the web server", "只启动网页"),
    "work": ("work", "only the worker: seals and delivers", "只启动后台：封存与分发"),
    "witness": ("witness", "sign that another house's ledger only grows", "为账本作见证：只签证其只增不改"),
    "mirror": ("mirror", "keep and serve a whole copy of another house's ledger", "为账本作镜像：保存并提供完整副本"),
    "rotate-key": ("rotate_key", "let the ledger sign with a new key", "账本更换签名密钥"),
    "chain-key": ("chain_key", "the account that anchors the ledger on a chain", "账本上链账户的密钥"),
    "declare-dead": (
        "declare_dead",
        "end a ledger that nobody can complete, and begin another",
        "终止无法补齐的账本并续建",
    ),
    "catch-up": ("catch_up", "complete a ledger that was put back, from a mirror", "恢复旧备份后从镜像补齐账本"),
    "verify": ("verify", "check a receipt, a mirror, or the whole log", "核验回执、镜像或整个账本"),
    "replay": ("replay", "let a reader hear every fact again", "让读者重读全部事实"),
    "import": (
        "import_",
        "bring in cases, lists of duties and colleagues, a grid",
        "导入办件、职责清单、人员账号、地名代码、网格",
    ),
    "admin": ("admin", "make or renew an administrator", "新增管理员或重发密码"),
    "export": ("export", "write the grid for other systems", "导出网格"),
    "plan": (
        "plan",
        "merge grids, plan clusters, cells and sites, from files",
        "规划：多网合一、片区、网格、选址，只用文件",
    ),
    "triage": ("triage", "learn and choose what suggests categories", "训练与切换分类建议模型"),
    "bench": ("bench", "measure, and compare with the targets", "测速并与目标比较"),
    "screens": ("screens", "take a picture of every page", "给每个页面截图"),
    "test": ("testing:test", "every check and test", "全部检查与测试"),
    "check": ("testing:check", "the fast checks", "快速检查"),
    "django": ("django", "Django's own commands", "Django 自带命令"),
}


def main(argv: list[str] | None = None) -> int:
    """Run one command; answers its exit code. Refusals become one sentence, never a traceback."""
    words = list(sys.argv[1:] if argv is None else argv)
    name = words.pop(0) if words else "help"
    if name in {"help", "--help", "-h"}:
        sys.stdout.write(help_text())
        _compile_translations()
        return 0
    if name not in _available():
        sys.stderr.write(f"There is no command “{name}”. ./pianqu help lists the commands.\n")
        return 2
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pianqu.composition.settings")
    return _run(name, words)


def _run(name: str, words: list[str]) -> int:
    module, _, function = COMMANDS[name][0].partition(":")
    command = getattr(import_module(f"{PACKAGE}.{module}"), function or "main")
    try:
        return int(command(words))
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        # Loaded only now: it knows the database's errors, and a start should not wait for that.
        sentence = import_module("pianqu.composition.sentences").sentence_for(error)
        if sentence is None:
            raise
        sys.stderr.write(f"{sentence}\n")
        return 1


def _compile_translations() -> None:
    """`./pianqu help` by the owner of a folder that the running program may not write is all that an update needs."""
    with suppress(OSError):
        import_module("pianqu.foundation.catalogues").compile_catalogues()


def _available() -> dict[str, tuple[str, str, str]]:
    """The commands whose module is in this version."""
    return {name: row for name, row in COMMANDS.items() if find_spec(f"{PACKAGE}.{row[0].partition(':')[0]}")}


def help_text() -> str:
    """The list of commands, both languages."""
    lines = ["pianqu (片区): ./pianqu COMMAND, and ./pianqu COMMAND --help for its options", ""]
    lines += [f"  {name:<9} {english}\n            {chinese}" for name, (_, english, chinese) in _available().items()]
    lines += ["", "Settings are variables PIANQU_…: docs/guides/operator/settings.md"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
