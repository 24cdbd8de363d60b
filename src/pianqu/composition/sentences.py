"""What goes wrong around the house (disk, folder, database, settings), said in one sentence instead of a traceback."""

import errno

from django.db import Error

from pianqu.composition.env import EnvProblem
from pianqu.foundation.errors import Problem

_ELSEWHERE = "Choose another folder with --data DIR or PIANQU_DATA"
_DISK = {
    errno.ENOSPC: "The disk is full at {where}. Make room and start again; what was recorded before is safe.",
    errno.EDQUOT: "The disk quota is used up at {where}. Make room and start again; what was recorded before is safe.",
    errno.EROFS: f"{{where}} is on a read-only disk. {_ELSEWHERE}.",
    errno.EACCES: f"No permission for {{where}}. {_ELSEWHERE}, or change its owner.",
    errno.EPERM: f"No permission for {{where}}. {_ELSEWHERE}, or change its owner.",
    errno.ENOTDIR: f"{{where}} cannot be a folder: a part of its path is a file. {_ELSEWHERE}.",
    errno.EEXIST: f"{{where}} is a file, not a folder. {_ELSEWHERE}.",
    errno.EISDIR: f"{{where}} is a folder where a file belongs. {_ELSEWHERE}.",
    errno.ENAMETOOLONG: f"The path {{where}} is too long. {_ELSEWHERE}.",
}
DAMAGED = (
    "The database file is damaged. Restore the newest backup (docs/guides/operator/restore.md); keep the damaged file aside. "
    "数据库文件已损坏：请恢复最新的备份，并另存损坏的文件。"
)
_DATABASE = {
    "database or disk is full": "The disk is full. Make room and start again; what was recorded before is safe.",
    "readonly database": f"The database file may not be written. {_ELSEWHERE}, or change its owner.",
    "unable to open database file": f"The database file cannot be opened. {_ELSEWHERE}, or change its owner.",
    "database is locked": "Another program holds the database. Try again in a moment, or end that program.",
    "file is not a database": "The database file is damaged or no database. Restore the newest backup.",
    "malformed": DAMAGED,
    "password authentication failed": "PostgreSQL refuses the user or password in PIANQU_DATABASE.",
    "could not translate host name": "The host in PIANQU_DATABASE is not known.",
    "Connection refused": "PostgreSQL does not answer at the address in PIANQU_DATABASE: is it running?",
}


def sentence_for(error: BaseException) -> str | None:
    """The sentence for an operator, or None for a bug, which deserves its traceback."""
    if isinstance(error, Problem):
        return str(error.message)
    if isinstance(error, EnvProblem):
        return str(error)
    if isinstance(error, Error):
        return _of_the_database(str(error).strip())
    if isinstance(error, OSError) and error.errno in _DISK:
        return _DISK[error.errno].format(where=error.filename or "the data folder")
    return None


def _of_the_database(words: str) -> str:
    known = next((sentence for sign, sentence in _DATABASE.items() if sign in words), None)
    return known or f"The database cannot be used: {' '.join(words.split())}"
