"""Units may move their date of a phase; who did it and why is kept for ever."""

import sqlalchemy as sa
from alembic import op

from oneledger.store.append_only import triggers

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "shift",
        sa.Column("id", key, primary_key=True, autoincrement=True),
        sa.Column("campaign", sa.Text, sa.ForeignKey("campaign.id"), nullable=False),
        sa.Column("phase", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("shift_by_campaign", "shift", ["campaign"])
    for statement in triggers("shift", op.get_bind().dialect.name):
        op.execute(statement)
