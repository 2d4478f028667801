"""The tables of documents, on SQLite and on PostgreSQL."""

from importlib import import_module

from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from oneledger.store.schema import assignment, metadata


def test_a_database_from_before_documents_gets_exactly_the_tables_of_the_schema(store):
    """A campaign under way goes on: its assignments want no seal."""
    migration = import_module("oneledger.store.migrations.versions.0003_documents")
    with store.write() as connection:
        (of_seals,) = [each for each in assignment.indexes if each.name == "assignment_by_phase"]  # of a later version
        of_seals.drop(connection)
        for statement in ("DROP TABLE document_band", "DROP TABLE document", "ALTER TABLE assignment DROP COLUMN seal"):
            connection.execute(text(statement))
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) != []
        with Operations.context(context):
            migration.upgrade()
        of_seals.create(connection)
        assert compare_metadata(context, metadata) == []
