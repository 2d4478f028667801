"""Errors are mended, queries explained, waivers given, rules mended: none asks a school twice (issue 3 of 6, D)."""

import email.policy
import io
import json
from datetime import date

import openpyxl
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from typer.testing import CliRunner

from oneledger.adapters.mail_parse import parse_mail
from oneledger.adapters.mail_texts import MailTexts
from oneledger.domain.errors import RefusedError
from oneledger.domain.finding_groups import grouped
from oneledger.domain.findings import Finding
from oneledger.domain.printed import FINDINGS_SHEET, REASON_HEADING
from oneledger.domain.waivers import Waiver
from oneledger.settings import load_form
from oneledger.store import assignments, schema as t, submissions
from oneledger.store.migrating import migration_config
from oneledger.store.schema import metadata
from tests.conftest import CONFIG
from tests.small_office import COUNTY, OTHER, SCHOOL, at, make_campaign, opened

FINE = {
    "seq": 1, "found_on": date(2021, 3, 5), "item_type": "工作短板", "aspect7": "制度措施", "risk": "一般",
    "description": "应急预案多年没有修订，教师不熟悉", "measures": "修订预案并组织演练", "resp_dept": "德育处",
    "resp_person": "德育主任", "due_on": date(2021, 6, 1), "fix_mode": "限期整改",
}  # fmt: skip
TOO_SHORT = FINE | {"description": "乱"}
RULE = "LG-010"
WHO = {"by": "安全处 李处长", "reason": "表述以附件为准"}


@pytest.fixture
def office(database, tmp_path, monkeypatch):
    made = make_campaign("loop", 2021)
    made["deliverables"][0]["forms"] = ["ledger-v1"]
    with opened(tmp_path, [made], monkeypatch, database) as (only,):
        yield only


def returned(office, rows, moment="2021-03-10", unit=SCHOOL, **said):
    asked = office.open("deploy", at("2021-03-01T09:00"))
    told = {"facts": {"ledger": {"zero_flag": "否"}}, "rows": {"ledger": rows}}
    return office.answer(asked[unit], "find", unit, at(moment), **told, **said)


def standing(office, unit=SCHOOL):
    with office.store.read() as connection:
        (found,) = [each for each in assignments.of_phase(connection, office.name, "deploy") if each.unit == unit]
        counted = submissions.counting(connection, office.name, "deploy", at("2022-01-01"))
    return found.status, found.in_correction, found.id in counted


def findings(office, unit=SCHOOL):
    query = (
        select(t.submission.c.findings)
        .join(t.assignment, t.assignment.c.id == t.submission.c.assignment)
        .where(t.assignment.c.unit == unit)
        .order_by(t.submission.c.version)
    )
    with office.store.read() as connection:
        return list(connection.execute(query).scalars())


def of_rule(office, rule, unit=SCHOOL):
    return [each for each in findings(office, unit)[-1] if each["rule"] == rule]


def again(office, moment="2021-03-12", **scope):
    from tasks.reviewing_again import Scope, review_again

    is_dry = scope.pop("is_dry", False)
    return review_again(office.name, Scope(**scope), by="安全处", reason="规则有误", as_of=at(moment), is_dry=is_dry)


def waive(office, moment="2021-03-11", unit=SCHOOL, rule=RULE, until=date(2021, 3, 31), **place):
    from tasks.waiving import waive as give

    return give(office.name, Waiver(unit, rule, until, WHO["reason"], WHO["by"], at(moment), **place))


def amended(office, change, moment="2021-03-11"):
    """The ledger's form with one change, put in its place."""
    from oneledger.domain.forms import Form
    from tasks.amending import amend

    data = load_form(CONFIG, "ledger-v1").model_dump(mode="json")
    change(data)
    return amend(office.name, Form.model_validate(data), **WHO, at=at(moment))


def column(data, key):
    return next(each for each in data["table"]["columns"] if each["key"] == key)


def allow_short(data):
    column(data, "description")["min_len"] = 1


