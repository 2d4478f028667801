"""Opening the store: SQLite made safe, or PostgreSQL; one transaction per deed."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pysqlite3.dbapi2
from sqlalchemy import Connection, Engine, Insert, Row, Table, create_engine, event, insert, text

from oneledger.domain.errors import OneLedgerError
from oneledger.store.migrating import bring_up_to_date

Value = TypeVar("Value")
_SAFE_SQLITE = (3, 51, 3)


class UnsafeSqliteError(OneLedgerError):
    """An operator must install a newer pysqlite3: older SQLite can lose committed writes in WAL mode."""


def check_sqlite(version: tuple[int, ...]) -> None:
    """Raises UnsafeSqliteError below 3.51.3, but for the mended 3.50.7 and 3.44.6 (WAL-reset bug)."""
    mended = {(3, 50): (3, 50, 7), (3, 44): (3, 44, 6)}.get((version[0], version[1]), _SAFE_SQLITE)
    if version < mended:
        found = ".".join(map(str, version))
        raise UnsafeSqliteError(f"SQLite {found} can lose committed writes; install pysqlite3 with SQLite >= 3.51.3")


def _sqlite_engine(path: Path) -> Engine:
    check_sqlite(pysqlite3.dbapi2.sqlite_version_info)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_engine(f"sqlite:///{path}", module=pysqlite3.dbapi2, connect_args={"timeout": 60})

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=60000"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("PRAGMA cache_size=-16384")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("oneledger_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


class Store:
    """One database. ``write`` takes the write lock at once: what is read inside cannot change before it is written."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self.engine.connect().execution_options(oneledger_writes=True) as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Callable[[], AbstractContextManager[Connection]]]:
        """As ``write``, for many small transactions one after the other: they share one connection."""
        with self.engine.connect().execution_options(oneledger_writes=True) as connection:

            @contextmanager
            def one() -> Iterator[Connection]:
                with connection.begin():
                    yield connection

            yield one

    @contextmanager
    def read(self) -> Iterator[Connection]:
        shared = _shared.get()
        if shared is not None and shared.store is self:
            yield shared.connection
            return
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Whatever ``read`` is asked for within, on this thread, is asked over one connection."""
        with self.read() as connection:
            before = _shared.set(_Shared(self, connection))
            try:
                yield
            finally:
                _shared.reset(before)

    def once(self, question: Hashable, ask: Callable[[Connection], Value]) -> Value:
        """What ``ask`` finds out. Within ``reading`` the same question is asked once."""
        with self.read() as connection:
            shared = _shared.get()
            if shared is None or shared.store is not self:
                return ask(connection)
            if question not in shared.answers:
                shared.answers[question] = ask(connection)
            answer: Value = shared.answers[question]
            return answer

    def close(self) -> None:
        self.engine.dispose()


@dataclass
class _Shared:
    """Of one ``reading``."""

    store: Store
    connection: Connection
    answers: dict[Hashable, Any] = field(default_factory=dict)


_shared: ContextVar[_Shared | None] = ContextVar("shared", default=None)


def open_store(url: str, data: Path) -> Store:
    """``url`` empty: SQLite at data/oneledger.db. Tables are made or brought up to date."""
    engine = create_engine(url) if url else _sqlite_engine(data / "oneledger.db")
    bring_up_to_date(engine)
    return Store(engine)


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows that break no unique key; says how many were new. Running twice inserts nothing more."""
    key = next(
        iter(table.primary_key.columns)
    ).name  # psycopg counts no rows of many inserts at once: count what returns
    return len(insert_returning(connection, table, rows, key))


def insert_missing(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """As insert_new where nobody asks how many: the rows go to the database in one call, and none comes back."""
    if rows:
        connection.execute(_insert(table), list(rows))


def insert_returning(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *columns: str
) -> list[Row[Any]]:
    """As insert_new; returns the named columns of the rows that were new, in no promised order."""
    if not rows:
        return []
    statement = _insert(table).returning(*(table.c[name] for name in columns))
    return list(connection.execute(statement, list(rows)))


def slices(values: Iterable[Value], most: int = 500) -> Iterator[list[Value]]:
    """For IN (…): a statement has room for 32,766 values on SQLite, 65,535 on PostgreSQL."""
    left = list(values)
    for start in range(0, len(left), most):
        yield left[start : start + most]


def _insert(table: Table) -> Insert:
    """The same words on SQLite and PostgreSQL. A dialect's own insert().on_conflict_do_nothing() says the same, but is
    compiled anew at every call (its inherit_cache is False): half of what an insert costs."""
    statement = insert(table)
    statement._post_values_clause = text("ON CONFLICT DO NOTHING")  # noqa: SLF001  part of what is cached
    return statement
