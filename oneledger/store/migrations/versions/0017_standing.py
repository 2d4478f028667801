"""How a campaign stands is counted by indexes alone, also at 210,000 schools."""

from alembic import op

revision = "0017"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("assignment_by_phase", "assignment")
    columns = ["campaign", "phase", "status", "is_late", "in_correction", "seal"]
    op.create_index("assignment_by_phase", "assignment", columns)
    op.create_index("outbox_by_kind", "outbox", ["campaign", "phase", "kind", "state", "bounced_at"])
