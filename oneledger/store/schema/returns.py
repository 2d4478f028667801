"""What is asked of a unit and what it answered."""

from sqlalchemy import BigInteger, Boolean, Column, Date, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from oneledger.store.append_only import keep_for_ever
from oneledger.store.schema.kinds import Id, Json, Utc, key, metadata, of_campaign

assignment = Table(
    "assignment", metadata,
    key(),
    of_campaign(),
    Column("phase", Text, nullable=False),
    Column("deliverable", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("respondent", Text, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("status", Text, nullable=False, default="missing"),
    Column("is_late", Boolean, nullable=False, default=False),
    Column("in_correction", Boolean, nullable=False, default=False),
    Column("versions", Integer, nullable=False, default=0),
    Column("accepted", Id),
    Column("printed", Json),
    Column("seal", Text, nullable=False, default="", server_default=""),  # "" (none wanted) | missing | received
    UniqueConstraint("campaign", "deliverable", "unit"),
    Index("assignment_by_phase", "campaign", "phase", "status", "is_late", "in_correction", "seal", "unit"),
)  # fmt: skip

submission = Table(
    "submission", metadata,
    key(),
    of_campaign(),
    Column("assignment", Id, ForeignKey("assignment.id"), nullable=False),
    Column("inbox", Id, ForeignKey("inbox.id"), nullable=False),
    Column("part", Text, nullable=False),  # which MIME part of the mail
    Column("file_name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("reviewed_at", Utc, nullable=False),
    Column("verdict", Text, nullable=False),  # accepted | returned | refused | confirm
    Column("is_late", Boolean, nullable=False),
    Column("is_zero", Boolean, nullable=False),
    Column("ledgers", Json, nullable=False),
    Column("figures", Json, nullable=False),  # this unit's own, by rollup key
    Column("findings", Json, nullable=False),
    UniqueConstraint("assignment", "version"),
    UniqueConstraint("inbox", "part"),
    Index("submission_by_verdict", "campaign", "assignment", "verdict", "received_at"),
)  # fmt: skip

reopening = Table(  # append-only: an accepted return that an office sent back; it counts no more from then on
    "reopening", metadata,
    key(),
    of_campaign(),
    Column("assignment", Id, ForeignKey("assignment.id"), nullable=False),
    Column("submission", Id, ForeignKey("submission.id"), nullable=False),
    Column("office", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    UniqueConstraint("assignment", "submission"),
    Index("reopening_by_campaign", "campaign"),
)  # fmt: skip
keep_for_ever(reopening)

document = Table(
    "document", metadata,
    key(),
    of_campaign(),
    Column("assignment", Id, ForeignKey("assignment.id"), nullable=False, index=True),
    Column("submission", Id, ForeignKey("submission.id")),  # null: a seal that came by itself
    Column("inbox", Id, ForeignKey("inbox.id"), nullable=False),
    Column("part", Text, nullable=False),
    Column("role", Text, nullable=False),  # copy | seal
    Column("file_name", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("sha256", Text, nullable=False),  # of the file as it came; it lies in the archived mail
    Column("received_at", Utc, nullable=False),
    Column("title", Text, nullable=False),
    Column("paragraphs", Json, nullable=False),
    Column("pictures", Json, nullable=False),  # cleaned copies in the archive
    Column("is_current", Boolean, nullable=False),  # false: a later one took its place
    UniqueConstraint("assignment", "inbox", "part"),
)  # fmt: skip

document_band = Table(
    "document_band", metadata,
    Column("campaign", Text, primary_key=True),
    Column("deliverable", Text, primary_key=True),
    Column("band", BigInteger, primary_key=True),  # a part of the text's signature; equal in texts that are alike
    Column("document", Id, ForeignKey("document.id"), primary_key=True),
    Index("document_band_by_document", "document"),
    sqlite_with_rowid=False,
)  # fmt: skip

waiver = Table(  # append-only: a row that names another in ``revokes`` takes it back
    "waiver", metadata,
    key(),
    of_campaign(),
    Column("unit", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("sheet", Text, nullable=False),
    Column("cell", Text, nullable=False),
    Column("row", Integer),
    Column("until", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("revokes", Id, ForeignKey("waiver.id"), unique=True),
    Index("waiver_by_unit", "campaign", "unit"),
)  # fmt: skip
keep_for_ever(waiver)

amendment = Table(  # append-only: a form of a launched campaign whose rules were mended
    "amendment", metadata,
    key(),
    of_campaign(),
    Column("form", Text, nullable=False),
    Column("before", Json, nullable=False),
    Column("after", Json, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Index("amendment_by_campaign", "campaign"),
)  # fmt: skip
keep_for_ever(amendment)

former_verdict = Table(  # append-only: what a submission's judgement was before it was reviewed again
    "former_verdict", metadata,
    key(),
    of_campaign(),
    Column("submission", Id, ForeignKey("submission.id"), nullable=False),
    Column("turn", Integer, nullable=False),  # 1: the first verdict
    Column("reviewed_at", Utc, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("is_zero", Boolean, nullable=False),
    Column("ledgers", Json, nullable=False),
    Column("figures", Json, nullable=False),
    Column("findings", Json, nullable=False),
    Column("reason", Text, nullable=False),  # why it was reviewed again
    Column("by", Text, nullable=False),
    Column("at", Utc, nullable=False),
    UniqueConstraint("submission", "turn"),
)  # fmt: skip
keep_for_ever(former_verdict)
