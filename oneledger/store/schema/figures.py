"""Frozen figures, who stood for them, and the reports made of them."""

from sqlalchemy import Column, Date, ForeignKey, Table, Text, UniqueConstraint

from oneledger.store.append_only import keep_for_ever
from oneledger.store.schema.kinds import Id, Json, Utc, key, metadata, of_campaign

snapshot = Table(
    "snapshot", metadata,
    key(),
    of_campaign(),
    Column("phase", Text, nullable=False),
    Column("milestone", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("as_of", Utc, nullable=False),
    Column("digest", Text, nullable=False),
    Column("coverage", Json, nullable=False),
    Column("kind", Text, nullable=False, server_default="report"),  # report | draft | demand | supplement
    Column("owed_by", Utc),  # what was owed by then is counted; null: by as_of
    Column("frozen_at", Utc),  # the look that froze it: what was known then
    UniqueConstraint("campaign", "milestone"),
)  # fmt: skip

snapshot_unit = Table(
    "snapshot_unit", metadata,
    Column("snapshot", Id, ForeignKey("snapshot.id"), primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("rollup", Json, nullable=False),
)  # fmt: skip

report = Table(
    "report", metadata,
    Column("snapshot", Id, ForeignKey("snapshot.id"), primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # docx | xlsx
    Column("path", Text, nullable=False),
    Column("sha256", Text, nullable=False),
)  # fmt: skip

signature = Table(  # append-only: requests, answers, moves and lapses of sign-off (domain/signoff.py)
    "signature", metadata,
    key(),
    of_campaign(),
    Column("phase", Text, nullable=False),
    Column("milestone", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("deed", Text, nullable=False),
    Column("cause", Text, nullable=False),  # which mail, round or moment: the same deed is recorded once
    Column("at", Utc, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    Column("by", Text, nullable=False),
    Column("inbox", Id, ForeignKey("inbox.id")),
    Column("digest", Text, nullable=False),
    Column("rollup", Json),  # of a request: the figures asked about
    Column("detail", Json, nullable=False),
    UniqueConstraint("campaign", "milestone", "unit", "deed", "cause"),
)  # fmt: skip
keep_for_ever(signature)

acting_signer = Table(  # append-only: who signs for an office for a time
    "acting_signer", metadata,
    key(),
    of_campaign(),
    Column("unit", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Utc, nullable=False),
)  # fmt: skip
keep_for_ever(acting_signer)
