"""Whether anything may go out, and when collecting and sending last did their work."""

from sqlalchemy import Column, Table, Text

from oneledger.store.schema.kinds import Utc, key, metadata

holding = Table(  # while one is open, nothing is sent
    "holding", metadata,
    key(),
    Column("since", Utc, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("released_at", Utc),
    Column("released_by", Text),
    Column("released_for", Text),
)  # fmt: skip

pulse = Table(
    "pulse", metadata,
    Column("job", Text, primary_key=True),  # collect | send
    Column("at", Utc, nullable=False),
)  # fmt: skip
