"""The simulated units: they read their mail, answer in campaign time as stated, and leave a true account behind."""

import random
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import parseaddr
from pathlib import Path

import pytest

from oneledger.adapters.mail_parse import parse_mail
from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.units import Contact
from rehearsal.authoring import Job
from rehearsal.behaviours import (
    BEHAVIOURS,
    MIX,
    SCHOOL_MIX,
    UPPER_MIX,
    VERDICTS,
    Fault,
    Mix,
    Timing,
    Window,
    draw_behaviour,
    moment_of,
    reaction_at,
)
from rehearsal.manifest import read_manifest, standing
from rehearsal.obligations import World, owings
from rehearsal.papers import Paper
from rehearsal.post_office_client import running_post_office
from rehearsal.posting import Writers
from rehearsal.replies import CLIENTS, Answer, Enclosure, compose_reply
from rehearsal.village import Village
from tests.rehearsal_office import ADDRESS, PlainOffice
from tests.rehearsal_world import (
    CHINA,
    at,
    calendar,
    campaign,
    definitions,
    forms,
    make_piece,
    make_unit,
    stamped,
    world,
)

SCHOOLS, SEED = 36, 591  # of the seeds tried, the first with which so few schools show every behaviour
EVERYTHING = Mix(dict.fromkeys(SCHOOL_MIX, 1 / len(SCHOOL_MIX)), {"on_time": 1.0})
PUNCTUAL = Mix({"on_time": 1.0}, {"on_time": 1.0})
LOOKS = [
    at(2, 24), at(3, 2), at(3, 5), at(3, 9), at(3, 10, 17, 5), at(3, 12), at(3, 15), at(3, 16, 9, 30), at(3, 18),
    at(3, 19, 17, 5), at(3, 25, 17), at(4, 2, 17), at(5, 24), at(6, 2), at(6, 8), at(6, 10), at(6, 11, 17, 5),
    at(6, 16), at(6, 18, 17, 5), at(6, 30, 17), at(7, 2, 17),
]  # fmt: skip
REMINDERS = {at(3, 12), at(6, 8)}


def small_world(schools: int) -> World:
    """One county with schools, under a city and the province."""
    stages = ("小学", "初中", "高中", "九年一贯制")

    def unit(code: str, name: str, level: str, parent: str | None, stage: str = "") -> CampaignUnit:
        contacts = (Contact("", f"u{code}@rehearsal.invalid"),)
        return CampaignUnit(code, name, level, parent, stage, county="210102", contacts=contacts)

    units = [unit("210000", "辽宁省", "province", None), unit("210100", "沈阳市", "city", "210000")]
    units.append(unit("210102", "和平区", "county", "210100"))
    units += [
        unit(f"21210{n:05}", f"松山第{n}学校", "school", "210102", stages[n % len(stages)])
        for n in range(1, schools + 1)
    ]
    return World(definitions(), {each.code: each for each in units}, calendar())


class Story:
    """A campaign's first two phases lived through once."""

    def __init__(self, directory: Path, place: World, mix: Mix, seed: int, looks: list[datetime]) -> None:
        self.directory, self.place = directory, place
        with running_post_office(directory) as post, WorkbookReader() as reader:
            village = Village(
                directory, units=place.units.values(), campaign=campaign(), forms=forms(), calendar=calendar(),
                seed=seed, post=post, mix=mix, processes=1,
            )  # fmt: skip
            self.office = PlainOffice(place, post, reader)
            with village:
                self.tallies = []
                for moment in looks:
                    self.tallies.append(village.act(moment))
                    self.office.look(moment, reminds=moment in REMINDERS)
                self.lines = list(read_manifest(village.write_manifest()))
                self.complaints = village.complaints

    def mails(self) -> list[tuple[datetime, bytes]]:
        files = sorted((self.directory / "collect/new").iterdir())
        return [(datetime.fromtimestamp(file.stat().st_mtime, CHINA), file.read_bytes()) for file in files]


