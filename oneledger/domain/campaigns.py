"""A campaign as data: phases, duties, what is returned by whom until when. config/campaigns/<campaign>.yaml."""

from datetime import date, time
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field as Key, model_validator

from oneledger.domain.expressions import compiled
from oneledger.domain.forms import Definition, LevelName
from oneledger.domain.vacations import Vacation

Slug = Annotated[str, Key(pattern=r"^[a-z0-9][a-z0-9-]*$")]
FormReference = Annotated[str, Key(pattern=r"^[a-z][a-z0-9]*-v[0-9]+$")]


INCIDENT = "incident"  # stands where a phase stands, in mails and workbooks outside the phases


class PhaseKind(StrEnum):
    DEPLOY = "deploy"
    RECTIFY = "rectify"
    INSPECT = "inspect"


class RestDayRule(StrEnum):
    KEEP = "keep"
    PREVIOUS = "previous"
    NEXT = "next"


class Office(Definition):
    """Who receives a duty's deliverables. Roles and office numbers only, never a private person's."""

    name: str
    contact: str = ""


class ShiftBounds(Definition):
    """Between which days a unit may put its own date of a phase, around its vacation (002-4)."""

    earliest: date
    latest: date
    levels: tuple[LevelName, ...] = ("school",)

    @model_validator(mode="after")
    def _in_order(self) -> "ShiftBounds":
        if self.latest < self.earliest:
            raise ValueError("latest is before earliest")
        return self


class Phase(Definition):
    phase: Slug
    kind: PhaseKind
    title: str
    opens_on: date | None = None  # the day its mails go out
    ends_on: date | None = None
    may_shift: ShiftBounds | None = None
    school_draft: Annotated[str, Key(pattern=r"^[a-z][a-z0-9_]*$")] | None = None
    """The outline and page (templates/reports) of each school's own report, drafted to go with its last receipt."""
    source: str = ""


class Duty(Definition):
    """One numbered line of the task list (工作任务). done_by: the work; report_by: the return to the top level."""

    duty: int
    phase: Slug
    text: str
    actors: tuple[str, ...]  # levels, or a body such as 督导办
    done_by: date | None = None
    report_by: date | None = None
    office: Office | None = None
    rest_day: RestDayRule = RestDayRule.PREVIOUS
    is_fixed: bool = False  # its date stands where units shift the phase (002-16)
    lead_days: dict[LevelName, int] | None = None  # where this duty's differ from the campaign's (002-16)
    source: str = ""


class Respondents(Definition):
    """Who owes a deliverable. Exactly one way to choose the units it is about; ``answered_by`` says whose mail box."""

    levels: tuple[LevelName, ...] = ()  # every unit of these levels
    sample: str | None = None  # the units drawn by this sampling plan
    directly_under: LevelName | None = None  # narrow to units whose collector is of that level (002-1 直属学校)
    with_open_problems: bool = False  # narrow to units that have problems not yet closed
    with_closed_problems: bool = False  # narrow to units with closed ones: the sheet prints these, to be looked back at
    with_earlier_incidents: bool = False  # narrow to units marked so in the list of units (004-A4 回头看)
    answered_by: LevelName | None = None  # an ancestor of that level answers about the unit (inspection)


class PictureLimits(Definition):
    """Of the pictures of one return: of a set of photographs, or inside one document (002-16)."""

    at_least: int = Key(0, ge=0)
    at_most: int = Key(10, ge=1)
    most_mb: float = Key(10, gt=0)  # of one picture sent as a file
    least_side: int = Key(600, ge=1)  # points of its longer side, to be seen in print


class TextCheck(StrEnum):
    """What a document's text is looked through for; each finding is a question, never a refusal."""

    PLACEHOLDERS = "placeholders"  # X, XX, 〔 〕 left to be filled (003-3)
    NAMES = "names"  # another unit's name (003-4)
    DOCUMENT_NUMBERS = "document-numbers"  # (003-1)
    FIGURES = "figures"  # numbers that differ from the unit's own returns
    COPIED = "copied"  # text of another unit's document (003-13)


class Deliverable(Definition):
    """报送材料: one workbook of one or more forms, or a document. One assignment per respondent."""

    deliverable: Slug
    title: str
    phase: Slug
    duty: int
    kind: Literal["workbook", "document"] = "workbook"
    respondents: Respondents
    forms: tuple[FormReference, ...] = ()
    formats: tuple[str, ...] = ()  # for documents: docx, pdf, jpg …
    called: tuple[str, ...] = ()  # words of such a file's name or title that tell it from the other documents
    sealed: bool = False  # a scan or photograph with the seal is owed too; it need not come together with the file
    at_least: int = Key(1, ge=0)  # documents a unit
    at_most: int = Key(1, ge=1)
    is_soft: bool = False  # 原则上: who sends fewer is asked, not named as late (001-22)
    pictures: PictureLimits | None = None
    checks: tuple[TextCheck, ...] = ()
    is_compiled: bool = False  # the volume (汇编) holds it (001-22)
    source: str = ""

    @model_validator(mode="after")
    def _forms_belong_to_workbooks(self) -> "Deliverable":
        if (self.kind == "workbook") != bool(self.forms):
            raise ValueError("forms belong to kind: workbook, and are required there")
        return self

    @model_validator(mode="after")
    def _texts_belong_to_documents(self) -> "Deliverable":
        if self.kind == "workbook" and (self.formats or self.checks or self.is_compiled or self.pictures):
            raise ValueError("formats, pictures, checks and is_compiled belong to kind: document")
        if self.at_most < self.at_least:
            raise ValueError("at_most is less than at_least")
        return self