def test_a_waived_error_becomes_a_note_that_names_the_waiver_and_the_return_counts(office):
    assert returned(office, [TOO_SHORT]).returned == 1
    (told,) = of_rule(office, RULE)
    number = waive(office, cell=told["cell"])
    assert again(office, unit=SCHOOL).changed[0].after == "accepted"
    (told,) = of_rule(office, RULE)
    assert (told["level"], told["remedy"].partition("。")[0]) == (
        "note", f"豁免第{number}号：经安全处 李处长同意，至2021-03-31不作差错（表述以附件为准）",
    )  # fmt: skip
    assert standing(office) == ("returned", False, True)
    assert f"豁免第{number}号" in office.mails("receipt")[0].get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    "place",
    [{"unit": OTHER}, {"cell": "A1"}, {"row": 1}, {"sheet": "封面"}, {"rule": "LG-005"}, {"until": date(2021, 3, 14)}],
)
def test_a_waiver_covers_its_unit_rule_and_place_and_nothing_received_after_its_date(office, place):
    waive(office, **place)
    assert returned(office, [TOO_SHORT], "2021-03-15").returned == 1


def test_a_revoked_waiver_no_longer_holds_and_stays_on_record(office):
    from desk.corrections import listed_waivers
    from tasks.waiving import revoke

    number = waive(office)
    assert waive(office) == number
    revoke(office.name, number, reason="误登", by="安全处", at=at("2021-03-11"))
    assert returned(office, [TOO_SHORT], "2021-03-15").returned == 1
    assert [(each["state"], each["revoked_by"]) for each in listed_waivers(office.name, at("2021-03-15"))] == [
        ("revoked", "安全处")
    ]
    with pytest.raises(RefusedError, match="revoked already"):
        revoke(office.name, number, reason="误登", by="安全处", at=at("2021-03-11"))
    for statement in ("UPDATE waiver SET reason = ''", "DELETE FROM waiver", "DELETE FROM amendment"):
        if statement.endswith("amendment"):
            amended(office, allow_short)
        with pytest.raises(DatabaseError, match="append-only"), office.store.write() as connection:
            connection.execute(text(statement))


@pytest.mark.parametrize(
    ("wanted", "why"),
    [({"rule": "PD-001"}, "cannot be waived"), ({"rule": "WB-104"}, "cannot be waived"), ({"unit": "9"}, "no unit 9"),
     ({"rule": "LG-999"}, "no rule LG-999"), ({"until": date(2021, 3, 10)}, "is over")],
)  # fmt: skip
def test_what_nobody_may_let_pass_is_refused(office, wanted, why):
    with pytest.raises(RefusedError, match=why):
        waive(office, **wanted)


def test_after_a_rule_was_loosened_the_school_gets_one_receipt_and_twice_is_once(office):
    returned(office, [TOO_SHORT])
    returned(office, [FINE], unit=OTHER)
    mails = office.planned()
    assert amended(office, allow_short) == [RULE]
    dry = again(office, is_dry=True)
    assert (office.planned(), [(each.unit, each.before, each.after, each.mail) for each in dry.changed]) == (
        mails, [(SCHOOL, "returned", "accepted", "planned")],
    )  # fmt: skip
    done = again(office)
    assert [(each.unit, each.before, each.after, each.rules, each.mail) for each in done.changed] == [
        (SCHOOL, "returned", "accepted", (RULE,), "receipt")
    ]
    assert (done.returns, done.unread, standing(office)) == (2, [], ("returned", False, True))
    once = office.planned()
    assert (again(office, "2021-03-13").changed, office.planned()) == ([], once)
    assert [len(office.mails(kind)) for kind in ("receipt", "correction")] == [2, 1]
    assert "此前退回的这份材料已重新核对（规则有误），现予接收" in office.mails("receipt")[-1].get_body().get_content()


def test_after_a_rule_was_tightened_the_school_gets_one_correction_and_no_longer_counts(office):
    def want_more(data):
        column(data, "description")["min_len"] = 40

    returned(office, [FINE])
    assert standing(office) == ("returned", False, True)
    amended(office, want_more)
    assert [each.mail for each in again(office).changed] == ["correction"]
    assert again(office).changed == []
    assert standing(office) == ("missing", True, False)
    (mail,) = office.mails("correction")
    assert "已重新核对（规则有误）" in mail.get_body(("plain",)).get_content()
    with office.store.read() as connection:
        kept = connection.execute(select(t.former_verdict.c.verdict, t.former_verdict.c.reason, t.former_verdict.c.by))
        assert [tuple(row) for row in kept] == [("accepted", "规则有误", "安全处")]
    long = FINE | {"description": "应急预案多年没有修订，教师不熟悉；" * 4}
    assert returned(office, [long], "2021-03-14").accepted == 1