@pytest.fixture(scope="module")
def story(tmp_path_factory) -> Story:
    return Story(tmp_path_factory.mktemp("village"), small_world(SCHOOLS), EVERYTHING, SEED, LOOKS)


def test_every_unit_is_told_what_it_expects_to_be_told(story):
    """Nothing wrong in the workbooks received, no correction of what was right, nobody asked who owes nothing."""
    assert story.complaints == []


def test_each_answer_meets_the_verdict_its_behaviour_states(story):
    stated = Counter(each["verdict"] for line in story.lines if not line["is_document"] for each in line["answers"])
    assert story.office.verdicts == {name: stated[name] for name in ("accepted", "returned", "refused")}
    assert story.office.strangers == stated["person"] > 0


def test_what_counts_in_the_end_is_what_the_manifest_says(story):
    """Status, moment and every figure of every return."""
    end = LOOKS[-1]
    for line in story.lines:
        if line["is_document"]:
            continue
        stands, taken = standing(line, end), story.office.taken.get((line["deliverable"], line["unit"]))
        assert (stands.answer is None) == (taken is None), line["unit"]
        if taken is not None and stands.answer is not None:
            counted = line["answers"][stands.answer]
            assert (counted["at"], stands.status == "zero") == (taken.at.isoformat(), taken.is_zero)
            both = counted["figures"].keys() | taken.figures.keys()
            assert {k: counted["figures"].get(k, 0) for k in both} == {k: taken.figures.get(k, 0) for k in both}


def test_all_behaviours_of_the_mix_were_seen(story):
    seen = {line["behaviour"] for line in story.lines}
    assert set(SCHOOL_MIX) - seen == set()


@pytest.mark.parametrize(
    ("behaviour", "verdicts"),
    [
        ("never", [()]),
        ("bounce", [()]),
        ("faulty_never_mended", [("returned",)]),
        ("wrong_version", [("refused", "accepted")]),
        ("vague_number", [("returned", "accepted")]),
        ("two_answers", [("accepted", "accepted")]),
        ("faulty_second", [("accepted", "returned")]),
        ("colleagues_file", [("person", "accepted")]),
        ("answers_only_after_reminder", [("accepted",)]),
    ],
)
def test_a_behaviour_leads_to_its_answers(story, behaviour, verdicts):
    found = {
        tuple(each["verdict"] for each in line["answers"])
        for line in story.lines
        if line["behaviour"] == behaviour and line["level"] == "school"
    }
    assert found == set(verdicts)


def test_the_last_valid_answer_counts_and_a_faulty_later_one_does_not(story):
    for line in story.lines:
        if line["behaviour"] in ("two_answers", "faulty_second"):
            place = {"two_answers": 1, "faulty_second": 0}[line["behaviour"]]
            assert standing(line, LOOKS[-1]).answer == place
    two = next(line for line in story.lines if line["behaviour"] == "two_answers")
    assert two["answers"][0]["figures"] != two["answers"][1]["figures"]


def test_only_schools_with_open_problems_are_asked_to_rectify(story):
    owed = {line["unit"] for line in story.lines if line["deliverable"] == "school-rectify"}
    told = {
        line["unit"]
        for line in story.lines
        if line["deliverable"] == "school-deploy"
        and (answer := standing(line, at(5, 24)).answer) is not None
        and line["answers"][answer]["figures"]["ledger.rows"] + line["answers"][answer]["figures"]["selfcheck.opened"]
    }
    assert owed == told


def test_mail_carries_the_moment_it_was_sent_in_office_hours(story):
    times = {each["at"] for line in story.lines for each in line["answers"]}
    received = {moment.isoformat() for moment, mail in story.mails() if b'boundary="----=_NextPart_' in mail}
    assert received == times
    assert all(8 <= datetime.fromisoformat(moment).hour <= 21 for moment in times)


