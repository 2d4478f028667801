"""Mails that came back go to the unit's next contact; what became of each address is kept for ever."""

import sqlalchemy as sa
from alembic import op

from oneledger.store.append_only import triggers

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.add_column("outbox", sa.Column("bounce", sa.Text))
    op.add_column("outbox", sa.Column("copied_at", sa.DateTime(timezone=True)))
    op.create_index("outbox_by_bounce", "outbox", ["campaign", "bounce"])
    op.create_table(
        "contact_event",
        sa.Column("id", key, primary_key=True, autoincrement=True),
        sa.Column("campaign", sa.Text, sa.ForeignKey("campaign.id"), nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("deed", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("number", key),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("inbox", key, sa.ForeignKey("inbox.id")),
        sa.UniqueConstraint("campaign", "unit", "address", "deed", "cause"),
    )
    op.create_index("contact_event_by_number", "contact_event", ["campaign", "number"])
    for statement in triggers("contact_event", op.get_bind().dialect.name):
        op.execute(statement)
