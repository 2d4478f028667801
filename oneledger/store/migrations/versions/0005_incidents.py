"""Reports of incidents, in a table to which rows are only added."""

import sqlalchemy as sa
from alembic import op

from oneledger.store.append_only import triggers

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "incident_entry",
        sa.Column("campaign", sa.Text, sa.ForeignKey("campaign.id"), primary_key=True),
        sa.Column("incident_no", sa.Text, primary_key=True),
        sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "about", "unit")),
        *(sa.Column(name, _MOMENT, nullable=False) for name in ("at", "recorded_at")),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("inbox", _ID, sa.ForeignKey("inbox.id")),
        sa.Column("part", sa.Text),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("prior", "digest")),
        sa.UniqueConstraint("inbox", "part"),
    )
    op.create_index("incident_entry_by_unit", "incident_entry", ["campaign", "about"])
    for statement in triggers("incident_entry", op.get_bind().dialect.name):
        op.execute(statement)
