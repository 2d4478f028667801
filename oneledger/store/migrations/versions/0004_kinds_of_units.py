"""A sample may be drawn by what a school is, so its kind is frozen at launch like its stage."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Campaigns launched before know no kinds: their draws are made already, and stand."""
    op.add_column("campaign_unit", sa.Column("kind", sa.Text(), nullable=False, server_default=""))
