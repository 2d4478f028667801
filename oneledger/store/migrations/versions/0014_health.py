"""HOLD, and when collecting and sending last did their work."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "holding",
        sa.Column("id", key, primary_key=True, autoincrement=True),
        sa.Column("since", moment, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("released_at", moment),
        sa.Column("released_by", sa.Text),
        sa.Column("released_for", sa.Text),
    )
    op.create_table(
        "pulse", sa.Column("job", sa.Text, primary_key=True), sa.Column("at", moment, nullable=False)
    )  # fmt: skip
