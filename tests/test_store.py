"""The store's promises, on SQLite and on PostgreSQL alike."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given, strategies as st
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from oneledger.domain.errors import RefusedError
from oneledger.domain.mailing import SendState
from oneledger.domain.parsed import Parsed
from oneledger.domain.units import Contact, Level, Unit
from oneledger.store import assignments, audit, campaigns, inbox, leases, outbox, units, unsettled
from oneledger.store.database import Store, UnsafeSqliteError, check_sqlite, open_store
from oneledger.store.migrating import NewerDatabaseError, migration_config
from oneledger.store.outbox import OutboxRow
from oneledger.store.schema import metadata
from oneledger.store.schema.kinds import Json
from tests.conftest import CONFIG

AT = datetime(2021, 3, 1, 9, tzinfo=UTC)
LEASE = timedelta(minutes=10)


def make_row(unit: str = "2121000001", kind: str = "ask", round_: str = "1", **changes: object) -> OutboxRow:
    row = OutboxRow(
        "c", "deploy", unit, "deploy", kind, round_, 5, f"{unit}@x.invalid", "subject",
        f"<{unit}.{kind}.{round_}@l.invalid>", AT, b"bytes",
    )  # fmt: skip
    return replace(row, **changes)


@pytest.fixture
def armed(store: Store, liaoning) -> Store:
    with store.write() as connection:
        renamed = liaoning.model_copy(update={"campaign": "c"})
        campaigns.launch(connection, renamed, {}, units=[], digest="d", at=AT, by="test", mails=0, token_key=b"k" * 32)
    return store


def claim_all(store: Store, at: datetime = AT) -> list[outbox.Claim]:
    with store.write() as connection:
        return outbox.claim(connection, at, most=100, lease=LEASE)


def begin(store: Store, claim: outbox.Claim, at: datetime = AT, journal: str = "") -> bool:
    with store.write() as connection:
        return outbox.begin(connection, [claim], at + LEASE, journal) == [claim]


def outcome(claim: outbox.Claim, state: SendState, at: datetime = AT) -> dict[str, object]:
    return {
        "id": claim.id,
        "fence": claim.fence,
        "state": state,
        "code": 250,
        "reply": "ok",
        "at": at,
        "next_try_at": at,
        "sha256": "0" * 64,
    }


def test_a_mail_planned_twice_is_one_mail(armed):
    """I2: one outbox row per campaign, unit, subject, round and kind."""
    with armed.write() as connection:
        assert outbox.plan(connection, [make_row()]) == 1
        assert outbox.plan(connection, [make_row(), make_row(message_id="<other@x>")]) == 0
    assert [claim.content for claim in claim_all(armed)] == [b"bytes"]


def test_a_claimed_mail_is_not_claimed_again(armed):
    with armed.write() as connection:
        outbox.plan(connection, [make_row()])
    assert len(claim_all(armed)) == 1
    assert claim_all(armed) == []


def test_urgent_mails_are_claimed_before_bulk(armed):
    """Issue 1 E: correction and receipt mails never wait behind bulk mail."""
    with armed.write() as connection:
        outbox.plan(connection, [make_row("1"), make_row("2"), make_row("3", "receipt", priority=0)])
    assert [claim.address for claim in claim_all(armed)] == ["3@x.invalid", "1@x.invalid", "2@x.invalid"]


def test_a_stale_fence_changes_nothing(armed):
    """E8: the outcome of a holder whose lease ended is refused."""
    with armed.write() as connection:
        outbox.plan(connection, [make_row()])
    (claim,) = claim_all(armed)
    assert not begin(armed, replace(claim, fence=claim.fence - 1))
    assert begin(armed, claim)
    with armed.write() as connection:
        assert outbox.settle(connection, [outcome(replace(claim, fence=claim.fence - 1), SendState.SENT)]) == 0
        assert outbox.settle(connection, [outcome(claim, SendState.SENT)]) == 1


def test_of_several_mails_those_are_begun_and_settled_that_are_still_held(armed, liaoning):
    """E8: one begun before, one whose fence is old, one of a paused campaign: the others go on without them."""
    with armed.write() as connection:
        other = liaoning.model_copy(update={"campaign": "d"})
        campaigns.launch(connection, other, {}, units=[], digest="e", at=AT, by="test", mails=0, token_key=b"k" * 32)
        outbox.plan(connection, [make_row(str(n)) for n in range(6)] + [make_row("6", campaign="d")])
    claims = claim_all(armed)
    assert begin(armed, claims[0])
    with armed.write() as connection:
        campaigns.pause(connection, "d", is_paused=True)
        stale = replace(claims[1], fence=claims[1].fence - 1)
        assert outbox.begin(connection, [claims[0], stale, *claims[2:]], AT + LEASE) == claims[2:6]
        states = [SendState(each) for each in ("unknown", "sent", "deferred", "sent", "failed", "sent")]
        told = [outcome(claim, state) for claim, state in zip([claims[0], stale, *claims[2:6]], states, strict=True)]
        assert outbox.settle(connection, told) == 5
        entries = [each.detail["outbox"] for each in audit.entries(connection) if each.deed == "mail sent"]
    assert entries == [claims[3].id, claims[5].id]
    with armed.read() as connection:
        counts = {state: count for _, _, state, count in outbox.counts(connection, "c")}
    assert counts == {"unknown": 1, "claimed": 1, "deferred": 1, "sent": 2, "failed": 1}


def test_a_mail_found_sending_after_its_lease_is_unknown_and_never_claimed(armed):
    with armed.write() as connection:
        outbox.plan(connection, [make_row()])
    (claim,) = claim_all(armed)
    assert begin(armed, claim)
    with armed.write() as connection:
        assert unsettled.expire_leases(connection, AT + LEASE) == 0
        assert unsettled.expire_leases(connection, AT + LEASE + timedelta(seconds=1)) == 1
    assert claim_all(armed, AT + timedelta(days=30)) == []
    with armed.read() as connection:
        assert outbox.counts(connection, "c") == [("deploy", "ask", "unknown", 1)]


def test_what_a_journal_holds_of_a_whole_province_is_settled_whatever_a_statement_has_room_for(armed):
    """SQLite takes 32,766 values in one statement, PostgreSQL 65,535; a restored store may lack more mails."""
    held = {f"<{number}@journal>" for number in range(70_000)}
    with armed.write() as connection:
        outbox.plan(connection, [make_row(str(n), message_id=f"<{n}@journal>") for n in (7, 69_999, 70_000)])
        assert unsettled.found(connection, held, AT) == 2
        assert sorted(outbox.counts(connection, "c")) == [("deploy", "ask", "planned", 1), ("deploy", "ask", "sent", 2)]


def test_a_mail_only_claimed_goes_back_when_its_lease_ends_and_whoever_held_it_may_not_begin_it(armed):
    """E8: a holder that was frozen finds its claims gone before it sends any of them."""
    with armed.write() as connection:
        outbox.plan(connection, [make_row()])
    (claim,) = claim_all(armed)
    later = AT + LEASE * 2
    with armed.write() as connection:
        assert unsettled.expire_leases(connection, later) == 0
    assert not begin(armed, claim)
    assert [(again.tries, again.fence) for again in claim_all(armed, later)] == [(1, 2)]
    assert not begin(armed, claim)


def test_a_late_250_of_the_same_holder_settles_an_unknown_mail(armed):
    with armed.write() as connection:
        outbox.plan(connection, [make_row()])
    (claim,) = claim_all(armed)
    begin(armed, claim)
    with armed.write() as connection:
        unsettled.expire_leases(connection, AT + LEASE * 2)
        assert outbox.settle(connection, [outcome(claim, SendState.DEFERRED)]) == 0
        assert outbox.settle(connection, [outcome(claim, SendState.SENT)]) == 1


def test_a_mail_that_waits_is_not_begun_in_a_pause(armed):
    with armed.write() as connection:
        outbox.plan(connection, [make_row()])
    (claim,) = claim_all(armed)
    with armed.write() as connection:
        campaigns.pause(connection, "c", is_paused=True)
    assert not begin(armed, claim)


def test_an_unknown_mail_goes_again_only_after_two_looks_half_an_hour_apart_into_its_own_journal(armed):
    """§6.0: first after 15 minutes, again 30 minutes later; another journal says nothing about it."""
    with armed.write() as connection:
        outbox.plan(connection, [make_row()])
    (claim,) = claim_all(armed)
    begin(armed, claim, journal="j")

    def due(at: datetime, journal: str = "j") -> list[unsettled.Lost]:
        with armed.read() as connection:
            return unsettled.to_look_for(connection, at, journal)

    def look(at: datetime) -> int:
        with armed.write() as connection:
            return unsettled.absent(connection, unsettled.to_look_for(connection, at, "j"), at)

    minutes = [timedelta(minutes=n) for n in (14, 15, 44, 45)]
    with armed.write() as connection:
        outbox.settle(connection, [outcome(claim, SendState.UNKNOWN)])
    assert [len(due(AT + minutes[0])), len(due(AT + minutes[1])), len(due(AT + minutes[1], "k"))] == [0, 1, 0]
    assert [look(AT + minutes[1]), len(due(AT + minutes[2])), claim_all(armed, AT + minutes[2])] == [0, 0, []]
    assert [look(AT + minutes[3]), [c.content for c in claim_all(armed, AT + minutes[3])]] == [1, [b"bytes"]]


def test_a_deferred_mail_waits_for_its_time_and_keeps_its_bytes(armed):
    with armed.write() as connection:
        outbox.plan(connection, [make_row()])
    (claim,) = claim_all(armed)
    begin(armed, claim)
    later = AT + timedelta(minutes=5)
    with armed.write() as connection:
        outbox.settle(connection, [outcome(claim, SendState.DEFERRED, later)])
    assert claim_all(armed) == []
    assert [(again.content, again.tries) for again in claim_all(armed, later)] == [(b"bytes", 2)]


def test_a_released_claim_costs_no_try(armed):
    with armed.write() as connection:
        outbox.plan(connection, [make_row()])
    with armed.write() as connection:
        claims = outbox.claim(connection, AT, most=10, lease=LEASE)
        outbox.release(connection, claims, AT)
    assert [claim.tries for claim in claim_all(armed)] == [1]


def test_a_paused_campaign_sends_nothing(armed):
    with armed.write() as connection:
        outbox.plan(connection, [make_row()])
        campaigns.pause(connection, "c", is_paused=True)
    assert claim_all(armed) == []


def mail_row(uid: str, sha256: str) -> dict[str, object]:
    return {
        "account": "a", "folder": "INBOX", "uidvalidity": "1", "uid": uid, "sha256": sha256, "received_at": AT,
        "taken_at": AT, "size": 1, "campaign": "c", "county": "210102", "state": "new",
    }  # fmt: skip


def test_the_same_mail_twice_is_worked_on_once(store):
    """The same UID is one row; the same bytes under another UID are kept as a duplicate."""
    with store.write() as connection:
        assert inbox.record(connection, [mail_row("1", "x"), mail_row("2", "x")]) == 2
        assert inbox.record(connection, [mail_row("1", "x"), mail_row("3", "x")]) == 1
        assert inbox.counts(connection) == {"new": 1, "duplicate": 2}
        assert inbox.new_by_county(connection, "c") == {("c", "210102"): [1]}
        assert [row.id for row in inbox.by_ids(connection, range(1, 70_000))] == [
            1
        ]  # more than a statement has room for


def test_arming_twice_changes_nothing(armed, liaoning):
    other = liaoning.model_copy(update={"campaign": "c", "title": "另一个"})
    with armed.write() as connection:
        assert not campaigns.launch(
            connection, other, {}, units=[], digest="e", at=AT, by="x", mails=9, token_key=b"z" * 32
        )
        assert campaigns.launched(connection, "c").campaign.title == liaoning.title


def test_a_campaign_never_armed_is_named(store):
    with store.read() as connection, pytest.raises(RefusedError, match="oneledger arm nothing"):
        campaigns.launched(connection, "nothing")


def make_unit(code: str, name: str = "甲校", parent: str | None = "210102") -> Unit:
    return Unit(code, name, Level.SCHOOL, parent, contacts=(Contact("办公室", f"{code}@x.invalid"),))


def test_importing_again_changes_only_what_changed(store):
    """Issue 1 C; a new parent is a new edge from that day, so earlier figures keep the parent they had."""
    day = date(2021, 3, 1)
    with store.write() as connection:
        units.import_units(connection, [make_unit("2121000001"), make_unit("2121000002")], day)
        moved = [make_unit("2121000001", parent="210103"), make_unit("2121000002")]
        difference = units.import_units(connection, moved, day)
        assert [(each.code, each.field, each.new) for each in difference.changed] == [
            ("2121000001", "reports_to", "210103")
        ]
        edges = [(e.parent, e.valid_from, e.valid_to) for e in units.all_edges(connection) if e.unit == "2121000001"]
        assert edges == [("210102", None, date(2021, 2, 28)), ("210103", day, None)]
        assert units.all_units(connection) == moved


def test_a_lease_is_held_by_one_and_taken_over_when_it_ends(store):
    with store.write() as connection:
        assert leases.take(connection, "collect", "a", AT, LEASE) == 1
        assert leases.take(connection, "collect", "b", AT, LEASE) is None
        assert leases.take(connection, "collect", "b", AT + LEASE * 2, LEASE) == 2


def test_assignments_open_once(armed):
    row = {
        "campaign": "c", "phase": "deploy", "deliverable": "school-deploy", "unit": "1", "respondent": "1",
        "due_at": AT, "opened_at": AT, "status": "missing", "is_late": False, "in_correction": False, "versions": 0,
    }  # fmt: skip
    with armed.write() as connection:
        assert [assignments.open_new(connection, [row]), assignments.open_new(connection, [row])] == [1, 0]


def test_what_was_accepted_stays_accepted_when_a_faulty_version_was_judged_with_it(armed):
    """F: the last valid version counts. Judged in one go, the second knows no submission of the first yet."""
    row = {
        "campaign": "c", "phase": "deploy", "deliverable": "school-deploy", "unit": "1", "respondent": "1",
        "due_at": AT, "opened_at": AT, "status": "missing", "is_late": False, "in_correction": False, "versions": 0,
    }  # fmt: skip
    with armed.write() as connection:
        assignments.open_new(connection, [row])
        [owed] = assignments.of_phase(connection, "c", "deploy")
        first = replace(owed, status="returned", versions=1)
        assignments.record_returns(connection, [replace(first, accepted=41), replace(first, versions=2)])
        [kept] = assignments.of_phase(connection, "c", "deploy")
    assert (kept.accepted, kept.versions, kept.status) == (41, 2, "returned")


@pytest.mark.parametrize(("version", "is_safe"), [
    ((3, 51, 3), True), ((3, 51, 2), False), ((3, 50, 7), True), ((3, 50, 6), False), ((3, 44, 6), True),
    ((3, 44, 5), False), ((3, 40, 1), False), ((3, 53, 4), True),
])  # fmt: skip
def test_sqlite_that_can_lose_commits_is_refused(version, is_safe):
    """E18: the WAL-reset bug."""
    if is_safe:
        check_sqlite(version)
    else:
        with pytest.raises(UnsafeSqliteError, match="pysqlite3"):
            check_sqlite(version)


def test_no_store_is_opened_on_such_an_sqlite(monkeypatch, tmp_path):
    """E18: it refuses to start, names the fix and leaves nothing behind."""
    monkeypatch.setattr("pysqlite3.dbapi2.sqlite_version_info", (3, 40, 1))
    with pytest.raises(UnsafeSqliteError, match="pysqlite3"):
        open_store("", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_the_configuration_folder_is_the_projects_own():
    assert (CONFIG / "campaigns" / "liaoning-2021.yaml").is_file()


def test_a_new_database_has_exactly_the_tables_of_the_schema(store):
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []
        (head,) = ScriptDirectory.from_config(migration_config(connection)).get_heads()
        assert context.get_current_revision() == head


def test_opening_twice_changes_nothing_and_a_newer_database_is_refused(tmp_path):
    open_store("", tmp_path).close()
    again = open_store("", tmp_path)
    with again.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    again.close()
    with pytest.raises(NewerDatabaseError, match="9999"):
        open_store("", tmp_path)


def test_what_is_read_together_goes_over_one_connection_and_each_question_is_asked_once(armed):
    asked = []

    def first_due(connection):
        asked.append(connection)
        return [each.due_at for each in assignments.of_phase(connection, "c", "deploy")]

    row = {
        "campaign": "c", "phase": "deploy", "deliverable": "school-deploy", "unit": "1", "respondent": "1",
        "due_at": AT, "opened_at": AT, "status": "missing", "is_late": False, "in_correction": False, "versions": 0,
    }  # fmt: skip
    with armed.reading():
        assert armed.once("due", first_due) == []
        with armed.write() as connection:
            assignments.open_new(connection, [row])
        with armed.read() as connection:
            assert (armed.once("due", first_due), asked) == ([], [connection])
    assert armed.once("due", first_due) == armed.once("due", first_due) == [AT]
    assert len(asked) == 3


STORED = st.recursive(
    st.none() | st.booleans() | st.text(st.characters(codec="utf-8")) | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda parts: st.lists(parts) | st.dictionaries(st.text(st.characters(codec="utf-8")), parts),
)  # fmt: skip


@given(STORED)
def test_what_is_stored_as_json_is_read_back_the_same(value):
    """000: figures and rows are kept as JSON and prove themselves by their hash. True, 1 and 1.0 are told apart."""
    column, dialect = Json(), sqlite.dialect()
    again = column.process_result_value(column.process_bind_param(value, dialect), dialect)
    assert (repr(again), again) == (repr(value), value)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"三": ["1\n\u2028", 2.0, 1e16, True, None]}, '{"三":["1\\n\u2028",2.0,1e+16,true,null]}'),
        ([date(2021, 3, 5), AT], f'["2021-03-05","{AT}"]'),
        ([("a", 1), Parsed("b")], '[["a",1],["b",null,null]]'),
        ({1: 10**20}, '{"1":100000000000000000000}'),
    ],
)
def test_json_is_kept_in_the_words_it_always_had(value, kept):
    assert Json().process_bind_param(value, sqlite.dialect()) == kept