def test_answers_are_replies_from_the_units_own_box(story):
    boxes = {contact.email for unit in story.place.units.values() for contact in unit.contacts}
    for _, raw in story.mails():
        mail = message_from_bytes(raw)
        if mail["X-Mailer"] and not mail["Auto-Submitted"]:
            assert parseaddr(mail["From"])[1] in boxes
            assert parseaddr(mail["To"])[1] == ADDRESS
            assert mail["In-Reply-To"] in mail["References"]
            assert "请报送" in str(make_header(decode_header(mail["Subject"])))


def test_dead_boxes_bounce_and_holiday_boxes_reply_by_themselves(story):
    raw = [mail for _, mail in story.mails()]
    assert any(b"multipart/report" in mail for mail in raw)
    assert any(b"Auto-Submitted: auto-replied" in mail and b"X-Autoreply" in mail for mail in raw)


def test_the_city_sends_its_plan_with_its_first_answer(story):
    plan = next(line for line in story.lines if line["deliverable"] == "city-plan")
    assert [each["verdict"] for each in plan["answers"]] == ["accepted"]
    assert any(b"word/document.xml" in mail or ".docx" in str(parse_mail(mail).parts) for _, mail in story.mails())


def test_a_manifest_tells_how_a_return_must_stand_in_each_snapshot(story):
    """The city's own deadline is the first snapshot; what is due later is not yet spoken of there."""
    keys = {line["deliverable"]: set(line["expected"]) for line in story.lines}
    assert keys["city-deploy"] == {"deploy-0310", "deploy-0319"}
    assert keys["school-deploy"] == {"deploy-0319"}
    late = next(line for line in story.lines if line["behaviour"] == "late" and line["deliverable"] == "school-deploy")
    assert late["expected"]["deploy-0319"] == {"status": "returned", "is_late": True, "in_correction": False}
    after = next(line for line in story.lines if (line["behaviour"], line["phase"]) == ("very_late", "deploy"))
    assert after["expected"]["deploy-0319"]["status"] == "missing"


def test_the_same_seed_lives_the_same_life(tmp_path):
    """But for names of files, which no answer depends on."""
    looks = [at(2, 24), at(3, 9), at(3, 19, 17, 5)]
    one, two = (Story(tmp_path / name, small_world(4), EVERYTHING, 5, looks).lines for name in ("one", "two"))
    assert one == two


def test_many_workbooks_go_in_several_mails_and_each_is_about_its_own_school(tmp_path):
    """The city answers about every school drawn for inspection."""
    place = small_world(12)
    looks = [at(6, 23), at(7, 2), at(7, 15, 17, 5)]
    story = Story(tmp_path, place, PUNCTUAL, 1, looks)
    drawn = {line["unit"] for line in story.lines if line["deliverable"] == "inspection"}
    assert drawn == {each.unit for each in owings(place, "inspect", set()) if each.deliverable == "inspection"}
    city = [mail for _, mail in story.mails() if b"u210100@" in mail]
    assert story.complaints == []
    assert sum(len([part for part in parse_mail(mail).parts if part.filename]) for mail in city) >= len(drawn)


@pytest.mark.parametrize("at_a_time", [7, 16, 400])
def test_many_processes_write_what_one_would(tmp_path, monkeypatch, at_a_time):
    """Byte for byte, in the order given, however many are written while others are sent."""
    monkeypatch.setattr("rehearsal.posting._BATCH", at_a_time)
    unit = make_unit()
    content, _ = stamped("school-deploy", unit)
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"], mail["Message-ID"] = "collect@ledger.invalid", "<1@x>"
    mail.set_content("请报送")
    mail.add_attachment(content, maintype="application", subtype="octet-stream", filename="QL01.xlsx")
    (tmp_path / "ask").write_bytes(bytes(mail))
    piece = make_piece("school-deploy", unit)
    jobs = [
        Job(
            at(3, 9, 8 + n % 9, 10),
            unit,
            "ask",
            "ask",
            "ask",
            (replace(piece, variant=n),),
            (Paper("实施方案", ("docx",)),),
        )
        for n in range(40)
    ]
    writers = Writers(definitions(), 7, tmp_path, openpyxl_share=0.0, processes=2)
    try:
        written = list(writers.written(jobs))
    finally:
        writers.close()
    assert [job for job, _ in written] == jobs
    assert [letter for _, letter in written] == [writers.author.write(job) for job in jobs]