def test_a_frozen_snapshot_stays_as_it_was_and_what_is_counted_afterwards_follows(office):
    from tasks.publishing import freeze_due

    def frozen():
        with office.store.read() as connection:
            units = connection.execute(select(t.snapshot_unit.c.unit, t.snapshot_unit.c.rollup)).all()
            return [tuple(row) for row in connection.execute(select(t.snapshot.c.digest))], dict(map(tuple, units))

    returned(office, [TOO_SHORT])
    freeze_due(office.name, "deploy", at("2021-03-20"))
    before = frozen()
    assert before[1][SCHOOL]["coverage"]["in_correction"] == 1
    waive(office)
    again(office, "2021-03-21")
    freeze_due(office.name, "deploy", at("2021-03-22"))
    assert frozen() == before
    assert standing(office) == ("returned", False, True)


def test_whose_verdict_did_not_change_is_not_written_to_though_a_finding_went(office):
    def drop_query(data):
        data["rules"] = [rule for rule in data["rules"] if rule["id"] != "LG-204"]

    returned(office, [LATE])
    mails = office.planned()
    assert amended(office, drop_query) == ["LG-204"]
    assert [(each.before, each.after, each.mail) for each in again(office).changed] == [("accepted", "accepted", "")]
    assert (office.planned(), of_rule(office, "LG-204"), again(office).changed) == (mails, [], [])


def test_a_change_of_columns_is_no_change_of_rules(office):
    def rename(data):
        column(data, "description")["title"] = "别的"

    with pytest.raises(RefusedError, match="only rules"):
        amended(office, rename)
    with pytest.raises(RefusedError, match="nothing differs"):
        amended(office, lambda _data: None)


def first_sheet(mail):
    """The marked workbook in a mail, and its list of findings as rows by heading."""
    (part,) = [each for each in parse_mail(mail.as_bytes()).parts if (each.filename or "").endswith("_待更正.xlsx")]
    book = openpyxl.load_workbook(io.BytesIO(part.content))
    rows = list(book[FINDINGS_SHEET].iter_rows(values_only=True))
    return book, [dict(zip(rows[2], row, strict=True)) for row in rows[3:]]


def with_reason(mail, rule, reason):
    """What a clerk does: writes beside the query, saves, replies."""
    book, rows = first_sheet(mail)
    line = 4 + next(no for no, row in enumerate(rows) if row["规则"] == rule)
    sheet = book[FINDINGS_SHEET]
    column = next(cell.column for cell in sheet[3] if cell.value == REASON_HEADING)
    sheet.cell(line, column).value = reason
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def replied(office, mail, content, moment):
    reply = email_of(office, mail, content)
    return office.take(reply, at(moment))


def email_of(office, mail, content):
    from email.message import EmailMessage

    office.answered += 1
    reply = EmailMessage()
    reply["From"], reply["To"], reply["Subject"] = mail["To"], mail["Reply-To"], f"回复：{mail['Subject']}"
    reply["Message-ID"] = f"<reason-{office.answered}@x.invalid>"
    reply.set_content("已说明")
    reply.add_attachment(content, maintype="application", subtype="octet-stream", filename="x.xlsx")
    return reply


LATE = FINE | {"due_on": date(2021, 7, 15)}  # after the campaign's rectification ends: a query


def test_a_query_is_answered_in_the_sheet_kept_with_the_return_and_not_asked_again(office):
    from desk.corrections import listed_queries

    assert returned(office, [LATE]).accepted == 1
    (receipt,) = office.mails("receipt")
    assert [row["类别"] for row in first_sheet(receipt)[1]] == ["疑问"]
    tally = replied(office, receipt, with_reason(receipt, "LG-204", "工程要到七月完工"), "2021-03-11")
    assert (tally.accepted, tally.for_a_person) == (1, 0)
    assert [(each["reason"], each["is_open"]) for each in listed_queries(office.name, SCHOOL)] == [
        ("工程要到七月完工", False)
    ]
    assert "请核实" not in office.mails("receipt")[-1].get_body(("plain",)).get_content()
    assert returned(office, [LATE], "2021-03-12").accepted == 1  # the plain sheet again, without the list
    assert of_rule(office, "LG-204")[0]["reason"] == "工程要到七月完工"


def test_a_query_without_a_reason_is_asked_twice_and_then_stays_open(office):
    for moment in ("2021-03-10", "2021-03-11", "2021-03-12"):
        assert returned(office, [LATE], moment).accepted == 1
    texts = [mail.get_body(("plain",)).get_content() for mail in office.mails("receipt")]
    assert ["【请核实】" in each for each in texts] == [True, True, False]
    assert [(each["asked"], each["reason"]) for each in of_rule(office, "LG-204")] == [(3, "")]


