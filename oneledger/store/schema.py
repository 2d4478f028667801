"""The tables. JSON is kept as text, moments as UTC; the same on SQLite and PostgreSQL."""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)  # fmt: skip

from oneledger.store.append_only import keep_for_ever


class Utc(TypeDecorator[datetime]):
    """Aware datetimes in, aware datetimes out; SQLite keeps them as naive UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime: {value}")
        aware = value.astimezone(UTC)
        return aware.replace(tzinfo=None) if dialect.name == "sqlite" else aware

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else json.loads(value)


metadata = MetaData()
_Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only INTEGER keys


def _key() -> Column[int]:
    return Column("id", _Id, primary_key=True, autoincrement=True)


def _campaign() -> Column[str]:
    return Column("campaign", Text, ForeignKey("campaign.id"), nullable=False)


unit = Table(
    "unit", metadata,
    Column("code", Text, primary_key=True),
    Column("data", Json, nullable=False),
    Column("digest", Text, nullable=False),
)  # fmt: skip

edge = Table(
    "edge", metadata,
    _key(),
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

assignment = Table(
    "assignment", metadata,
    _key(),
    _campaign(),
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
    Column("accepted", _Id),
    Column("printed", Json),
    Column("seal", Text, nullable=False, default="", server_default=""),  # "" (none wanted) | missing | received
    UniqueConstraint("campaign", "deliverable", "unit"),
    Index("assignment_by_phase", "campaign", "phase", "status"),
)  # fmt: skip

outbox = Table(
    "outbox", metadata,
    _key(),
    _campaign(),
    Column("phase", Text, nullable=False),
    Column("unit", Text, nullable=False),  # who receives it
    Column("subject_of", Text, nullable=False),  # deliverable, snapshot … what it is about
    Column("kind", Text, nullable=False),
    Column("round", Text, nullable=False),
    Column("assignment", _Id),
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
    Column("copied_at", Utc),  # after it came back: sent again, or not wanted any more
    UniqueConstraint("campaign", "unit", "subject_of", "round", "kind"),
    Index("outbox_by_state", "campaign", "state", "priority", "next_try_at"),
    Index("outbox_by_sent", "sent_at"),
    Index("outbox_by_bounce", "campaign", "bounce"),
)  # fmt: skip

outbox_content = Table(
    "outbox_content", metadata,
    Column("outbox", _Id, ForeignKey("outbox.id"), primary_key=True),
    Column("content", LargeBinary, nullable=False),  # the exact bytes of the mail
)  # fmt: skip

inbox = Table(
    "inbox", metadata,
    _key(),
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
    Column("approved_by", Text),  # who vouched for the sender
    UniqueConstraint("account", "folder", "uidvalidity", "uid"),
    Index("inbox_by_state", "state", "campaign", "county"),
)  # fmt: skip

confirmation = Table(
    "confirmation", metadata,
    _key(),
    _campaign(),
    Column("inbox", _Id, ForeignKey("inbox.id"), nullable=False),  # the mail that is in question
    Column("assignment", _Id, ForeignKey("assignment.id"), nullable=False),
    Column("unit", Text, nullable=False),  # whose registered address is asked
    Column("reason", Text, nullable=False),
    Column("asked_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("state", Text, nullable=False),  # asked | agreed | refused | expired | decided (by a person)
    Column("answered_by", Text),  # the address
    Column("answered_in", _Id, ForeignKey("inbox.id")),
    Column("answered_at", Utc),
    UniqueConstraint("inbox", "assignment"),
    Index("confirmation_by_state", "campaign", "state"),
)  # fmt: skip

submission = Table(
    "submission", metadata,
    _key(),
    _campaign(),
    Column("assignment", _Id, ForeignKey("assignment.id"), nullable=False),
    Column("inbox", _Id, ForeignKey("inbox.id"), nullable=False),
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

document = Table(
    "document", metadata,
    _key(),
    _campaign(),
    Column("assignment", _Id, ForeignKey("assignment.id"), nullable=False, index=True),
    Column("submission", _Id, ForeignKey("submission.id")),  # null: a seal that came by itself
    Column("inbox", _Id, ForeignKey("inbox.id"), nullable=False),
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
    Column("document", _Id, ForeignKey("document.id"), primary_key=True),
    Index("document_band_by_document", "document"),
    sqlite_with_rowid=False,
)  # fmt: skip

problem = Table(
    "problem", metadata,
    Column("campaign", Text, ForeignKey("campaign.id"), primary_key=True),
    Column("problem_no", Text, primary_key=True),  # given once, never re-used
    Column("unit", Text, nullable=False),
    Column("submission", _Id, ForeignKey("submission.id"), nullable=False),  # where its values were last read
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
    _key(),
    _campaign(),
    Column("problem_no", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("deed", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("submission", _Id, ForeignKey("submission.id")),
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
    Column("inbox", _Id, ForeignKey("inbox.id")),
    Column("part", Text),
    Column("prior", Text, nullable=False),  # digest of the step before
    Column("digest", Text, nullable=False),
    UniqueConstraint("inbox", "part"),
    Index("incident_entry_by_unit", "campaign", "about"),
)  # fmt: skip
keep_for_ever(incident_entry)

shift = Table(  # append-only
    "shift", metadata,
    _key(),
    _campaign(),
    Column("phase", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Index("shift_by_campaign", "campaign"),
)  # fmt: skip
keep_for_ever(shift)

contact_event = Table(  # append-only: what became of a unit's addresses, who said so and in which mail
    "contact_event", metadata,
    _key(),
    _campaign(),
    Column("unit", Text, nullable=False),
    Column("address", Text, nullable=False),  # lower case
    Column("deed", Text, nullable=False),  # bounced | wanted | asked | confirmed | refused | set
    Column("at", Utc, nullable=False),
    Column("by", Text, nullable=False),  # an address or a post
    Column("reason", Text, nullable=False),
    Column("cause", Text, nullable=False),  # the same cause is recorded once
    Column("number", _Id),  # of a request, as its token names it
    Column("detail", Json, nullable=False),
    Column("inbox", _Id, ForeignKey("inbox.id")),
    UniqueConstraint("campaign", "unit", "address", "deed", "cause"),
    Index("contact_event_by_number", "campaign", "number"),
)  # fmt: skip
keep_for_ever(contact_event)
signature = Table(  # append-only: requests, answers, moves and lapses of sign-off (domain/signoff.py)
    "signature", metadata,
    _key(),
    _campaign(),
    Column("phase", Text, nullable=False),
    Column("milestone", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("deed", Text, nullable=False),
    Column("cause", Text, nullable=False),  # which mail, round or moment: the same deed is recorded once
    Column("at", Utc, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    Column("by", Text, nullable=False),
    Column("inbox", _Id, ForeignKey("inbox.id")),
    Column("digest", Text, nullable=False),
    Column("rollup", Json),  # of a request: the figures asked about
    Column("detail", Json, nullable=False),
    UniqueConstraint("campaign", "milestone", "unit", "deed", "cause"),
)  # fmt: skip
keep_for_ever(signature)

acting_signer = Table(  # append-only: who signs for an office for a time
    "acting_signer", metadata,
    _key(),
    _campaign(),
    Column("unit", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Utc, nullable=False),
)  # fmt: skip
keep_for_ever(acting_signer)

reopening = Table(  # append-only: an accepted return that an office sent back; it counts no more from then on
    "reopening", metadata,
    _key(),
    _campaign(),
    Column("assignment", _Id, ForeignKey("assignment.id"), nullable=False),
    Column("submission", _Id, ForeignKey("submission.id"), nullable=False),
    Column("office", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    UniqueConstraint("assignment", "submission"),
    Index("reopening_by_campaign", "campaign"),
)  # fmt: skip
keep_for_ever(reopening)

unit_change = Table(  # append-only: what became of a unit in mid-campaign
    "unit_change", metadata,
    _key(),
    _campaign(),
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

waiver = Table(  # append-only: a row that names another in ``revokes`` takes it back
    "waiver", metadata,
    _key(),
    _campaign(),
    Column("unit", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("sheet", Text, nullable=False),
    Column("cell", Text, nullable=False),
    Column("row", Integer),
    Column("until", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("revokes", _Id, ForeignKey("waiver.id"), unique=True),
    Index("waiver_by_unit", "campaign", "unit"),
)  # fmt: skip
keep_for_ever(waiver)

amendment = Table(  # append-only: a form of a launched campaign whose rules were mended
    "amendment", metadata,
    _key(),
    _campaign(),
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
    _key(),
    _campaign(),
    Column("submission", _Id, ForeignKey("submission.id"), nullable=False),
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

quarantine = Table(
    "quarantine", metadata,  # mails whose original lies under seal, because it names pupils
    _key(),
    _campaign(),
    Column("inbox", _Id, ForeignKey("inbox.id"), nullable=False),
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
    _key(),
    _campaign(),
    Column("at", Utc, nullable=False),
    Column("by", Text, nullable=False),
    Column("deed", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Json, nullable=False),
)  # fmt: skip
keep_for_ever(privacy_event)

draw = Table(
    "draw", metadata,
    Column("campaign", Text, ForeignKey("campaign.id"), primary_key=True),
    Column("plan", Text, primary_key=True),
    Column("seed", Integer, nullable=False),
    Column("drawn_at", Utc, nullable=False),
    Column("units", Json, nullable=False),
)  # fmt: skip

snapshot = Table(
    "snapshot", metadata,
    _key(),
    _campaign(),
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
    Column("snapshot", _Id, ForeignKey("snapshot.id"), primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("rollup", Json, nullable=False),
)  # fmt: skip

report = Table(
    "report", metadata,
    Column("snapshot", _Id, ForeignKey("snapshot.id"), primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # docx | xlsx
    Column("path", Text, nullable=False),
    Column("sha256", Text, nullable=False),
)  # fmt: skip

lease = Table(
    "lease", metadata,
    Column("job", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", Utc, nullable=False),
    Column("fence", Integer, nullable=False),
)  # fmt: skip

event = Table(  # append-only
    "event", metadata,
    _key(),
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
