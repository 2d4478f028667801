"""What a campaign holds of people, deleted when its retention date has passed. Figures and the record of deeds stay."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, Text, cast, delete, func, literal, select, update

from oneledger.store import schema as t
from oneledger.store.append_only import lifted


@dataclass(frozen=True)
class Erased:
    """``files``: archived names that no other campaign knows; ``counts``: rows by kind; ``paths``: of report books."""

    files: list[str]
    paths: list[str]
    counts: dict[str, int]


def is_left(connection: Connection, campaign: str) -> bool:
    """Something of people is there: mails not erased yet."""
    sent = select(t.outbox_content.c.outbox).join(t.outbox, t.outbox.c.id == t.outbox_content.c.outbox)
    came = select(t.inbox.c.id).where(t.inbox.c.campaign == campaign, t.inbox.c.sender != "")
    return any(
        connection.execute(each.limit(1)).first() is not None
        for each in (sent.where(t.outbox.c.campaign == campaign), came)
    )


def erase(connection: Connection, campaign: str, at: datetime) -> Erased:
    """In the caller's transaction; the files are the caller's to remove. Twice is the same as once."""
    mails, pictures = _mails(connection, campaign), _pictures(connection, campaign)
    paths = list(connection.execute(_books(campaign)).scalars())
    mine = select(t.assignment.c.id).where(t.assignment.c.campaign == campaign)
    of_documents = select(t.document.c.id).where(t.document.c.campaign == campaign)
    of_outbox = select(t.outbox.c.id).where(t.outbox.c.campaign == campaign)
    deeds: dict[str, Any] = {
        "letters": delete(t.outbox_content).where(t.outbox_content.c.outbox.in_(of_outbox)),
        "addresses": update(t.outbox).where(t.outbox.c.campaign == campaign).values(address="", reply=None),
        "mails": update(t.inbox).where(t.inbox.c.campaign == campaign).values(sender="", subject="", reason=""),
        "returns": update(t.submission)
        .where(t.submission.c.campaign == campaign)
        .values(ledgers={}, findings=[], file_name=""),
        "bands": delete(t.document_band).where(t.document_band.c.document.in_(of_documents)),
        "documents": update(t.document)
        .where(t.document.c.campaign == campaign)
        .values(paragraphs=[], title="", file_name="", pictures=[]),
        "problems": update(t.problem).where(t.problem.c.campaign == campaign).values(values={}, progress=None),
        "prints": update(t.assignment).where(t.assignment.c.id.in_(mine)).values(printed=None),
        "contacts": update(t.campaign_unit).where(t.campaign_unit.c.campaign == campaign).values(contacts=[]),
        "confirmations": update(t.confirmation)
        .where(t.confirmation.c.campaign == campaign)
        .values(answered_by=None, reason=""),
        "quarantine": update(t.quarantine)
        .where(t.quarantine.c.campaign == campaign, t.quarantine.c.deleted_at.is_(None))
        .values(deleted_at=at),
    }
    counts = _erased_from_records(connection, campaign) | {
        name: connection.execute(deed).rowcount for name, deed in deeds.items()
    }
    counts |= {"originals": len(mails), "pictures": len(pictures), "books": len(paths)}
    return Erased([*mails, *pictures], paths, counts)


def _erased_from_records(connection: Connection, campaign: str) -> dict[str, int]:
    """Of what the database refuses to alter: who did what and when stays; what was said of it, and addresses, go."""
    number = cast(t.contact_event.c.id, Text)
    gone: dict[str, tuple[Table, dict[str, Any]]] = {
        "said": (t.problem_event, {"said": {}}),
        "former": (t.former_verdict, {"ledgers": {}, "findings": []}),
        "changed_addresses": (
            t.contact_event, {"address": literal("deleted-") + number, "by": "", "reason": "", "detail": {}}
        ),
    }  # fmt: skip
    counts = {}
    for name, (table, values) in gone.items():
        with lifted(connection, table):
            deed = update(table).where(table.c.campaign == campaign).values(values)
            counts[name] = connection.execute(deed).rowcount
    return counts


def remains(connection: Connection, campaign: str) -> dict[str, int]:
    """Rows that are evidence and that the database refuses to alter."""
    tables = (
        t.problem_event, t.incident_entry, t.shift, t.contact_event, t.privacy_event, t.signature, t.acting_signer,
        t.reopening, t.unit_change, t.waiver, t.former_verdict,
    )  # fmt: skip
    return {
        table.name: connection.execute(
            select(func.count()).select_from(table).where(table.c.campaign == campaign)
        ).scalar_one()
        for table in tables
    }


def sweep(engine: Engine) -> None:
    """After the transaction. SQLite keeps what was deleted in pages it has freed, and in its log: the file is written
    anew, which takes the time of a copy and waits for other writers. PostgreSQL does it by VACUUM in its own time."""
    if engine.dialect.name == "sqlite":
        raw = engine.raw_connection()
        try:
            for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                raw.cursor().execute(statement)
        finally:
            raw.close()


def _mails(connection: Connection, campaign: str) -> list[str]:
    """Of this campaign alone: the same bytes may have come for another."""
    c = t.inbox.c
    others = select(c.sha256).where(c.campaign.is_not(None), c.campaign != campaign)
    query = select(c.sha256).where(c.campaign == campaign, c.sha256.not_in(others)).distinct()
    return sorted(connection.execute(query).scalars())


def _pictures(connection: Connection, campaign: str) -> list[str]:
    def of(condition: Any) -> set[str]:
        rows = connection.execute(select(t.document.c.pictures).where(condition)).scalars()
        return {picture["sha256"] for pictures in rows for picture in pictures}

    return sorted(of(t.document.c.campaign == campaign) - of(t.document.c.campaign != campaign))


def _books(campaign: str) -> Select[tuple[str]]:
    """Consolidated workbooks: they show rows. Reports in words and figures stay."""
    mine = select(t.snapshot.c.id).where(t.snapshot.c.campaign == campaign)
    return select(t.report.c.path).where(t.report.c.snapshot.in_(mine), t.report.c.path.like("%.xlsx"))
