"""Also which units they are is told by an index alone: the pages of a look read no assignment's row."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("assignment_by_phase", "assignment")
    columns = ["campaign", "phase", "status", "is_late", "in_correction", "seal", "unit"]
    op.create_index("assignment_by_phase", "assignment", columns)
