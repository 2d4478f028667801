"""Problems, incidents, and the samples that inspectors visit."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from oneledger.store.append_only import keep_for_ever
from oneledger.store.schema.kinds import Id, Json, Utc, key, metadata, of_campaign

problem = Table(
    "problem", metadata,
    Column("campaign", Text, ForeignKey("campaign.id"), primary_key=True),
    Column("problem_no", Text, primary_key=True),  # given once, never re-used
    Column("unit", Text, nullable=False),
    Column("submission", Id, ForeignKey("submission.id"), nullable=False),  # where its values were last read
    Column("line", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("values", Json, nullable=False),
    Column("progress", Json),
    Column("source", Text, nullable=False, server_default="ledger"),  # ledger, or the form and row that opened it
    Column("carried_from", Text),  # the campaign it was left open in
    Index("problem_by_unit", "campaign", "unit"),
    Index("problem_by_number", "problem_no"),
)  # fmt: skip

problem_event = Table(  # append-only: triggers refuse every change (store/append_only.py)
    "problem_event", metadata,
    key(),
    of_campaign(),
    Column("problem_no", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("deed", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("submission", Id, ForeignKey("submission.id")),
    Column("said", Json, nullable=False),
    UniqueConstraint("campaign", "problem_no", "deed", "cause"),
)  # fmt: skip
keep_for_ever(problem_event)

incident_entry = Table(
    "incident_entry", metadata,  # reports of incidents, and what was done on them: rows are only added
    Column("campaign", Text, ForeignKey("campaign.id"), primary_key=True),
    Column("incident_no", Text, primary_key=True),  # given once, never re-used
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),  # first | follow | final | told | police | filed
    Column("about", Text, nullable=False),  # the unit where it happened
    Column("unit", Text, nullable=False),  # who reported, or who was told
    Column("at", Utc, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    Column("data", Json, nullable=False),
    Column("inbox", Id, ForeignKey("inbox.id")),
    Column("part", Text),
    Column("prior", Text, nullable=False),  # digest of the step before
    Column("digest", Text, nullable=False),
    UniqueConstraint("inbox", "part"),
    Index("incident_entry_by_unit", "campaign", "about"),
)  # fmt: skip
keep_for_ever(incident_entry)

draw = Table(
    "draw", metadata,
    Column("campaign", Text, ForeignKey("campaign.id"), primary_key=True),
    Column("plan", Text, primary_key=True),
    Column("seed", Integer, nullable=False),
    Column("drawn_at", Utc, nullable=False),
    Column("units", Json, nullable=False),
)  # fmt: skip
