"""A return that names pupils is answered, sealed and deleted; nobody reads it without leaving his name (issue 3 of 6 G)."""

import io
import json
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from oneledger.adapters.archive import ArchiveDamagedError
from oneledger.domain.documents import Paper, Paragraph, ReceivedFile
from oneledger.domain.errors import RefusedError
from oneledger.domain.pupil_data import traces
from oneledger.domain.pupil_masking import masked_file
from oneledger.store import inbox, privacy
from tests.leak_search import hits, hits_in
from tests.small_office import OTHER, SCHOOL, at, make_campaign, opened
from tests.test_problem_life import checked, problem

CARD, PHONE, NAME = "210102201203051237", "13912345678", "张小明"
NAMED = f"受害学生{NAME}（{CARD}），家长电话{PHONE}"
PLANTED = (CARD, PHONE, NAME)
ASKED_ON, CAME_ON = at("2021-03-01"), at("2021-03-10")


@pytest.fixture
def lite(tmp_path, monkeypatch):
    with opened(tmp_path, [make_campaign("first", 2021)], monkeypatch) as (only,):
        yield only


@pytest.fixture
def office(database, tmp_path, monkeypatch):
    with opened(tmp_path, [make_campaign("first", 2021)], monkeypatch, database) as (only,):
        yield only


def answered(office, *rows, moment=CAME_ON, **letter):
    """What the school returned; its mail asked for the ledger on 1 March."""
    asked = office.open("deploy", ASKED_ON)[SCHOOL]
    facts = {"ledger": {"zero_flag": "否" if rows else "是"}}
    return office.answer(
        asked, "find", SCHOOL, moment, facts=facts, rows={"ledger": rows, "selfcheck": checked()}, **letter
    )


def under_seal(office):
    with office.store.read() as connection:
        return privacy.quarantined(connection, office.name)


def everything_in(store) -> bytes:
    """Every row of every table; blobs as they are."""
    from oneledger.store.schema import metadata

    with store.read() as connection:
        rows = [
            row for table in metadata.sorted_tables for row in connection.execute(text(f'SELECT * FROM "{table.name}"'))
        ]
    return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)


def places_of(office, tmp_path):
    """Where the planted words lie readable: in the data folder (zips and mails opened), and in the database."""
    found = hits(tmp_path / "data", PLANTED)
    return found | ({"database": told} if (told := hits_in(everything_in(office.store), PLANTED)) else {})


def test_a_return_that_names_pupils_is_sent_back_and_lies_readable_nowhere(office, tmp_path):
    """The finding quotes it masked, no copy goes back, the ledgers in the store and the original are closed."""
    tally = answered(office, problem(1, description=NAMED))
    assert (tally.accepted, tally.returned) == (0, 1)
    (correction,) = office.mails("correction")
    assert [part.get_filename() for part in correction.iter_attachments()] == []
    told = correction.get_body(("plain",)).get_content()
    assert "原表不随信附上" in told
    assert "受害学生张某某（21****************），家长电话13" in told
    assert [rule for rule in ("PD-001", "PD-002", "PD-004") if rule not in told] == []
    (sealed,) = under_seal(office)
    assert (sealed.unit, sealed.kinds) == (SCHOOL, {"PD-001": 1, "PD-002": 1, "PD-004": 1})
    assert places_of(office, tmp_path) == {}


def test_what_is_not_sealed_would_be_found(office, tmp_path, monkeypatch):
    """The control: without the seal and the masks the same search finds all of it, where it lies."""
    monkeypatch.setattr("tasks.judging.told", lambda _here, _opened, verdict: verdict)
    monkeypatch.setattr("tasks.reviewing.seal", lambda _here, _opened: None)
    answered(office, problem(1, description=NAMED))
    found = places_of(office, tmp_path)
    archived = next(name for name in found if name.startswith("archive/"))
    assert found[archived] == set(PLANTED)
    assert [told for name, told in found.items() if "archive/" not in name][-1] == set(PLANTED)


def test_the_figures_come_from_the_clean_version(lite):
    answered(lite, problem(1, description=NAMED), problem(2))
    assert answered(lite, problem(1), problem(2), moment=CAME_ON + timedelta(days=1)).accepted == 1
    assert len(under_seal(lite)) == 1  # of the first mail


def test_a_number_that_is_only_asked_about_is_kept_masked_and_counts(lite, tmp_path):
    """A broken checksum: the return counts, and what may be a card still travels nowhere."""
    from oneledger.store import submissions

    number = "210102201203051234"
    assert answered(lite, problem(1, description=f"学生王某（{number}）多次离校")).accepted == 1
    with lite.store.read() as connection:
        (kept,) = submissions.problems_of(connection, lite.name, [SCHOOL])
    assert kept.values["description"] == "学生王某（21****************）多次离校"
    assert hits(tmp_path / "data", [number]) == {}


