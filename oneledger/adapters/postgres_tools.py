"""PostgreSQL's own programs for a backup: pg_dump out, pg_restore and psql in, as one transaction."""

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

from oneledger.domain.errors import OneLedgerError


class PostgresToolError(OneLedgerError):
    """An operator must install PostgreSQL's client programs, as new as the server."""


def dump(url: str, target: Path) -> None:
    """The whole database at one moment, while others write to it."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0o600))
    _run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}", f"--dbname={_bare(url)}"],
         url)  # fmt: skip


def load(url: str, source: Path, aside: Path, then: str) -> None:
    """Into an empty database; ``then`` is SQL of the same transaction: nobody ever sees the one without the other."""
    script, last = aside / "restore.sql", aside / "then.sql"
    whole = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    try:
        _run(["pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(source)], url)
        last.write_text(f"SET search_path = public;\n{then}\n", encoding="utf-8")
        _run(["psql", *whole, f"--dbname={_bare(url)}", f"--file={script}", f"--file={last}"], url)
    finally:
        script.unlink(missing_ok=True)
        last.unlink(missing_ok=True)


def _run(command: list[str], url: str) -> None:
    """The password goes by the environment: a command line can be read by everybody on the machine."""
    program = shutil.which(command[0])
    if program is None:
        raise PostgresToolError(f"{command[0]}：未安装。请安装 PostgreSQL 客户端（版本不低于服务器）后再试")
    password = urlsplit(url).password
    environment = {**os.environ, **({"PGPASSWORD": unquote(password)} if password else {})}
    done = subprocess.run(
        [program, *command[1:]], env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        raise PostgresToolError(f"{command[0]}：{done.stderr.strip()[-1000:]}")


def _bare(url: str) -> str:
    """As PostgreSQL's programs read it, without the password."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    return f"postgresql://{user.partition(':')[0]}{at}{host}{parts.path}?{parts.query}".removesuffix("?")
