"""The first tables, as ``schema`` made them. Every change after this is a revision of its own, with its data moved."""

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A new database is made whole from ``schema`` and stamped; there is nothing older to change."""