def test_an_error_is_not_explained_away(office):
    assert returned(office, [LATE | TOO_SHORT | {"due_on": LATE["due_on"]}]).returned == 1
    (mail,) = office.mails("correction")
    assert replied(office, mail, with_reason(mail, RULE, "就这样"), "2021-03-11").returned == 1
    assert [(each["level"], each["reason"]) for each in of_rule(office, RULE)] == [("error", "")]


def rows(count, **changes):
    return [FINE | {"seq": no, "description": f"应急预案多年没有修订第{no}处"} | changes for no in range(1, count + 1)]


def test_rows_that_were_right_and_do_not_come_again_are_asked_about(office):
    """Who returns only the rows he mended hears which others are missing; what is missing is no deletion in silence."""
    five = rows(5)
    five[1] = five[1] | {"description": "乱"}
    assert returned(office, five).returned == 1
    mended = [five[1] | {"description": "应急预案多年没有修订第二处"}]
    assert returned(office, mended, "2021-03-11").accepted == 1
    assert [(each["level"], each["found"]) for each in of_rule(office, "WB-058")] == [("query", "少了序号1、3、4、5")]
    assert returned(office, mended, "2021-03-12").accepted == 1  # still asked: nobody said why
    assert [each["asked"] for each in of_rule(office, "WB-058")] == [2]
    assert returned(office, [*five[:1], *mended, *five[2:]], "2021-03-13").accepted == 1
    assert of_rule(office, "WB-058") == []


def test_two_versions_that_come_before_one_look_are_compared_too(office):
    from tasks.reviewing import review_pack

    asked = office.open("deploy", at("2021-03-01T09:00"))
    zero = {"ledger": {"zero_flag": "否"}}
    for count in (3, 1):
        mail = office.reply(asked[SCHOOL], "find", SCHOOL, at("2021-03-10"), facts=zero, rows={"ledger": rows(count)})
        ids = office._take_in(mail.as_bytes(policy=email.policy.SMTP), at(f"2021-03-1{4 - count}"))
    assert review_pack.fn(office.name, {COUNTY: ids}, at("2021-03-14"), "test", is_one_of_many=False).accepted == 2
    assert [each["found"] for each in of_rule(office, "WB-058")] == ["少了序号2、3"]


def test_a_row_is_known_again_by_what_it_says_and_a_faulty_one_may_go(office):
    three = rows(3)
    three[2] = three[2] | {"description": "乱"}
    returned(office, three)
    assert returned(office, [three[1] | {"seq": 1}, three[0] | {"seq": 2}], "2021-03-11").accepted == 1
    assert of_rule(office, "WB-058") == []


def test_a_reason_beside_the_missing_rows_settles_them(office):
    returned(office, rows(3))
    returned(office, rows(2), "2021-03-11")
    mail = office.mails("receipt")[-1]
    assert replied(office, mail, with_reason(mail, "WB-058", "第3条与第1条重复"), "2021-03-12").accepted == 1
    assert [each["reason"] for each in of_rule(office, "WB-058")] == ["第3条与第1条重复"]
    assert returned(office, rows(2), "2021-03-13").accepted == 1
    assert [each for each in of_rule(office, "WB-058") if not each["reason"]] == []


def test_many_equal_faults_make_a_short_mail_and_a_whole_list(office):
    """Message first: the mail counts and groups, the marked workbook holds every one."""
    assert returned(office, [TOO_SHORT | {"seq": no} for no in range(1, 31)]).returned == 1
    (mail,) = office.mails("correction")
    body = mail.get_body(("plain",)).get_content()
    assert "有 30 处需要改正" in body
    assert "等 30 处" in body
    assert len(body.splitlines()) < 25
    assert sum(row["类别"] == "差错" for row in first_sheet(mail)[1]) == 30


def test_the_mail_about_five_hundred_faults_stays_readable():
    texts = MailTexts(CONFIG.parent / "templates" / "mail")
    faults = [
        Finding(f"LG-{no % 40:03d}", "问题排查台账", f"U{no}", f"{no}", "日期", f"第{no % 40}种。") for no in range(500)
    ]
    told = texts.sample("correction") | {"findings": grouped(faults), "error_count": 500, "query_count": 0}
    text = texts.render("correction", told).text
    assert "有 500 处需要改正" in text
    assert "此外还有 120 处，全部列在附件的第一页" in text  # 30 kinds are told, 10 with 12 cells each are left
    assert len(text.encode()) < 6000


