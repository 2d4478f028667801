"""What the tests of the rehearsal share: Liaoning's campaign with its forms, a small province, its workbooks."""

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from oneledger.adapters.workbook_master import build_master
from oneledger.adapters.workbook_stamp import prepare, stamp
from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.campaigns import Campaign
from oneledger.domain.forms import Form
from oneledger.domain.launch_plan import frozen_units
from oneledger.domain.unit_tree import UnitTree
from oneledger.domain.units import Contact
from oneledger.domain.work_calendar import WorkCalendar
from oneledger.domain.workbooks import Fill, WorkbookSpec
from oneledger.settings import Settings, load_calendar, load_campaign, load_form
from rehearsal.authoring import Piece
from rehearsal.obligations import Definitions, World
from rehearsal.province import make_province

CONFIG = Settings().config
CHINA = ZoneInfo("Asia/Shanghai")
WRITTEN_ON = {"deploy": date(2021, 3, 11), "rectify": date(2021, 6, 9), "inspect": date(2021, 7, 8)}
DUE_ON = {"deploy": date(2021, 3, 15), "rectify": date(2021, 6, 11), "inspect": date(2021, 7, 9)}


@cache
def campaign() -> Campaign:
    return load_campaign(CONFIG, "liaoning-2021")


@cache
def forms() -> dict[str, Form]:
    references = {"cover-v1", *(form for each in campaign().deliverables for form in each.forms)}
    return {reference: load_form(CONFIG, reference) for reference in sorted(references)}


@cache
def definitions() -> Definitions:
    return Definitions(campaign(), forms())


@cache
def calendar() -> WorkCalendar:
    return load_calendar(CONFIG)


def world(schools: int, seed: int, exempt: dict[str, str] | None = None) -> World:
    units = frozen_units(UnitTree(make_province(schools, seed)), exempt or {})
    return World(definitions(), {unit.code: unit for unit in units}, calendar())


def make_unit(level: str = "school", code: str = "2121000001", **changes: object) -> CampaignUnit:
    stage = "小学" if level == "school" else ""
    contacts = (Contact("", f"{code}@rehearsal.invalid"),)
    return CampaignUnit(code, f"测试单位{code[-2:]}", level, "210102", stage, contacts=contacts, **changes)  # type: ignore[arg-type]


def make_piece(deliverable: str, unit: CampaignUnit, **changes: object) -> Piece:
    phase = campaign().deliverable(deliverable).phase
    history = (make_piece("school-deploy", unit),) if deliverable == "school-rectify" else ()
    return Piece(deliverable, unit, DUE_ON[phase], WRITTEN_ON[phase], history=history, **changes)  # type: ignore[arg-type]


@cache
def _plan(deliverable: str, level: str):
    phase = campaign().phase(campaign().deliverable(deliverable).phase)
    cover, *sheets = definitions().forms_of(deliverable, level)
    head = (campaign().title, campaign().document_no, phase.title, level)
    spec = WorkbookSpec(campaign().campaign, phase.phase, *head, cover, tuple(sheets))
    return spec, prepare(build_master(spec), spec)


def stamped(deliverable: str, unit: CampaignUnit, rows: dict[str, list[dict]] | None = None) -> tuple[bytes, Fill]:
    """The workbook as the pipeline would send it to the unit."""
    spec, plan = _plan(deliverable, unit.level)
    known = {"unit.code": unit.code, "unit.name": unit.name, "about.code": unit.code, "about.name": unit.name}
    facts = {
        form.form: {fact.key: known[fact.prefill] for fact in form.facts if fact.prefill in known}
        for form in spec.sheets
    }
    fill = Fill("t" * 29, unit.code, unit.name, facts, rows or {})
    return stamp(plan, fill), fill


def printed_rows(known: list[dict], unit: CampaignUnit) -> dict[str, list[dict]]:
    """The unit's problems as the rectification sheet prints them, with the numbers that the pipeline gives."""
    rows = [dict(row) | {"problem_no": f"{unit.code}-2021-{n:04}", "state": "未启动"} for n, row in enumerate(known, 1)]
    return {"rectify": rows}


def at(month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(2021, month, day, hour, minute, tzinfo=CHINA)
