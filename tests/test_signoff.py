"""Sign-off by mail (issue 5 A): an office stands for what is there, its gaps named; what moves is asked about anew."""

from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st
from openpyxl import load_workbook
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from oneledger.domain.rollup import Coverage, Rollup
from oneledger.domain.schedule import Turn
from oneledger.domain.signoff import (
    MOVES,
    Acting,
    Deed,
    Entry,
    Standing,
    State,
    after,
    may_sign,
    moved_figures,
    next_steps,
    reviewed_state,
)
from oneledger.domain.signoff_answer import NOTHING, SignAnswer, Unclear, read_sign_answer
from oneledger.domain.units import Contact
from tests.sign_office import (
    CITY_TURN,
    COUNTY_TURN,
    FROZEN,
    RETURNED_ON,
    ROOT_TURN,
    bring,
    entries,
    frozen_reviews,
    reply,
    requests_to,
    send,
    signing_office,
    states,
)
from tests.small_office import CITY, COUNTY, OTHER, ROOT, SCHOOL, at
from tests.test_correction_loop import replied, with_reason
from tests.test_problem_life import checked, problem

HOUR = timedelta(hours=1)
CHINA = ZoneInfo("Asia/Shanghai")
BELOW = {"210102": "虚拟区教育局", "2121000001": "望湖路小学", "2121000002": "柳林小学", "2121000003": "柳林小学"}


@pytest.fixture
def office(tmp_path, monkeypatch):
    with signing_office(tmp_path, monkeypatch) as only:
        yield only


@pytest.fixture
def both(database, tmp_path, monkeypatch):
    with signing_office(tmp_path, monkeypatch, database) as only:
        yield only


def test_an_office_reads_why_a_unit_stands_by_what_was_asked(office):
    """Issue 5 A: doubtful units are named to whom signs, with the reason the unit gave (issue 4 D)."""
    rows = {"ledger": [problem(1, due_on=date(2021, 12, 31))], "selfcheck": checked()}
    office.answer(office.asked[OTHER], "find", OTHER, RETURNED_ON, facts={"ledger": {"zero_flag": "否"}}, rows=rows)
    receipt = office.mails("receipt")[-1]
    assert replied(office, receipt, with_reason(receipt, "LG-204", "工程要到年底完工"), "2021-03-06").accepted == 1
    bring(office, COUNTY_TURN)
    words = requests_to(office, COUNTY)[0].get_body(("plain",)).get_content()
    (told,) = [line for line in words.splitlines() if "处，如：" in line]
    assert (told.partition("，如：")[0], told.partition("该单位说明：")[2]) == (
        f"1. {BELOW[OTHER]}（{OTHER}）1 处", "工程要到年底完工",
    )  # fmt: skip


def test_the_papers_of_a_request_name_the_digest_that_is_signed(office):
    """It is of this office's own figures: whoever comes to the same prints the same, and finds it on record."""
    bring(office, COUNTY_TURN)
    (asked,), (entry,) = requests_to(office, COUNTY), entries(office, COUNTY)
    (book,) = [each for each in asked.iter_attachments() if "汇总表" in each.get_filename()]
    sources = load_workbook(BytesIO(book.get_content()))["指标出处"]
    assert [row[2] for row in sources.iter_rows(values_only=True) if row[1] == "校验码"] == [entry.digest]


def test_county_then_city_then_province_sign_what_is_there_with_its_gaps_named(both):
    office = both
    bring(office, COUNTY_TURN - HOUR)
    assert states(office) == {}
    bring(office, COUNTY_TURN)
    (asked,) = requests_to(office, COUNTY)
    assert states(office) == {COUNTY: "asked"}
    words = asked.get_body(("plain",)).get_content()
    assert "应报 2 份：已报 1 份，零报告 0 份，免报 0 份，未报 1 份" in words
    assert "1. 柳林小学（2121000002）" in words
    assert [each.get_filename().partition("_")[2] for each in asked.iter_attachments()] == [
        "部署摸底报告_审核稿.docx", "部署摸底汇总表_审核稿.xlsx", "部署摸底审核签报表.xlsx",
    ]  # fmt: skip
    reply(office, COUNTY, "同意", COUNTY_TURN + HOUR)
    bring(office, CITY_TURN)
    assert "虚拟区教育局：已审核" in requests_to(office, CITY)[0].get_body(("plain",)).get_content()
    reply(office, CITY, "您好：\n同意上报。", CITY_TURN + HOUR)
    bring(office, ROOT_TURN)
    reply(office, ROOT, "同意", ROOT_TURN + HOUR)
    assert states(office) == dict.fromkeys((ROOT, CITY, COUNTY), "signed")
    signed = entries(office, COUNTY)[-1]
    assert (signed.deed, signed.by, signed.at, signed.digest) == (
        Deed.AGREE, f"{COUNTY}@x.invalid", COUNTY_TURN + HOUR, entries(office, COUNTY)[0].digest,
    )  # fmt: skip
    assert (signed.detail["expected"], signed.detail["missing"]) == (2, [[OTHER, "柳林小学"]])
    assert signed.inbox is not None
    assert frozen_reviews(office) == dict.fromkeys((ROOT, CITY, COUNTY), "signed")


