"""Problems know what opened them and where they were left open; every change of one is kept for ever."""

import sqlalchemy as sa
from alembic import op

from oneledger.store.append_only import triggers

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("problem", sa.Column("source", sa.Text, nullable=False, server_default="ledger"))
    op.add_column("problem", sa.Column("carried_from", sa.Text))
    op.create_index("problem_by_number", "problem", ["problem_no"])
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "problem_event",
        sa.Column("id", key, primary_key=True, autoincrement=True),
        sa.Column("campaign", sa.Text, sa.ForeignKey("campaign.id"), nullable=False),
        sa.Column("problem_no", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deed", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("submission", key, sa.ForeignKey("submission.id")),
        sa.Column("said", sa.Text, nullable=False),
        sa.UniqueConstraint("campaign", "problem_no", "deed", "cause"),
    )
    for statement in triggers("problem_event", op.get_bind().dialect.name):
        op.execute(statement)
