"""Originals with pupils' data lie under seal; what is done with people's data is kept for ever."""

import sqlalchemy as sa
from alembic import op

from oneledger.store.append_only import triggers

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "quarantine",
        sa.Column("id", key, primary_key=True, autoincrement=True),
        sa.Column("campaign", sa.Text, sa.ForeignKey("campaign.id"), nullable=False),
        sa.Column("inbox", key, sa.ForeignKey("inbox.id"), nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("kinds", sa.Text, nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delete_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("inbox"),
    )
    op.create_index("quarantine_by_campaign", "quarantine", ["campaign", "delete_at"])
    op.create_table(
        "privacy_event",
        sa.Column("id", key, primary_key=True, autoincrement=True),
        sa.Column("campaign", sa.Text, sa.ForeignKey("campaign.id"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("deed", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    for statement in triggers("privacy_event", op.get_bind().dialect.name):
        op.execute(statement)