def test_every_look_twice_is_once(office):
    for _ in range(2):
        bring(office, COUNTY_TURN)
    for _ in range(2):
        reply(office, COUNTY, "同意", COUNTY_TURN + HOUR)
        bring(office, COUNTY_TURN + 2 * HOUR)
    assert [each.deed for each in entries(office, COUNTY)] == [Deed.ASK, Deed.AGREE]
    assert (len(requests_to(office, COUNTY)), len(office.mails("sign-answer"))) == (1, 1)


def test_two_workers_that_both_come_to_ask_make_one_request(both):
    """Issue 5 of 6, done when 4: each has decided before the other has asked. Found by two workers' rehearsal."""
    from tasks.sign_asking import asked_to_sign
    from tasks.signing import sign_due

    decided = [sign_due(both.name, "deploy", COUNTY_TURN) for _ in range(2)]
    asked = [asked_to_sign(both.name, wanted, wanted.offices, COUNTY_TURN) for (wanted,) in decided]
    assert (asked, len(requests_to(both, COUNTY))) == ([1, 0], 1)


def test_no_answer_by_the_deadline_goes_up_unreviewed(office):
    bring(office, COUNTY_TURN)
    bring(office, CITY_TURN + timedelta(minutes=1))
    assert states(office) == {CITY: "asked", COUNTY: "unreviewed"}
    reply(office, COUNTY, "同意", CITY_TURN + 2 * HOUR)  # late, and before the figures are frozen
    bring(office, ROOT_TURN)
    assert frozen_reviews(office) == {ROOT: "unreviewed", CITY: "unreviewed", COUNTY: "signed"}
    bring(office, FROZEN + HOUR)
    assert states(office) == {ROOT: "unreviewed", CITY: "unreviewed", COUNTY: "signed"}


def test_nobody_was_looking_and_nobody_is_asked_too_late(office):
    """A look after an outage: what was slept through is moot, the figures are the same."""
    bring(office, FROZEN + HOUR)
    assert office.mails("sign-ask") == []
    assert frozen_reviews(office) == dict.fromkeys((ROOT, CITY, COUNTY), "unreviewed")


@pytest.fixture
def early(tmp_path, monkeypatch):
    """Schools are due four working days before the report."""
    with signing_office(tmp_path, monkeypatch, lead_days={"province": 0, "school": 4}) as only:
        yield only


def test_a_unit_is_sent_back_alone_and_signed_for_when_it_has_mended(early):
    office = early
    send(office, OTHER)
    bring(office, COUNTY_TURN)
    reply(office, COUNTY, "退回\n柳林小学：台账条数与统计表不一致\n此致\n敬礼", COUNTY_TURN + HOUR)
    assert states(office) == {COUNTY: "returned"}
    assert status(office) == {SCHOOL: ("returned", False, False), OTHER: ("missing", True, False)}
    (told,) = office.mails("sent-back")
    assert told["To"].addresses[0].username == OTHER
    assert "台账条数与统计表不一致" in told.get_body(("plain",)).get_content()
    bring(office, COUNTY_TURN + 2 * HOUR)
    assert len(requests_to(office, COUNTY)) == 1  # it waits for what is to be mended
    send(office, OTHER, at("2021-03-18T09:00"), rows=2)
    assert status(office)[OTHER] == ("returned", False, False)  # in time the first time: not late
    assert office.mails("receipt")[-1]["To"].addresses[0].username == OTHER
    bring(office, at("2021-03-18T10:00"))
    assert states(office) == {COUNTY: "asked"}
    reply(office, COUNTY, "同意", at("2021-03-18T11:00"))
    assert states(office) == {COUNTY: "signed"}