class Rung(Definition):
    """One step of the reminder ladder, in working days from the unit's own deadline (negative: before)."""

    rung: Annotated[str, Key(pattern=r"^T([+-]\d+)?$")]
    days: int
    at: time = time(9, 0)


class Reminders(Definition):
    rungs: tuple[Rung, ...]
    digests: tuple[Rung, ...] = ()  # to the collectors above, naming the late units
    digest_levels: tuple[LevelName, ...] = ("county", "city")  # the levels of those collectors


class Stratum(Definition):
    """Schools drawn by what they are. Stages and kinds as in the list of units; none given: every school."""

    stratum: str
    stages: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    per_county: int = Key(default=0, ge=0)  # of each county drawn
    least: int = Key(default=0, ge=0)  # in the whole sample, as far as there are such schools


class Escalation(Definition):
    """A problem this many working days past its deadline is told to the office above, of that level or the next."""

    to: LevelName
    after: int = Key(ge=1)
    source: str = ""


class SamplingPlan(Definition):
    """A recorded, reproducible sample: share of the counties of each city, schools in each, by stage (001-26, C10)."""

    plan: Slug
    seed: int
    county_share: float = Key(gt=0, le=1)
    least_counties: int = Key(default=1, ge=1)  # of each city
    schools_per_county: int = Key(ge=1)  # at least, strata counted
    strata: tuple[Stratum, ...] = ()
    direct_schools: int | None = Key(default=None, ge=0)  # of each city's own; not given: drawn as if a county's
    always_with_earlier_incidents: bool = True
    joint_bodies: tuple[str, ...] = ()  # who is to inspect together with us (001-26, 004-A14)
    source: str = ""


class Severity(Definition):
    title: str
    code: int = Key(ge=0, le=4)  # national code: 0 not bullying … 4 suspected crime
    response: str = ""


class ReportingLine(Definition):
    """Whom a campaign's own text wants told of what. ``when`` makes it a route of incident reports."""

    case: str
    to: tuple[str, ...]  # in the document's words
    within: str = ""
    when: str | None = None  # over the facts of the incident form, and severity_code
    notify: tuple[LevelName, ...] = ()  # offices told by mail; a level above the tree is passed on by its root
    acts: tuple[Literal["police", "filing"], ...] = ()  # told by others, and recorded; sent up for the record (备案)
    source: str = ""

    @model_validator(mode="after")
    def _when_compiles(self) -> "ReportingLine":
        if self.when is not None:
            compiled(self.when)
        elif self.notify or self.acts:
            raise ValueError("notify and acts need a when")
        return self


class Alarm(Definition):
    """A step of an incident's clock, in the clock's own unit from its end (negative: before)."""

    at: int
    to: tuple[LevelName, ...]  # school: the unit where it happened


class IncidentClock(Definition):
    """How long something may take. Days end at midnight, and their alarms ring at nine."""

    clock: Slug
    title: str
    starts: tuple[str, ...] = Key(min_length=1)  # moments; the first that is known starts it
    stops: str
    length: int = Key(ge=0)
    unit: Literal["hours", "days", "working_days"] = "days"
    alarms: tuple[Alarm, ...] = ()
    source: str = ""


class SignStep(Definition):
    """A level that signs before the figures go up. Given as a bare level: it may sign, but nobody asks it by mail."""

    level: LevelName
    days: int | None = Key(default=None, ge=0)  # working days before report_by at which it is asked
    at: time | None = None  # default: the campaign's due_time

    @model_validator(mode="before")
    @classmethod
    def _from_bare_level(cls, given: Any) -> Any:
        return {"level": given} if isinstance(given, str) else given


class PublicCopies(Definition):
    """Reports for everybody: which offices get one, and below which count nothing is said."""

    levels: tuple[LevelName, ...] = ()
    below: int = Key(default=3, ge=2)