@pytest.mark.parametrize(
    ("letter", "where"),
    [
        ({"subject": f"回复：{NAME}同学的情况"}, "邮件主题"),
        ({"body": f"另：学生{NAME}（{CARD}）已转学，家长{PHONE}。"}, "邮件正文"),
        ({"file_name": f"{NAME}同学的台账.xlsx"}, "附件名称"),
    ],
)
def test_what_the_mail_itself_says_is_told_and_sealed_and_the_return_counts(lite, tmp_path, letter, where):
    assert answered(lite, problem(1), **letter).accepted == 1
    (receipt,) = lite.mails("receipt")
    assert f"{where}（PD-00" in receipt.get_body(("plain",)).get_content()
    assert len(under_seal(lite)) == 1
    assert places_of(lite, tmp_path) == {}


def test_a_phone_under_a_letter_is_the_writers_own(lite):
    answered(lite, problem(1), body=f"请查收。\n德育处 王主任 {PHONE}")
    assert under_seal(lite) == []


def with_a_cell(place: str, value: str):
    def changed(content: bytes) -> bytes:
        book = openpyxl.load_workbook(io.BytesIO(content))
        book[book.sheetnames[1]][place] = value
        saved = io.BytesIO()
        book.save(saved)
        return saved.getvalue()

    return changed


def test_what_stands_where_nothing_is_read_is_found_too(lite, tmp_path):
    tally = answered(lite, problem(1), changed=with_a_cell("AF60", f"备忘：学生{NAME}，{CARD}"))
    assert tally.returned == 1
    told = lite.mails("correction")[0].get_body(("plain",)).get_content()
    assert "AF60" in told
    assert places_of(lite, tmp_path) == {}


def test_a_strangers_mail_is_sealed_before_a_person_looks(lite, tmp_path):
    """It waits, unjudged, for a person or the registered address; its cells are searched all the same."""
    asked = lite.open("deploy", ASKED_ON)[SCHOOL]
    asked.replace_header("To", "stranger@y.invalid")
    facts, rows = {"ledger": {"zero_flag": "否"}}, {"ledger": [problem(1, description=NAMED)], "selfcheck": checked()}
    tally = lite.answer(asked, "find", SCHOOL, CAME_ON, facts=facts, rows=rows)
    assert (tally.accepted, tally.returned) == (0, 0)
    assert [each.unit for each in under_seal(lite)] == [""]
    assert places_of(lite, tmp_path) == {}


def test_nobody_sees_an_original_without_name_and_reason_and_every_view_is_kept(office, tmp_path):
    from tasks.quarantine import open_original

    answered(office, problem(1, description=NAMED))
    (sealed,) = under_seal(office)
    for by, reason in (("", "核对"), ("督导科王科长", " ")):
        with pytest.raises(RefusedError, match="--by and --reason"):
            open_original(office.name, sealed.id, by=by, reason=reason, at=CAME_ON)
    with office.store.read() as connection:
        assert privacy.events(connection, office.name) == []
    content = open_original(office.name, sealed.id, by="督导科王科长", reason="学校来电要求核对", at=CAME_ON)
    assert hits_in(content, PLANTED) == set(PLANTED)
    with office.store.read() as connection:
        (event,) = privacy.events(connection, office.name)
    told = (event.at, event.by, event.deed, event.about, event.reason)
    assert told == (CAME_ON, "督导科王科长", "viewed", f"quarantine/{sealed.id}", "学校来电要求核对")


@pytest.mark.parametrize("deed", ["UPDATE privacy_event SET reason = ''", "DELETE FROM privacy_event"])
def test_what_was_seen_cannot_be_unsaid(office, deed):
    with office.store.write() as connection:
        privacy.record(connection, privacy.PrivacyEvent(CAME_ON, "甲", "viewed", office.name, "quarantine/1", "乙", {}))
    with pytest.raises(DBAPIError), office.store.write() as connection:
        connection.execute(text(deed))


def test_a_view_that_cannot_be_recorded_shows_nothing(lite, monkeypatch):
    from tasks import quarantine

    answered(lite, problem(1, description=NAMED))
    (sealed,) = under_seal(lite)
    monkeypatch.setattr(lite.here.office.archive, "get", lambda sha: pytest.fail("read before it was recorded"))
    with lite.store.write() as connection:
        connection.execute(text("DROP TABLE privacy_event"))
    with pytest.raises(DBAPIError):
        quarantine.open_original(lite.name, sealed.id, by="甲", reason="乙", at=CAME_ON)