def test_who_sent_a_unit_back_has_answered_and_is_asked_again_although_his_turn_is_over(early):
    office = early
    send(office, OTHER)
    bring(office, COUNTY_TURN)
    reply(office, COUNTY, f"退回 {OTHER} 条数不符", COUNTY_TURN + HOUR)
    bring(office, CITY_TURN + timedelta(minutes=1))
    assert states(office) == {CITY: "asked", COUNTY: "returned"}
    send(office, OTHER, at("2021-03-18T19:00"), rows=2)
    bring(office, at("2021-03-19T09:00"))
    assert (states(office)[COUNTY], len(requests_to(office, COUNTY))) == ("asked", 2)
    reply(office, COUNTY, "同意", at("2021-03-19T10:00"))
    assert frozen_reviews(office)[COUNTY] == "signed"


def test_a_return_sent_back_and_not_mended_is_in_no_figure(office):
    bring(office, COUNTY_TURN)
    reply(office, COUNTY, f"退回 {SCHOOL} 请核对", COUNTY_TURN + HOUR)
    bring(office, CITY_TURN)
    words = requests_to(office, CITY)[0].get_body(("plain",)).get_content()
    assert "应报 3 份：已报 1 份，零报告 0 份，免报 0 份，未报 2 份（其中退回更正 1 份）" in words


def test_a_correction_reopens_the_branch_it_touches_and_nothing_else(office):
    bring(office, COUNTY_TURN)
    reply(office, COUNTY, "同意", COUNTY_TURN + HOUR)
    bring(office, CITY_TURN)
    reply(office, CITY, "同意", CITY_TURN + HOUR)
    from tests.small_office import DIRECT

    send(office, DIRECT, at("2021-03-19T08:00"), rows=3)  # directly under the city
    bring(office, at("2021-03-19T09:00"))
    assert states(office) == {CITY: "asked", COUNTY: "signed"}
    moved = [each for each in entries(office, CITY) if each.deed is Deed.MOVE][-1].detail["moved"]
    assert ["ledger.rows", 2, 4] in moved
    assert len(requests_to(office, COUNTY)) == 1
    again = requests_to(office, CITY)[-1].get_body(("plain",)).get_content()
    assert "问题排查台账：条数：2 改为 4" in again
    send(office, DIRECT, at("2021-03-19T10:00"), rows=2)
    reply(office, CITY, "同意", at("2021-03-19T10:30"))
    bring(office, at("2021-03-19T11:00"))
    assert (states(office)[CITY], len(requests_to(office, CITY))) == ("stale", 2)  # one mail a day
    assert frozen_reviews(office)[CITY] == "stale"


def test_an_answer_to_an_earlier_request_signs_nothing(office):
    bring(office, COUNTY_TURN)
    reply(office, COUNTY, "同意", COUNTY_TURN + HOUR)
    send(office, OTHER, at("2021-03-18T08:00"))
    bring(office, at("2021-03-18T09:00"))
    reply(office, COUNTY, "同意", at("2021-03-18T10:00"), number=0)
    assert states(office) == {COUNTY: "asked"}
    reply(office, COUNTY, "同意", at("2021-03-18T10:30"))
    assert states(office) == {COUNTY: "signed"}


def test_what_cannot_be_understood_is_answered_with_how_to_answer(office):
    bring(office, COUNTY_TURN)
    reply(office, COUNTY, "收到，谢谢", COUNTY_TURN + HOUR)
    assert states(office) == {COUNTY: "asked"}
    words = office.mails("sign-answer")[0].get_body(("plain",)).get_content()
    assert "没有看到“同意”“退回”或“暂缓”" in words
    reply(office, COUNTY, "暂缓：等局长办公会", COUNTY_TURN + 2 * HOUR)
    assert states(office) == {COUNTY: "deferred"}
    assert entries(office, COUNTY)[-1].detail["reason"] == "等局长办公会"