class Campaign(Definition):
    campaign: Slug
    version: int = 1
    extends: Slug | None = None
    title: str
    document_no: str
    issuer: str
    root: str  # code of the unit at the top of this campaign's tree
    bases: tuple[str, ...] = ()
    topics: tuple[str, ...] = ("bullying",)
    purpose: str = Key(pattern=r"\S")  # PIPL 6: why the data is collected, and nothing beyond it
    legal_basis: str = Key(pattern=r"\S")  # PIPL 13
    retain_until: date | None = None  # PIPL 19, 47: no launch without it; then everything personal is deleted
    due_time: time = time(17, 0)
    timezone: str = "Asia/Shanghai"
    lead_days: dict[LevelName, int]  # working days a level must be ready before the top's report_by
    rest_day: RestDayRule = RestDayRule.PREVIOUS
    reminders: Reminders
    phases: tuple[Phase, ...]
    duties: tuple[Duty, ...]
    deliverables: tuple[Deliverable, ...]
    vacations: tuple[Vacation, ...] = ()  # the table of terms (002-4)
    escalation: tuple[Escalation, ...] = ()  # of overdue problems, the nearest office first
    samples: tuple[SamplingPlan, ...] = ()
    severity: tuple[Severity, ...] = ()
    reporting_lines: tuple[ReportingLine, ...] = ()
    incident_form: FormReference | None = None  # None: incidents are not reported through this campaign
    incident_clocks: tuple[IncidentClock, ...] = ()
    sign_off: tuple[SignStep, ...] = ()  # the lowest level first
    public: PublicCopies = PublicCopies()
    office_codes: dict[str, str] = Key(default_factory=dict)
    """机关代字 by code of the unit, as its document numbers begin: 辽教 of 辽教〔2021〕5号."""
    source: str = ""

    @model_validator(mode="after")
    def _references_resolve(self) -> "Campaign":
        phases = [phase.phase for phase in self.phases]
        duties = {duty.duty for duty in self.duties}
        plans = {plan.plan for plan in self.samples}
        faults = [f"duty {duty.duty}: no phase {duty.phase!r}" for duty in self.duties if duty.phase not in phases]
        for each in self.deliverables:
            if each.phase not in phases:
                faults.append(f"{each.deliverable}: no phase {each.phase!r}")
            if each.duty not in duties:
                faults.append(f"{each.deliverable}: no duty {each.duty}")
            if each.respondents.sample and each.respondents.sample not in plans:
                faults.append(f"{each.deliverable}: no sampling plan {each.respondents.sample!r}")
        if INCIDENT in phases:
            faults.append(f"no phase may be called {INCIDENT!r}: incident reports are")
        ends = [phase.ends_on for phase in self.phases if phase.ends_on]
        if self.retain_until and ends and self.retain_until <= max(ends):
            faults.append(f"retain_until: {self.retain_until} is not after the last phase, which ends on {max(ends)}")
        days = [each.after for each in self.escalation]
        if days != sorted(set(days)):
            faults.append("escalation: each step must come after the one before")
        names = [*phases, *(each.deliverable for each in self.deliverables)]
        faults += [f"{name} given twice" for name in sorted(set(names)) if names.count(name) > 1]
        if len(duties) != len(self.duties):
            faults.append("a duty number is given twice")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @model_validator(mode="after")
    def _signs_upwards(self) -> "Campaign":
        asked = [(-step.days, step.at or self.due_time) for step in self.sign_off if step.days is not None]
        if asked != sorted(asked):
            raise ValueError("sign_off: each level must be asked after the one before")
        return self

    def phase(self, name: str) -> Phase:
        return next(phase for phase in self.phases if phase.phase == name)

    def duty(self, number: int) -> Duty:
        return next(duty for duty in self.duties if duty.duty == number)

    def deliverable(self, name: str) -> Deliverable:
        return next(each for each in self.deliverables if each.deliverable == name)

    def asks_progress(self, phase: str) -> bool:
        """Whether units with open problems are asked there how they go on."""
        return any(each.respondents.with_open_problems for each in self.deliverables_of(phase))

    @property
    def asks_signatures(self) -> bool:
        return any(step.days is not None for step in self.sign_off)

    def deliverables_of(self, phase: str) -> tuple[Deliverable, ...]:
        return tuple(each for each in self.deliverables if each.phase == phase)


def open_dates(campaign: Campaign) -> list[str]:
    """What a person must still set before launch (000-17: months missing in the source)."""
    missing = [f"phases.{phase.phase}.opens_on" for phase in campaign.phases if phase.opens_on is None]
    missing += [f"phases.{phase.phase}.ends_on" for phase in campaign.phases if phase.ends_on is None]
    owed = [duty for duty in campaign.duties if duty.duty in {each.duty for each in campaign.deliverables}]
    missing += [f"duties.{duty.duty}.report_by" for duty in owed if duty.report_by is None]
    return missing if campaign.retain_until else [*missing, "retain_until"]


def rectify_ends_on(campaign: Campaign) -> date | None:
    """The day by which problems must be put right: the end of the last phase of that kind."""
    ends = [phase.ends_on for phase in campaign.phases if phase.kind is PhaseKind.RECTIFY]
    return max((end for end in ends if end), default=None)
