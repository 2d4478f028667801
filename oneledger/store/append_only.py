"""Tables whose rows are never altered nor deleted: the database itself refuses, whoever asks."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import DDL, Connection, Table, event

_SQLITE = """CREATE TRIGGER {table}_no_{deed} BEFORE {deed} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"""
_POSTGRES_FUNCTION = """CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'this table is append-only'; END $$"""
_POSTGRES = """CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION refuse_change()"""


def triggers(table: str, dialect: str) -> list[str]:
    """The statements that keep a table append-only; for a new database and for a migration alike."""
    if dialect == "sqlite":
        return [_SQLITE.format(table=table, deed=deed) for deed in ("UPDATE", "DELETE")]
    return [_POSTGRES_FUNCTION, _POSTGRES.format(table=table)]


def keep_for_ever(table: Table) -> None:
    for dialect in ("sqlite", "postgresql"):
        for statement in triggers(table.name, dialect):
            event.listen(table, "after_create", DDL(statement).execute_if(dialect=dialect))  # type: ignore[no-untyped-call]


@contextmanager
def lifted(connection: Connection, table: Table) -> Iterator[None]:
    """For the deletion that the law asks for, and nothing else: within one transaction, so that a crash leaves the
    table guarded."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(f"ALTER TABLE {table.name} DISABLE TRIGGER {table.name}_append_only")
        yield
        connection.exec_driver_sql(f"ALTER TABLE {table.name} ENABLE TRIGGER {table.name}_append_only")
        return
    for deed in ("UPDATE", "DELETE"):
        connection.exec_driver_sql(f"DROP TRIGGER {table.name}_no_{deed}")
    yield
    for statement in triggers(table.name, "sqlite"):
        connection.exec_driver_sql(statement)