def test_the_form_answers_as_the_mail_does(office):
    bring(office, COUNTY_TURN)
    part = list(requests_to(office, COUNTY)[0].iter_attachments())[-1]
    book = load_workbook(BytesIO(part.get_content()))
    sheet = book["审核签报"]
    sheet["B4"] = "退回"
    row = next(row for row in sheet.iter_rows() if row[0].value == SCHOOL)
    row[3].value = "第五条没有责任人"
    written = BytesIO()
    book.save(written)
    reply(office, COUNTY, "意见见附件。", COUNTY_TURN + HOUR, form=written.getvalue())
    assert states(office) == {COUNTY: "returned"}
    assert entries(office, COUNTY)[-1].detail["units"] == [{"code": SCHOOL, "reason": "第五条没有责任人"}]


def test_only_the_office_itself_or_who_acts_for_it_that_day_may_sign(office):
    from tasks.signers import name_acting

    bring(office, COUNTY_TURN)
    reply(office, COUNTY, "同意", COUNTY_TURN + HOUR, by="deputy@x.invalid")
    assert states(office) == {COUNTY: "asked"}
    name_acting(
        "first",
        COUNTY,
        "deputy@x.invalid",
        date(2021, 3, 15),
        date(2021, 3, 18),
        reason="局长出差",
        by="办公室",
        as_of=COUNTY_TURN,
    )
    reply(office, COUNTY, "同意", COUNTY_TURN + 2 * HOUR, by="deputy@x.invalid")
    assert (states(office), entries(office, COUNTY)[-1].by) == ({COUNTY: "signed"}, "deputy@x.invalid")
    bring(office, CITY_TURN)
    reply(office, CITY, "同意", CITY_TURN + HOUR, by=f"{SCHOOL}@x.invalid")
    assert states(office)[CITY] == "asked"


def test_a_signature_on_paper_is_recorded_with_its_evidence(office):
    from tasks.signers import sign_on_paper

    assert sign_on_paper("first", COUNTY, "deploy", by="局办公室", evidence="签报单第12号", as_of=COUNTY_TURN + HOUR)
    assert not sign_on_paper(
        "first", COUNTY, "deploy", by="局办公室", evidence="签报单第12号", as_of=COUNTY_TURN + HOUR
    )
    signed = entries(office, COUNTY)[-1]
    assert (signed.deed, signed.by, signed.detail["evidence"]) == (Deed.AGREE, "局办公室", "签报单第12号")


def test_the_record_is_only_added_to(both):
    bring(both, COUNTY_TURN)
    for statement in ("UPDATE signature SET by = ''", "DELETE FROM signature"):
        with pytest.raises(DBAPIError, match="append-only"), both.store.write() as connection:
            connection.execute(text(statement.replace(" by", ' "by"')))


def test_a_campaign_without_the_chain_asks_nobody(tmp_path, monkeypatch):
    from tests.small_office import make_campaign, opened

    with opened(tmp_path, [make_campaign("first", 2021, sign_off=["county", "city"])], monkeypatch) as (only,):
        only.open("deploy", at("2021-03-01"))
        for moment in (COUNTY_TURN, CITY_TURN, ROOT_TURN, FROZEN):
            bring(only, moment)
        assert (only.mails("sign-ask"), frozen_reviews(only)) == ([], {})


def status(office) -> dict:
    from oneledger.store import assignments

    with office.store.read() as connection:
        found = assignments.of_phase(connection, "first", "deploy")
    return {
        each.unit: (each.status, each.in_correction, each.is_late) for each in found if each.unit in (SCHOOL, OTHER)
    }


@pytest.mark.parametrize(("words", "expected"), [
    ("同意", SignAnswer(Deed.AGREE)),
    ("您好：\n经审核，同意上报。\n某局", SignAnswer(Deed.AGREE)),
    ("不同意", NOTHING),
    ("同意吗？", NOTHING),
    ("请问怎么答复", NOTHING),
    ("> 同意", NOTHING),
    ("暂缓，等会议", SignAnswer(Deed.DEFER, reason="等会议")),
    ("退回：2121000001 数字不符；210102 缺项", SignAnswer(Deed.RETURN, (("2121000001", "数字不符"), ("210102", "缺项")))),
    ("退回\n1. 望湖路小学（2121000001）：数字不符\n谢谢", SignAnswer(Deed.RETURN, (("2121000001", "数字不符"),))),
    ("退回", Unclear("请写明退回哪些单位和理由。")),
    ("退回 望湖路小学", Unclear("请写明退回望湖路小学（2121000001）的理由。")),
    ("退回 柳林小学 缺项", Unclear("有 2 个单位叫“柳林小学”，请写单位代码。")),
    ("退回 2121000009 缺项", Unclear("2121000009 不在本单位以下。")),
    ("退回 某校 缺项", Unclear("没有找到“某校 缺项”所指的单位，请写单位代码。")),
])  # fmt: skip
def test_the_first_lines_above_the_quote_are_the_answer(words, expected):
    assert read_sign_answer(words, BELOW) == expected


