"""What was done is kept for ever and sealed, block by block."""

import sqlalchemy as sa
from alembic import op

from oneledger.store.append_only import triggers

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("event_by_deed", "event", ["campaign", "deed"])
    op.create_index("event_by_unit", "event", ["campaign", "unit"])
    op.create_table(
        "event_seal",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("prior", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
    )
    for table in ("event", "event_seal"):
        for statement in triggers(table, op.get_bind().dialect.name):
            op.execute(statement)
