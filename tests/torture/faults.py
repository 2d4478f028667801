"""The faults that every experiment must catch: planted in a child process, never in the product."""

import os
from typing import Any


def mark_before_send() -> None:
    """SENT is committed, then the mail is handed over."""
    from oneledger.domain.mailing import SendState
    from oneledger.store import outbox

    real = outbox.begin

    def begin(connection: Any, claims: Any, *rest: Any) -> Any:
        begun = real(connection, claims, *rest)
        told = {"state": SendState.SENT, "code": 250, "reply": "", "at": rest[0], "next_try_at": rest[0]}
        outbox.settle(connection, [told | {"id": each.id, "fence": each.fence, "sha256": "0" * 64} for each in begun])
        return begun

    outbox.begin = begin


def retry_on_disconnect() -> None:
    """As yagmail does: what broke off is sent again at once."""
    from oneledger.adapters.mail_out import Mailer
    from oneledger.domain.mailing import SendState

    real = Mailer.conversation

    def twice(self: Any, *args: Any, **named: Any) -> Any:
        outcome = yield from real(self, *args, **named)
        return (yield from real(self, *args, **named)) if outcome.state is SendState.UNKNOWN else outcome

    Mailer.conversation = twice


def resend_by_timer() -> None:
    """What was found SENDING goes again without evidence."""
    from oneledger.store import schema as t, unsettled

    def expire(connection: Any, as_of: Any) -> int:
        late = (t.outbox.c.state.in_(("claimed", "sending", "unknown")),)
        again = {"state": "deferred", "next_try_at": as_of}
        return connection.execute(t.outbox.update().where(*late).values(again)).rowcount

    unsettled.expire_leases = expire


def no_claims() -> None:
    """Two senders take the same mails."""
    from sqlalchemy import select

    from oneledger.store import outbox, schema as t

    def claim(connection: Any, as_of: Any, *, most: int, lease: Any) -> list[Any]:
        c, content = t.outbox.c, t.outbox_content.c
        query = select(c.id, c.address, content.content, c.tries, c.fence).join(
            t.outbox_content, content.outbox == c.id
        )
        return [outbox.Claim(*row) for row in connection.execute(query.where(c.state == "planned").limit(most))]

    outbox.claim = claim
    _no_fences()
    _no_leases()


def no_fences() -> None:
    """A holder that wakes up goes on as if nothing had happened."""
    _no_fences()
    from oneledger.adapters.mail_out import Mailer

    real = Mailer.conversation

    def talk(self: Any, *args: Any, **named: Any) -> Any:
        return real(self, *args, **{**named, "not_after": None})

    Mailer.conversation = talk


def _no_fences() -> None:
    from oneledger.store import outbox, schema as t

    def begin(connection: Any, claims: Any, *_rest: Any) -> Any:
        mails = t.outbox.c.id.in_([claim.id for claim in claims])
        connection.execute(t.outbox.update().where(mails).values(state="sending", lease_until=_rest[0]))
        return claims

    outbox.begin = begin


def _no_leases() -> None:
    from contextlib import contextmanager

    import tasks.sending

    @contextmanager
    def alone(_here: Any, _job: str) -> Any:
        yield True

    tasks.sending.alone = alone


def checkpoint_at_fetch() -> None:
    """The row is committed before the bytes are on the disk."""
    from oneledger.adapters.archive import Archive
    from oneledger.adapters.mail_in import MaildirSource

    real, owed, done = Archive.put_many, [], MaildirSource.done

    def later(self: Any, contents: Any) -> list[str]:
        import hashlib

        owed.append((self, list(contents)))
        return [hashlib.sha256(each).hexdigest() for each in contents]

    def told(self: Any, items: Any) -> None:
        done(self, items)
        while owed:
            real(*owed.pop())

    Archive.put_many, MaildirSource.done = later, told