def entry(deed: Deed, digest: str = "a", number: int = 1) -> Entry:
    return Entry(number, "p", "m", "u", deed, at("2021-03-17"), "x", digest, {"due_at": "2021-03-18T17:00:00+08:00"})


@given(st.lists(st.tuples(st.sampled_from(Deed), st.sampled_from("ab")), max_size=12))
def test_no_sequence_of_deeds_leaves_the_table(deeds):
    """And whoever counts as signed has signed the figures last asked about, after he was asked about them."""
    standing = Standing()
    for deed, digest in deeds:
        before = standing
        standing = after(standing, entry(deed, digest))
        assert standing is before or standing.state is MOVES[before.state][deed]
        if standing.state is State.SIGNED and standing.asked is not None and before.state is not State.SIGNED:
            assert standing.signed is not None
            assert standing.signed.digest == standing.asked.digest


@settings(max_examples=1000)
@given(
    st.lists(st.sampled_from(Deed), max_size=4),
    st.sampled_from("ab"), st.integers(0, 30), st.booleans(), st.booleans(),
)  # fmt: skip
def test_a_second_look_of_the_same_moment_finds_nothing_more_to_do(deeds, digest_now, hours, is_mended, is_frozen):
    """Issue 5 of 6, done when 4: nor does another worker that looks at once. Found by two with 300 schools: the one
    recorded that signed figures had moved, the other let the office's time pass."""
    turn, standing = Turn("city", at("2021-03-17"), at("2021-03-17T12:00")), Standing()
    for deed in deeds:
        standing = after(standing, replace(entry(deed), detail={"due_at": turn.due_at.isoformat()}))
    as_of = at("2021-03-17") + HOUR * hours

    def looked(standing: Standing) -> Standing:
        step = next_steps(standing, turn, digest_now, as_of, CHINA, is_mended=is_mended, is_frozen=is_frozen)
        told = {Deed.MOVE: step.moved, Deed.ASK: step.asks, Deed.LAPSE: step.lapses}
        for deed in (each for each, is_so in told.items() if is_so):
            detail = {"due_at": (turn.due_at if as_of < turn.due_at else at("2021-03-20T17:00")).isoformat()}
            standing = after(standing, Entry(9, "p", "m", "u", deed, as_of, "x", digest_now, detail))
        return standing

    once = looked(standing)
    assert looked(once) == once


def test_frozen_figures_are_reviewed_only_where_these_very_figures_were_signed():
    signed = after(after(Standing(), entry(Deed.ASK)), entry(Deed.AGREE))
    assert [reviewed_state(signed, digest).value for digest in "ab"] == ["signed", "stale"]
    assert reviewed_state(None, "a") is State.UNREVIEWED
    assert reviewed_state(after(Standing(), entry(Deed.ASK)), "a") is State.UNREVIEWED


def test_what_moved_is_told_figure_by_figure():
    before = Rollup({"ledger.rows": 3}, {"ledger": 2}, Coverage(returned=2, missing=1))
    now = Rollup({"ledger.rows": 5}, {"ledger": 3}, Coverage(returned=3))
    assert moved_figures(before, now) == [
        ("answered.ledger", 2, 3), ("coverage.missing", 1, 0), ("coverage.returned", 2, 3), ("ledger.rows", 3, 5),
    ]  # fmt: skip


@pytest.mark.parametrize(("address", "day", "expected"), [
    ("signer@x", 17, True), ("OTHER@x", 17, False), ("deputy@x", 17, True), ("deputy@x", 19, False), ("nobody@x", 17, False),
])  # fmt: skip
def test_where_contacts_carry_roles_only_the_signer_signs(address, day, expected):
    contacts = (Contact("甲", "other@x"), Contact("乙", "signer@x", role="signer"))
    acting = Acting("u", "deputy@x", date(2021, 3, 16), date(2021, 3, 18), "出差", "办公室", at("2021-03-16"))
    assert may_sign(address, contacts, [acting], date(2021, 3, day)) is expected
    assert may_sign("other@x", contacts[:1], [], date(2021, 3, day))
