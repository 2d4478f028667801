"""A person asks to be forgotten (issue 5 of 6 F; PIPL 47; 未成年人保护法 72): found everywhere, taken out, on record."""

import base64
import json

import pytest
from typer.testing import CliRunner

from oneledger.adapters.word_search import file_holds, mail_holds
from oneledger.domain.errors import RefusedError
from oneledger.store import privacy, submissions
from tests.leak_search import hits, hits_in
from tests.make_files import zipped
from tests.small_office import OTHER, SCHOOL, at, make_campaign, opened
from tests.test_problem_life import checked, problem
from tests.test_quarantine import everything_in

WORD, OTHERS = "司马晓婷", "公孙子涵"
NOW = at("2021-04-01")
ON_RECORD = {"by": "督导科王科长", "reason": "家长书面申请"}


@pytest.fixture
def office(database, tmp_path, monkeypatch):
    with opened(tmp_path, [make_campaign("first", 2021)], monkeypatch, database) as (only,):
        returned(only, SCHOOL, WORD)
        returned(only, OTHER, OTHERS)
        yield only


def returned(office, unit, word):
    """The word stands where no rule looks for names: a bare name in a sentence."""
    asked = office.open("deploy", at("2021-03-01")).get(unit) or next(
        each for each in office.mails("ask") if each["To"].addresses[0].username == unit
    )
    rows = [problem(1, description=f"放学后{word}没有回家，值守老师不知情")]
    tally = office.answer(
        asked, "find", unit, at("2021-03-10"),
        facts={"ledger": {"zero_flag": "否"}}, rows={"ledger": rows, "selfcheck": checked()},
    )  # fmt: skip
    assert tally.accepted == 1


def places(office, tmp_path, word) -> set[str]:
    folder = tmp_path / "data"
    found = (
        {place.partition("/")[0].removesuffix("-wal") for place in hits(folder, [word])} if folder.exists() else set()
    )
    return found | ({"rows"} if hits_in(everything_in(office.store), [word]) else set())


def test_a_word_is_first_only_counted_where_it_stands(office, tmp_path):
    from tasks.forgetting import search

    before = places(office, tmp_path, WORD)
    assert search(office.name, WORD).counts == {"originals": 1, "submission": 1, "problem": 1, "problem_event": 1}
    assert places(office, tmp_path, WORD) == before


def test_what_is_forgotten_stands_nowhere_and_the_rest_is_untouched(office, tmp_path):
    """Also in the raw pages of the database and in its log (T18); the problem itself goes on under its number."""
    from tasks.forgetting import forget, search

    rest = places(office, tmp_path, OTHERS)
    told = forget(office.name, WORD, at=NOW, **ON_RECORD)
    assert told == {"originals": 1, "submission": 1, "problem": 1, "problem_event": 1}
    assert (places(office, tmp_path, WORD), search(office.name, WORD).counts) == (set(), {})
    assert places(office, tmp_path, OTHERS) == rest
    with office.store.read() as connection:
        (kept,) = submissions.problems_of(connection, office.name, [SCHOOL])
        (event,) = privacy.events(connection, office.name)
    assert (kept.problem_no, kept.values["description"]) == (
        f"{SCHOOL}-2021-0001",
        "放学后****没有回家，值守老师不知情",
    )
    assert (event.deed, event.by, event.reason, event.detail) == ("forgotten", *ON_RECORD.values(), told)
    assert WORD not in event.about


@pytest.mark.parametrize("said", [{"by": "", "reason": "申请"}, {"by": "王科长", "reason": " "}])
def test_nobody_is_forgotten_without_a_name_and_a_reason(office, tmp_path, said):
    from tasks.forgetting import forget

    before = places(office, tmp_path, WORD)
    with pytest.raises(RefusedError, match="--by and --reason"):
        forget(office.name, WORD, at=NOW, **said)
    assert places(office, tmp_path, WORD) == before


def test_a_single_sign_would_take_out_half_of_everything(office):
    from tasks.forgetting import search

    with pytest.raises(RefusedError):
        search(office.name, "司")


def test_the_command_takes_the_word_from_standard_input_and_changes_nothing_by_itself(office, tmp_path):
    """A word in a command line stays in the shell's history."""
    from desk.cli import app

    told = CliRunner().invoke(app, ["forget", "first", "-", "--json"], input=f"{WORD}\n")
    assert json.loads(told.stdout)["originals"] == 1
    assert "rows" in places(office, tmp_path, WORD)
    done = CliRunner().invoke(
        app, ["forget", "first", "-", "--delete", "--by", "王科长", "--reason", "申请"], input=f"{WORD}\n"
    )
    assert (done.exit_code, places(office, tmp_path, WORD)) == (0, set())


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "utf-16-le"])
def test_a_word_is_found_in_whatever_charset_and_packed_in_a_file(charset):
    packed = zipped({"xl/sharedStrings.xml": f"<t>{WORD}</t>".encode(charset)})
    assert [file_holds(each, WORD) for each in (packed, zipped({"inner.zip": packed}), b"PK\x03\x04broken")] == [
        True,
        True,
        False,
    ]


def test_a_word_is_found_in_subject_text_and_file_name():
    for head, body in ((f"Subject: =?utf-8?B?{_b64(WORD)}?=", ""), ("Subject: x", WORD)):
        mail = f"{head}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}".encode()
        assert mail_holds(mail, WORD)


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