def test_weights_are_stated_and_sum_to_one():
    assert sum(SCHOOL_MIX.values()) == pytest.approx(1)
    assert sum(UPPER_MIX.values()) == pytest.approx(1)
    assert set(SCHOOL_MIX) == set(BEHAVIOURS)
    with pytest.raises(ValueError, match="sum to 1"):
        Mix({"on_time": 0.9}, {"on_time": 1.0})


def test_the_mix_is_drawn_in_its_proportions_and_dead_boxes_stay_dead():
    drawn = [draw_behaviour(MIX.schools, 7, f"21210{n:05}", "deploy").name for n in range(4000)]
    assert abs(Counter(drawn)["on_time"] / 4000 - SCHOOL_MIX["on_time"]) < 0.03
    dead = [n for n, name in enumerate(drawn) if name == "bounce"]
    assert dead
    assert all(draw_behaviour(MIX.schools, 7, f"21210{n:05}", "rectify").name == "bounce" for n in dead)


@pytest.mark.parametrize("timing", [timing for timing in Timing if timing is not Timing.WHEN_REMINDED])
def test_moments_lie_where_their_names_say(timing):
    window = Window(at(2, 24), at(3, 15, 17), at(3, 19, 17))
    for seed in range(200):
        moment = moment_of(timing, window, calendar(), random.Random(seed))
        assert moment is not None
        assert calendar().is_working_day(moment.date())
        if timing is Timing.LATE:
            assert window.due_at < moment < window.top_at
        elif timing is Timing.VERY_LATE:
            assert window.top_at < moment < window.top_at + timedelta(days=14)
        else:
            assert window.opens_at < moment < window.due_at


def test_a_unit_reacts_within_two_days_and_never_at_night():
    for seed in range(200):
        moment = reaction_at(at(3, 12, 17), random.Random(seed))
        assert at(3, 12, 17) < moment < at(3, 14, 12)
        assert 8 <= moment.hour <= 20


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_a_reply_of_each_mail_program_can_be_read(client):
    answered = {
        "reply-to": "<collect+tok@ledger.invalid>", "message-id": "<a@b>", "references": "<r@b>",
        "subject": "请报送：部署摸底材料（3月15日17:00前） [#K7Q2-9XM4]", "from": "办公室 <c@ledger.invalid>",
    }  # fmt: skip
    name = "QL01_2121000001_沈阳市和平区松山喆堃学校排查台账、基本情况和自查表（学校）.xlsx"
    files = [Enclosure(name, b"PK\x03\x04" + bytes(range(256)) * 9)]
    answer = Answer(answered, "沈阳市和平区喆堃学校", "u1@rehearsal.invalid", at(3, 9, 10, 10), "请查收。", files)
    parsed = parse_mail(compose_reply(client, answer))
    assert (parsed.sender_address, parsed.sender_name) == ("u1@rehearsal.invalid", "沈阳市和平区喆堃学校")
    assert parsed.recipients == ("collect+tok@ledger.invalid",)
    assert (parsed.in_reply_to, parsed.references) == ("<a@b>", ("<r@b>", "<a@b>"))
    assert parsed.subject == client.answer.rstrip() + (" " if client.answer.endswith(" ") else "") + answered["subject"]
    assert "请查收。" in parsed.text
    file = next(part for part in parsed.parts if part.filename)
    assert (file.filename, file.content) == (name, files[0].content)


def test_every_fault_has_its_verdict():
    assert set(VERDICTS) == set(Fault)


def test_exempt_units_owe_but_are_not_asked():
    place = world(30, 3, {})
    code = next(unit.code for unit in place.units.values() if unit.level == "school")
    excused = world(30, 3, {code: "停办"})
    owed = [each for each in owings(excused, "deploy", set()) if each.unit == code]
    assert [each.deliverable for each in owed] == ["school-deploy"]
