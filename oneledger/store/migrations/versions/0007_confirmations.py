"""Mail whose tokens and sender contradict each other waits for the word of the registered address."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "confirmation",
        sa.Column("id", key, primary_key=True, autoincrement=True),
        sa.Column("campaign", sa.Text, sa.ForeignKey("campaign.id"), nullable=False),
        sa.Column("inbox", key, sa.ForeignKey("inbox.id"), nullable=False),
        sa.Column("assignment", key, sa.ForeignKey("assignment.id"), nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("answered_by", sa.Text),
        sa.Column("answered_in", key, sa.ForeignKey("inbox.id")),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("inbox", "assignment"),
    )
    op.create_index("confirmation_by_state", "confirmation", ["campaign", "state"])