def checkpoint_past_the_cut() -> None:
    """The highest UID is recorded, whatever came of those before it."""
    from oneledger.adapters import mail_imap

    real = mail_imap.ImapSource._items

    def items(self: Any, client: Any, folder: str, uidvalidity: str, batch: dict[int, bool]) -> Any:
        yield from real(self, client, folder, uidvalidity, dict.fromkeys(sorted(batch)[-1:], False))

    mail_imap.ImapSource._items = items


def dedupe_off() -> None:
    """The same bytes under another name are worked on again."""
    from oneledger.store import inbox
    from oneledger.store.database import insert_new

    inbox.record = lambda connection, rows: insert_new(connection, inbox.t.inbox, rows)


def swallow_disk_errors() -> None:
    """A disk that failed is taken for one that wrote."""
    real = os.fsync

    def fsync(handle: int) -> None:
        try:
            real(handle)
        except OSError:
            return

    os.fsync = fsync
    from oneledger.adapters.archive import Archive

    keep = Archive.put_many

    def put_many(self: Any, contents: Any) -> list[str]:
        import hashlib

        try:
            return keep(self, contents)
        except OSError:
            return [hashlib.sha256(each).hexdigest() for each in contents]

    Archive.put_many = put_many


def commit_not_awaited() -> None:
    """PostgreSQL says that a commit is done before it is on the disk."""
    from sqlalchemy import Engine, event

    @event.listens_for(Engine, "connect")
    def off(connection: Any, _record: Any) -> None:
        connection.execute("SET synchronous_commit = off")
        connection.commit()


def remind_by_the_clock_alone() -> None:
    """A reminder is keyed by the moment of the look, not by its rung."""
    from dataclasses import replace

    from oneledger.store import outbox

    real = outbox.plan

    def plan(connection: Any, rows: Any) -> int:
        changed = [
            replace(row, round=f"{row.round}{row.planned_at:%H%M}", message_id=f"<{row.planned_at:%H%M}{row.message_id[1:]}")
            if row.kind == "remind" else row
            for row in rows
        ]  # fmt: skip
        return real(connection, changed)

    outbox.plan = plan
    import tasks.reminding

    tasks.reminding.outbox.known = lambda *_: set()


def restore_without_hold() -> None:
    """What a backup brought back sends at once."""
    from oneledger.store import holding

    holding.hold = lambda *_args, **_named: None


def release_unread() -> None:
    """Out of HOLD without what the journal says."""
    from oneledger.store import unsettled

    unsettled.found = lambda *_: 0


def copy_without_the_log() -> None:
    """The file of the database is copied, what stands in its -wal is not."""
    import shutil

    from oneledger.store import copies

    copies.copy_sqlite = lambda store, target: shutil.copy(store.engine.url.database, target)


def backup_without_the_archive() -> None:
    from tasks import backing_up

    backing_up.FOLDERS = ("reports",)


def no_disk_guard() -> None:
    import tasks.intake

    tasks.intake.has_room = lambda _: True


def no_quotas() -> None:
    """Whatever comes is worked on the same day."""
    import tasks.intake

    tasks.intake.hold_back = lambda *_: None


def box_at_once() -> None:
    """Mails are taken in by a hundred, however large they are."""
    import tasks.intake

    tasks.intake.BATCH_BYTES = 2**60


def unreadable_history_kept() -> None:
    """Prefect's server is started on whatever lies there."""
    import desk.window

    desk.window.put_broken_aside = lambda _home: None


def synchronous_off() -> None:
    """SQLite forces nothing to the disk."""
    from sqlalchemy import event

    from oneledger.store import database

    real = database._sqlite_engine

    def engine(path: Any) -> Any:
        made = real(path)
        event.listen(made, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        return made

    database._sqlite_engine = engine


def nothing_forced() -> None:
    """What is archived gets its name, and is not forced to the disk."""
    os.fsync = lambda _: None


FAULTS = {name: deed for name, deed in list(globals().items()) if callable(deed) and not name.startswith(("_", "Any"))}
