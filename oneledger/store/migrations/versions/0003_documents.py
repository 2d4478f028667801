"""Documents: every file of a document deliverable, the bands by which copies are found, and whether a seal has come."""

import sqlalchemy as sa
from alembic import op

from oneledger.store.schema import Json, Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Assignments of campaigns under way want no seal: their definitions, frozen at launch, know of none."""
    with op.batch_alter_table("assignment") as table:
        table.add_column(sa.Column("seal", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "document",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("campaign", sa.Text, sa.ForeignKey("campaign.id"), nullable=False),
        sa.Column("assignment", _ID, sa.ForeignKey("assignment.id"), nullable=False),
        sa.Column("submission", _ID, sa.ForeignKey("submission.id")),
        sa.Column("inbox", _ID, sa.ForeignKey("inbox.id"), nullable=False),
        sa.Column("part", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("received_at", Utc, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("paragraphs", Json, nullable=False),
        sa.Column("pictures", Json, nullable=False),
        sa.Column("is_current", sa.Boolean, nullable=False),
        sa.UniqueConstraint("assignment", "inbox", "part"),
    )
    op.create_index("ix_document_assignment", "document", ["assignment"])
    op.create_table(
        "document_band",
        sa.Column("campaign", sa.Text, primary_key=True),
        sa.Column("deliverable", sa.Text, primary_key=True),
        sa.Column("band", sa.BigInteger, primary_key=True),
        sa.Column("document", _ID, sa.ForeignKey("document.id"), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("document_band_by_document", "document_band", ["document"])
