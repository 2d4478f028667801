"""The tree of units, campaigns, and what became of their units."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, LargeBinary, Table, Text

from oneledger.store.append_only import keep_for_ever
from oneledger.store.schema.kinds import Json, Utc, key, metadata, of_campaign

unit = Table(
    "unit", metadata,
    Column("code", Text, primary_key=True),
    Column("data", Json, nullable=False),
    Column("digest", Text, nullable=False),
)  # fmt: skip

edge = Table(
    "edge", metadata,
    key(),
    Column("unit", Text, ForeignKey("unit.code"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("parent", Text, nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
)  # fmt: skip

campaign = Table(
    "campaign", metadata,
    Column("id", Text, primary_key=True),
    Column("definition", Json, nullable=False),  # as launched, with its forms
    Column("forms", Json, nullable=False),
    Column("digest", Text, nullable=False),
    Column("armed_at", Utc, nullable=False),
    Column("armed_by", Text, nullable=False),
    Column("mails_planned", Integer, nullable=False),
    Column("token_key", LargeBinary, nullable=False),
    Column("is_paused", Boolean, nullable=False, default=False),
)  # fmt: skip

campaign_unit = Table(
    "campaign_unit", metadata,
    Column("campaign", Text, ForeignKey("campaign.id"), primary_key=True),
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("parent", Text),
    Column("stage", Text, nullable=False),
    Column("county", Text, nullable=False),
    Column("position", Integer, nullable=False),  # administrative order
    Column("contacts", Json, nullable=False),
    Column("has_incidents", Boolean, nullable=False),
    Column("exempt_reason", Text, nullable=False),
    Column("kind", Text, nullable=False, server_default=""),
    Index("campaign_unit_by_county", "campaign", "county"),
)  # fmt: skip

unit_change = Table(  # append-only: what became of a unit in mid-campaign
    "unit_change", metadata,
    key(),
    of_campaign(),
    Column("unit", Text, nullable=False),
    Column("kind", Text, nullable=False),  # exempt | closed | merged | moved
    Column("phase", Text, nullable=False),  # "": every phase
    Column("other", Text, nullable=False),  # merged into, moved under
    Column("valid_from", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Index("unit_change_by_campaign", "campaign"),
)  # fmt: skip
keep_for_ever(unit_change)

shift = Table(  # append-only
    "shift", metadata,
    key(),
    of_campaign(),
    Column("phase", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Index("shift_by_campaign", "campaign"),
)  # fmt: skip
keep_for_ever(shift)
