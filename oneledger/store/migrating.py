"""The tables of a database are brought to this program's version when it is opened; a newer database is refused."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, inspect

from oneledger.domain.errors import OneLedgerError
from oneledger.store.schema import metadata


class NewerDatabaseError(OneLedgerError):
    """An operator runs an old program on a database that a newer one has changed."""


def migration_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("oneledger.store") / "migrations"))
    config.attributes["connection"] = connection
    return config


def bring_up_to_date(engine: Engine) -> None:
    """New databases are made whole; older ones are changed step by step, in one transaction.

    Raises NewerDatabaseError where the database was last opened by a newer program.
    """
    with engine.connect().execution_options(oneledger_writes=True) as connection, connection.begin():
        config = migration_config(connection)
        head = ScriptDirectory.from_config(config).get_current_head()
        if not inspect(connection).has_table("campaign"):
            metadata.create_all(connection)
            command.stamp(config, "head")
            return
        current = MigrationContext.configure(connection).get_current_revision()
        if current == head:
            return
        try:
            command.upgrade(config, "head")
        except CommandError as fault:
            raise NewerDatabaseError(
                f"the database is at version {current}, this program knows up to {head}: install the newer program"
            ) from fault
