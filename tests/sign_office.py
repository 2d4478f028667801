"""A small office whose campaign asks for signatures: county two days before the report, city one, province on the day."""

from contextlib import contextmanager
from email.message import EmailMessage

from oneledger.domain.signoff import standings
from oneledger.store import signatures, snapshots
from tests.small_office import CITY, COUNTY, DIRECT, ROOT, SCHOOL, at, make_campaign, opened
from tests.test_problem_life import checked, problem

CHAIN = [{"level": "county", "days": 2}, {"level": "city", "days": 1}, {"level": "province", "days": 0, "at": "12:00"}]
ASKED_ON, RETURNED_ON = at("2021-03-01"), at("2021-03-05T09:00")
COUNTY_TURN, CITY_TURN, ROOT_TURN = at("2021-03-17T17:00"), at("2021-03-18T17:00"), at("2021-03-19T12:00")
FROZEN = at("2021-03-19T17:00")
KEY = "deploy-0319"
OFFICES = {ROOT: "r", CITY: "c", COUNTY: "x"}


@contextmanager
def signing_office(folder, monkeypatch, url: str = "", **changes):
    made = make_campaign("first", 2021, sign_off=CHAIN, **changes)
    with opened(folder, [made], monkeypatch, url) as (only,):
        asked = only.open("deploy", ASKED_ON)
        only.asked = asked
        for unit in (SCHOOL, DIRECT):
            send(only, unit)
        yield only


def send(office, unit: str, when=RETURNED_ON, rows: int = 1) -> None:
    """The unit's sound return, with so many problems."""
    said = {
        "facts": {"ledger": {"zero_flag": "否"}},
        "rows": {"ledger": [problem(n + 1) for n in range(rows)], "selfcheck": checked()},
    }
    office.answer(office.asked[unit], "find", unit, when, **said)


def bring(office, when) -> None:
    from tasks.sign_asking import asked_to_sign
    from tasks.signing import sign_due

    for wanted in sign_due(office.name, "deploy", when):
        asked_to_sign(office.name, wanted, wanted.offices, when)


def requests_to(office, unit: str, notice: str = "sign-ask") -> list[EmailMessage]:
    return [each for each in office.mails(notice) if each["To"].addresses[0].username == unit]


def reply(
    office,
    unit: str,
    text: str,
    when,
    *,
    by: str = "",
    number: int = -1,
    form: bytes | None = None,
    notice: str = "sign-ask",
) -> None:
    asked = requests_to(office, unit, notice)[number]
    mail = EmailMessage()
    mail["From"] = by or f"{unit}@x.invalid"
    mail["To"], mail["Subject"], mail["In-Reply-To"] = (
        asked["Reply-To"],
        f"回复：{asked['Subject']}",
        asked["Message-ID"],
    )
    mail["Message-ID"] = f"<sign-{unit}-{office.answered}@x.invalid>"
    mail.set_content(f"{text}\n\n------------------ 原始邮件 ------------------\n发件人: 我们\n")
    if form is not None:
        mail.add_attachment(form, maintype="application", subtype="octet-stream", filename="审核签报表.xlsx")
    office.take(mail, when)


def states(office) -> dict[str, str]:
    with office.store.read() as connection:
        found = standings(signatures.of_campaign(connection, office.name))
    return {code: found[KEY, code].state.value for code in OFFICES if (KEY, code) in found}


def entries(office, unit: str) -> list:
    with office.store.read() as connection:
        return [each for each in signatures.of_campaign(connection, office.name, KEY) if each.unit == unit]


def frozen_reviews(office) -> dict[str, str]:
    from tasks.editions import edition
    from tasks.publishing import freeze_due

    freeze_due(office.name, "deploy", FROZEN)
    with office.store.read() as connection:
        frozen = snapshots.found(connection, office.name, KEY)
    return {code: review.state.value for code, review in edition(office.here, frozen).reviews.items()}
