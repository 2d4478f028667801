"""Secrets in files that only their owner may read. Others are refused: a secret that others read is none."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from oneledger.domain.errors import RefusedError

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def is_private(path: Path) -> bool:
    return not path.stat().st_mode & _OTHERS


def read_secret(path: Path) -> str:
    """The first line. Raises RefusedError, never showing what is in it, where it is missing or open to others."""
    try:
        if not is_private(path):
            raise RefusedError([f"{path}：别人也能读取，请先执行 chmod 600 {path}"])
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as fault:
        raise RefusedError([f"{path}：密码文件不能读取（{fault.strerror}）"]) from fault
    except UnicodeDecodeError:
        raise RefusedError([f"{path}：密码文件不是文本"]) from None
    if not lines or not lines[0].strip():
        raise RefusedError([f"{path}：密码文件是空的"])
    return lines[0].strip()


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """The file's; made when it is first wanted. Of several processes that make it at once one wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(make() + "\n")
        try:
            os.link(aside, path)
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    return read_secret(path)