def test_a_file_that_cannot_be_marked_is_answered_with_a_fresh_workbook_that_counts_when_filled(office):
    def as_text(content):
        book = openpyxl.load_workbook(io.BytesIO(content))
        sheet = book["问题排查台账"]
        return "\n".join(
            ",".join(f'"{"" if cell is None else cell}"' for cell in row) for row in sheet.iter_rows(values_only=True)
        ).encode()

    tally = returned(office, [TOO_SHORT], changed=as_text, file_name="台账.csv")
    assert (tally.returned, tally.for_a_person) == (1, 0)
    (mail,) = office.mails("correction")
    names = [each.filename for each in parse_mail(mail.as_bytes()).parts if each.filename]
    assert len(names) == 1
    assert "待更正" not in names[0]
    assert "附件是一份空表" in mail.get_body(("plain",)).get_content()
    assert office.answer(mail, "find", SCHOOL, at("2021-03-11"), facts={"ledger": {"zero_flag": "否"}},
                         rows={"ledger": [FINE]}).accepted == 1  # fmt: skip


def test_the_commands_of_the_loop(office):
    from desk.cli import app

    def run(*words):
        done = CliRunner().invoke(app, [*words, "--json"] if words[0] != "waive" else list(words))
        return done.exit_code, json.loads(done.stdout) if words[0] != "waive" and not done.exit_code else done.stdout

    returned(office, [TOO_SHORT])
    given = ("--by", "安全处 李处长", "--reason", "表述以附件为准")
    code, said = run("waive", office.name, SCHOOL, RULE, "--until", "2021-03-31", "--as-of", "2021-03-11", *given)
    assert (code, "已登记豁免第 1 号" in said) == (0, True)
    told = run("review-again", office.name, "--unit", SCHOOL, "--as-of", "2021-03-12", *given)
    assert (told[0], [each["after"] for each in told[1]["changed"]]) == (0, ["accepted"])
    assert [each["state"] for each in run("waivers", office.name, "--as-of", "2021-04-01")[1]] == ["expired"]
    assert run("queries", office.name) == (0, [])
    assert run("amend", office.name) == (0, [])
    assert run("waive", office.name)[0] == 2


def test_a_database_of_an_earlier_version_gets_the_tables_and_their_guards(store):
    with store.write() as connection:
        for table in ("waiver", "amendment", "former_verdict"):
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0011'"))
    with store.write() as connection:
        command.upgrade(migration_config(connection), "0012")
    with store.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": False}), metadata)
        ours = [each for each in found if {"waiver", "amendment", "former_verdict"} & set(str(each).split("'"))]
        assert ours == []
        is_sqlite = connection.dialect.name == "sqlite"
        query = _SQLITE_GUARDS if is_sqlite else _POSTGRES_GUARDS
        assert connection.execute(text(query)).scalar_one() == (6 if is_sqlite else 3)


_OURS = "('waiver', 'amendment', 'former_verdict')"
_SQLITE_GUARDS = f"SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN {_OURS}"
_POSTGRES_GUARDS = (
    f"SELECT count(*) FROM pg_trigger WHERE tgname LIKE '%append_only' AND tgrelid::regclass::text IN {_OURS}"
)


def test_what_was_frozen_before_a_review_anew_is_worked_out_by_the_verdicts_of_then(office):
    """Issue 5 C, D: a snapshot is reproducible and its figures can be traced whatever becomes of a verdict later. One
    return is accepted at last, the other is no longer."""
    from tasks.extra_snapshots import freeze_on_demand, verify_snapshots
    from tasks.tracing import trace

    def frozen(moment: str) -> str:
        return freeze_on_demand(office.name, "deploy", "", at(moment), at(moment))["snapshot"]

    returned(office, [TOO_SHORT])
    returned(office, [FINE, FINE | {"seq": 2, "description": "门卫室没有来访登记，外来人员进出没有记录"}], unit=OTHER)
    before = frozen("2021-03-10T17:00")
    waive(office)
    amended(office, lambda data: column(data, "description").update(min_len=19))
    assert {each.unit: each.after for each in again(office).changed} == {SCHOOL: "accepted", OTHER: "returned"}
    after = frozen("2021-03-12T17:00")
    told = {(each, key): trace(each, COUNTY, key) for each in (before, after) for key in TRACED}
    assert [(each["value"], each["agrees"]) for each in told.values()] == [
        (2, True), (1, True), (1, True), (1, True), (1, True), (1, True),
    ]  # fmt: skip
    assert [each["agrees"] for each in verify_snapshots(office.name)] == [True, True]


TRACED = ("ledger.rows", "coverage.in_correction", "coverage.returned")