def test_an_original_is_deleted_after_its_days_and_that_is_recorded(office):
    from tasks.quarantine import delete_originals, open_original

    answered(office, problem(1, description=NAMED))
    (sealed,) = under_seal(office)
    archive = office.here.office.archive
    assert delete_originals(office.name, CAME_ON + timedelta(days=29)) == 0
    assert archive.get(sealed.sha256)
    after = CAME_ON + timedelta(days=30)
    assert [delete_originals(office.name, after), delete_originals(office.name, after)] == [1, 0]
    with pytest.raises(ArchiveDamagedError):
        archive.get(sealed.sha256)
    with office.store.read() as connection:
        events = privacy.events(connection, office.name)
    assert [(each.deed, each.about, each.detail) for each in events] == [
        ("deleted", f"quarantine/{sealed.id}", {"sha256": sealed.sha256, "unit": SCHOOL})
    ]
    with pytest.raises(RefusedError, match="was deleted"):
        open_original(office.name, sealed.id, by="甲", reason="乙", at=after)


def test_a_deleted_original_no_longer_waits_for_a_person(lite):
    from tasks.quarantine import delete_originals

    asked = lite.open("deploy", ASKED_ON)[OTHER]
    asked.replace_header("To", "stranger@y.invalid")
    lite.answer(
        asked,
        "find",
        OTHER,
        CAME_ON,
        facts={"ledger": {"zero_flag": "是"}},
        rows={"selfcheck": checked()},
        body=f"学生{NAME}",
    )
    with lite.store.read() as connection:
        assert len(inbox.for_a_person(connection, lite.name)) == 1
    delete_originals(lite.name, CAME_ON + timedelta(days=30))
    with lite.store.read() as connection:
        assert inbox.for_a_person(connection, lite.name) == []


def test_the_command_lists_kinds_and_never_the_data(lite, tmp_path):
    from desk.cli import app

    answered(lite, problem(1, description=NAMED))
    listed = CliRunner().invoke(app, ["quarantine", "first", "--json"])
    (row,) = json.loads(listed.stdout)
    assert (row["name"], row["kinds"]) == ("望湖路小学", {"姓名": 1, "身份证号": 1, "手机号码": 1})
    assert [traces(word) for word in (listed.stdout,)] == [()]
    opening = ["quarantine", "first", "--open", str(row["id"]), "-o", str(tmp_path / "a.eml")]
    assert isinstance(CliRunner().invoke(app, opening).exception, RefusedError)
    assert not (tmp_path / "a.eml").exists()
    assert CliRunner().invoke(app, [*opening, "--by", "王科长", "--reason", "核对"]).exit_code == 0
    assert (tmp_path / "a.eml").stat().st_mode & 0o777 == 0o600
    (event,) = json.loads(CliRunner().invoke(app, ["access-log", "first", "--json"]).stdout)
    assert (event["by"], event["deed"], event["reason"]) == ("王科长", "viewed", "核对")


def test_personal_fields_stay_in_the_original_and_are_not_in_the_database(office):
    """000-13; issue 5 of 6 F: what no output uses is not kept where outputs are made; no finding keeps it either."""
    asked = office.open("deploy", ASKED_ON)[SCHOOL]
    facts = {"ledger": {"zero_flag": "是"}, "cover": {"filler": "司马晓婷", "phone": "024-86891234"}}
    office.answer(asked, "find", SCHOOL, CAME_ON, facts=facts, rows={"selfcheck": checked()})
    with office.store.read() as connection:
        kept = connection.execute(text("SELECT ledgers, findings FROM submission")).one()
    assert [word for word in ("司马晓婷", "024-86891234", "02486891234") if word in "".join(kept)] == []
    assert json.loads(kept.ledgers)["cover"]["facts"]["phone"].startswith("sealed:")


def test_a_document_is_kept_without_the_names_it_told():
    """The text that is compiled into a volume (001-31)."""
    paper = Paper("docx", (Paragraph(f"{NAME}同学进步很大"), Paragraph("全校师生共同努力")))
    kept = masked_file(ReceivedFile(f"{NAME}同学的故事.docx", 10, paper))
    assert (kept.name, [each.text for each in kept.paper.paragraphs]) == (
        "张某某同学的故事.docx", ["张某某同学进步很大", "全校师生共同努力"]
    )  # fmt: skip
