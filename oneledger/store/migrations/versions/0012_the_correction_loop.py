"""Waivers, mended rules and former verdicts: rows are added and never altered."""

import sqlalchemy as sa
from alembic import op

from oneledger.store.append_only import triggers

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")

    def number() -> sa.Column[int]:
        return sa.Column("id", key, primary_key=True, autoincrement=True)

    def campaign() -> sa.Column[str]:
        return sa.Column("campaign", sa.Text, sa.ForeignKey("campaign.id"), nullable=False)

    def text(name: str) -> sa.Column[str]:
        return sa.Column(name, sa.Text, nullable=False)

    def moment(name: str) -> sa.Column[sa.DateTime]:
        return sa.Column(name, sa.DateTime(timezone=True), nullable=False)

    op.create_table(
        "waiver", number(), campaign(), text("unit"), text("rule"), text("sheet"), text("cell"),
        sa.Column("row", sa.Integer), sa.Column("until", sa.Date, nullable=False), text("reason"), text("by"),
        moment("at"), sa.Column("revokes", key, sa.ForeignKey("waiver.id"), unique=True),
    )  # fmt: skip
    op.create_index("waiver_by_unit", "waiver", ["campaign", "unit"])
    op.create_table(
        "amendment", number(), campaign(), text("form"), text("before"), text("after"), text("reason"), text("by"),
        moment("at"),
    )  # fmt: skip
    op.create_index("amendment_by_campaign", "amendment", ["campaign"])
    op.create_table(
        "former_verdict", number(), campaign(),
        sa.Column("submission", key, sa.ForeignKey("submission.id"), nullable=False),
        sa.Column("turn", sa.Integer, nullable=False), moment("reviewed_at"), text("verdict"),
        sa.Column("is_zero", sa.Boolean, nullable=False), text("ledgers"), text("figures"), text("findings"),
        text("reason"), text("by"), moment("at"), sa.UniqueConstraint("submission", "turn"),
    )  # fmt: skip
    for table in ("waiver", "amendment", "former_verdict"):
        for statement in triggers(table, op.get_bind().dialect.name):
            op.execute(statement)
