"""Where a copy of a mail lies, since when it is lost, how often it was looked for; crashes over a mail received."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("journal", sa.Text))
    op.add_column("outbox", sa.Column("lost_at", sa.DateTime(timezone=True)))
    op.add_column("outbox", sa.Column("looks", sa.Integer, nullable=False, server_default="0"))
    op.add_column("inbox", sa.Column("begun", sa.Integer, nullable=False, server_default="0"))
