"""What goes out and what comes in; addresses; who does a job now."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from oneledger.store.append_only import keep_for_ever
from oneledger.store.schema.kinds import Id, Json, Utc, key, metadata, of_campaign

outbox = Table(
    "outbox", metadata,
    key(),
    of_campaign(),
    Column("phase", Text, nullable=False),
    Column("unit", Text, nullable=False),  # who receives it
    Column("subject_of", Text, nullable=False),  # deliverable, snapshot … what it is about
    Column("kind", Text, nullable=False),
    Column("round", Text, nullable=False),
    Column("assignment", Id),
    Column("priority", Integer, nullable=False),  # 0 first
    Column("address", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("message_id", Text, nullable=False, unique=True),
    Column("planned_at", Utc, nullable=False),
    Column("next_try_at", Utc, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("lease_until", Utc),
    Column("fence", Integer, nullable=False, default=0),
    Column("sent_at", Utc),
    Column("code", Integer),
    Column("reply", Text),
    Column("bounced_at", Utc),
    Column("bounce", Text),  # hard | soft | sender | stranded: nobody is left who could read it
    Column("journal", Text),  # where a copy was asked for when it was sent; null: nowhere
    Column("lost_at", Utc),  # since when nobody knows whether it went out
    Column("looks", Integer, nullable=False, server_default="0"),  # into the journal, in vain
    Column("copied_at", Utc),  # after it came back: sent again, or not wanted any more
    UniqueConstraint("campaign", "unit", "subject_of", "round", "kind"),
    Index("outbox_by_state", "campaign", "state", "priority", "next_try_at"),
    Index("outbox_by_sent", "sent_at"),
    Index("outbox_by_bounce", "campaign", "bounce"),
    Index("outbox_by_kind", "campaign", "phase", "kind", "state", "bounced_at"),
)  # fmt: skip

outbox_content = Table(
    "outbox_content", metadata,
    Column("outbox", Id, ForeignKey("outbox.id"), primary_key=True),
    Column("content", LargeBinary, nullable=False),  # the exact bytes of the mail
)  # fmt: skip

inbox = Table(
    "inbox", metadata,
    key(),
    Column("account", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("uidvalidity", Text, nullable=False),
    Column("uid", Text, nullable=False),
    Column("sha256", Text, nullable=False, index=True),
    Column("received_at", Utc, nullable=False),
    Column("taken_at", Utc, nullable=False),
    Column("size", Integer, nullable=False),
    Column("campaign", Text),
    Column("county", Text),  # by which it is worked on; null: no token found
    Column("state", Text, nullable=False),  # new | done | person | confirm | held | duplicate
    Column("class", Text),
    Column("sender", Text),
    Column("subject", Text),
    Column("reason", Text),  # why a person must look
    Column("begun", Integer, nullable=False, server_default="0"),  # how often work on it began and did not end
    Column("approved_by", Text),  # who vouched for the sender
    UniqueConstraint("account", "folder", "uidvalidity", "uid"),
    Index("inbox_by_state", "state", "campaign", "county"),
)  # fmt: skip

confirmation = Table(
    "confirmation", metadata,
    key(),
    of_campaign(),
    Column("inbox", Id, ForeignKey("inbox.id"), nullable=False),  # the mail that is in question
    Column("assignment", Id, ForeignKey("assignment.id"), nullable=False),
    Column("unit", Text, nullable=False),  # whose registered address is asked
    Column("reason", Text, nullable=False),
    Column("asked_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("state", Text, nullable=False),  # asked | agreed | refused | expired | decided (by a person)
    Column("answered_by", Text),  # the address
    Column("answered_in", Id, ForeignKey("inbox.id")),
    Column("answered_at", Utc),
    UniqueConstraint("inbox", "assignment"),
    Index("confirmation_by_state", "campaign", "state"),
)  # fmt: skip

contact_event = Table(  # append-only: what became of a unit's addresses, who said so and in which mail
    "contact_event", metadata,
    key(),
    of_campaign(),
    Column("unit", Text, nullable=False),
    Column("address", Text, nullable=False),  # lower case
    Column("deed", Text, nullable=False),  # bounced | wanted | asked | confirmed | refused | set
    Column("at", Utc, nullable=False),
    Column("by", Text, nullable=False),  # an address or a post
    Column("reason", Text, nullable=False),
    Column("cause", Text, nullable=False),  # the same cause is recorded once
    Column("number", Id),  # of a request, as its token names it
    Column("detail", Json, nullable=False),
    Column("inbox", Id, ForeignKey("inbox.id")),
    UniqueConstraint("campaign", "unit", "address", "deed", "cause"),
    Index("contact_event_by_number", "campaign", "number"),
)  # fmt: skip
keep_for_ever(contact_event)

lease = Table(
    "lease", metadata,
    Column("job", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", Utc, nullable=False),
    Column("fence", Integer, nullable=False),
)  # fmt: skip
