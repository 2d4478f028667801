"""Sign-off by mail, returns sent back, units that change in mid-campaign, and snapshots of other kinds."""

import sqlalchemy as sa
from alembic import op

from oneledger.store.append_only import triggers

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _moments(*names: str) -> list[sa.Column[sa.DateTime]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in names]


def _days(*names: str) -> list[sa.Column[sa.Date]]:
    return [sa.Column(name, sa.Date, nullable=False) for name in names]


def _table(name: str, *parts: sa.schema.SchemaItem) -> None:
    campaign = sa.Column("campaign", sa.Text, sa.ForeignKey("campaign.id"), nullable=False)
    op.create_table(name, sa.Column("id", _KEY, primary_key=True, autoincrement=True), campaign, *parts)
    for statement in triggers(name, op.get_bind().dialect.name):
        op.execute(statement)


def upgrade() -> None:
    op.add_column("snapshot", sa.Column("kind", sa.Text, nullable=False, server_default="report"))
    op.add_column("snapshot", sa.Column("owed_by", sa.DateTime(timezone=True)))
    op.add_column("snapshot", sa.Column("frozen_at", sa.DateTime(timezone=True)))
    _table(
        "signature",
        *_texts("phase", "milestone", "unit", "deed", "cause", "by", "digest", "detail"),
        *_moments("at", "recorded_at"),
        sa.Column("inbox", _KEY, sa.ForeignKey("inbox.id")),
        sa.Column("rollup", sa.Text),
        sa.UniqueConstraint("campaign", "milestone", "unit", "deed", "cause"),
    )
    _table(
        "acting_signer", *_texts("unit", "address", "reason", "by"), *_days("valid_from", "valid_until"),
        *_moments("at"),
    )  # fmt: skip
    _table(
        "reopening",
        sa.Column("assignment", _KEY, sa.ForeignKey("assignment.id"), nullable=False),
        sa.Column("submission", _KEY, sa.ForeignKey("submission.id"), nullable=False),
        *_texts("office", "by", "reason"),
        *_moments("at", "recorded_at"),
        sa.UniqueConstraint("assignment", "submission"),
    )
    op.create_index("reopening_by_campaign", "reopening", ["campaign"])
    _table(
        "unit_change", *_texts("unit", "kind", "phase", "other", "reason", "by"), *_days("valid_from"),
        *_moments("at"),
    )  # fmt: skip
    op.create_index("unit_change_by_campaign", "unit_change", ["campaign"])
