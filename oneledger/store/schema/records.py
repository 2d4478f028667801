"""Who did what, and what became of people's data."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from oneledger.store.append_only import keep_for_ever
from oneledger.store.schema.kinds import Id, Json, Utc, key, metadata, of_campaign

event = Table(  # append-only
    "event", metadata,
    key(),
    Column("at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
    Column("deed", Text, nullable=False),
    Column("campaign", Text),
    Column("unit", Text),
    Column("detail", Json),
    Index("event_by_deed", "campaign", "deed"),
    Index("event_by_unit", "campaign", "unit"),
)  # fmt: skip
keep_for_ever(event)

event_seal = Table(  # append-only
    "event_seal", metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sealed_at", Utc, nullable=False),
    Column("last", BigInteger, nullable=False),  # number of the last event it is over
    Column("count", Integer, nullable=False),
    Column("prior", Text, nullable=False),
    Column("digest", Text, nullable=False),
)  # fmt: skip
keep_for_ever(event_seal)

quarantine = Table(
    "quarantine", metadata,  # mails whose original lies under seal, because it names pupils
    key(),
    of_campaign(),
    Column("inbox", Id, ForeignKey("inbox.id"), nullable=False),
    Column("unit", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("kinds", Json, nullable=False),  # rule -> how often
    Column("found_at", Utc, nullable=False),
    Column("delete_at", Utc, nullable=False),
    Column("deleted_at", Utc),
    UniqueConstraint("inbox"),
    Index("quarantine_by_campaign", "campaign", "delete_at"),
)  # fmt: skip

privacy_event = Table(  # append-only: who saw or deleted people's data, when and why
    "privacy_event", metadata,
    key(),
    of_campaign(),
    Column("at", Utc, nullable=False),
    Column("by", Text, nullable=False),
    Column("deed", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Json, nullable=False),
)  # fmt: skip
keep_for_ever(privacy_event)
