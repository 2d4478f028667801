"""Forms are data: what a sheet asks, of whom, in which type, under which rules, and how it adds up.

One sheet of a workbook is one form: an optional list of facts (label and value) above an optional table.
The file is config/forms/<form>-v<version>.yaml; rule ids are ``<prefix>-<no>`` for a field's own checks
(type, required, range, choice) and the id a cross rule names itself.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field as Key, field_validator, model_validator

from oneledger.domain.expressions import compiled

RETURNED = "returned"
"""``prefill`` of a fact that lasts: what the unit itself last returned is printed again, for it to correct."""

LEVELS = ("ministry", "province", "city", "county", "school")
LevelName = Literal["ministry", "province", "city", "county", "school"]


class Definition(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldType(StrEnum):
    INT = "int"
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    DATETIME = "datetime"
    CHOICE = "choice"
    MULTI = "multi"  # several choices in one cell, written with 、
    YESNO = "yesno"  # 是 / 否
    PHONE = "phone"
    EMAIL = "email"
    URL = "url"


class FieldRollup(StrEnum):
    """How a fact goes up. Figures are keyed ``form.key`` (sum, share) or ``form.key=value`` (count)."""

    NONE = "none"
    SUM = "sum"
    COUNT = "count"  # how many units answered each choice; the denominator is the units that answered


class Field(Definition):
    no: int = Key(ge=1, description="its number in the form, printed and cited: LG-012")
    key: str = Key(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    type: FieldType = FieldType.TEXT
    aliases: tuple[str, ...] = ()
    group: str = ""
    unit: str = ""
    required: bool | str = False  # an expression means: required when it holds
    choices: tuple[str, ...] = ()
    codes: tuple[int, ...] = ()  # the choices are degrees of severity, with the national code of each
    min: float | None = None
    max: float | None = None
    min_len: int | None = None
    max_len: int | None = None
    locked: bool = False  # prefilled by us; a changed value is a finding
    prefill: str | None = None  # where the prefilled value comes from: unit.code, problem.due_on …; or RETURNED
    personal: bool = False  # never leaves the unit that wrote it
    staff: bool = False  # asks for a member of staff, whose name is expected there
    levels: tuple[LevelName, ...] = ()  # who is asked; empty: everyone
    names_measures: bool = False  # says what the unit does: reports count the words that several units wrote
    rollup: FieldRollup = FieldRollup.NONE
    width: float | None = None  # column width, characters
    help: str = ""
    source: str = ""

    @model_validator(mode="after")
    def _choices_fit_the_type(self) -> "Field":
        if (self.type in (FieldType.CHOICE, FieldType.MULTI)) != bool(self.choices):
            raise ValueError("choices belong to the types choice and multi, and are required there")
        if self.codes and len(self.codes) != len(self.choices):
            raise ValueError("codes: one for each choice")
        if isinstance(self.required, str):
            compiled(self.required)
        if self.prefill == RETURNED and self.locked:
            raise ValueError("what a unit returned before is printed for it to correct: it cannot be locked")
        return self

    @property
    def allowed(self) -> tuple[str, ...]:
        return ("是", "否") if self.type == FieldType.YESNO else self.choices


class Item(Definition):
    """A row that is printed in the form, such as one of the 50 measures."""

    no: int
    levels: tuple[LevelName, ...] = ()
    values: dict[str, Any]


class Rows(StrEnum):
    OPEN = "open"  # the unit adds rows
    PREFILLED = "prefilled"  # we print the unit's own rows; none may vanish, none may be added
    FIXED = "fixed"  # the same rows for everyone: ``items``


class TableRollup(Definition):
    """Rows are counted by each combination named, and numeric columns are summed: never both as rows and as counts."""

    count_by: tuple[tuple[str, ...], ...] = ()
    sum: tuple[str, ...] = ()
    union_up_to: LevelName = "city"  # rows themselves go no higher


class Table(Definition):
    rows: Rows
    columns: tuple[Field, ...]
    key: str  # the column that identifies a row
    items: tuple[Item, ...] = ()
    room: int = 30  # blank lines printed for an open table
    rollup: TableRollup = TableRollup()

    @model_validator(mode="after")
    def _items_belong_to_fixed_rows(self) -> "Table":
        keys = {column.key for column in self.columns}
        if self.key not in keys:
            raise ValueError(f"key {self.key!r} is not a column")
        if (self.rows == Rows.FIXED) != bool(self.items):
            raise ValueError("items belong to rows: fixed, and are required there")
        strays = {name for combination in (*self.rollup.count_by, self.rollup.sum) for name in combination} - keys
        if strays:
            raise ValueError(f"rollup names no columns of the table: {', '.join(sorted(strays))}")
        return self


class CrossRule(Definition):
    """``check`` must hold wherever ``when`` holds. Read over one row (table) or over the form's facts."""

    id: str = Key(pattern=r"^[A-Z]{2}-\d{3}$")
    check: str
    when: str | None = None
    cell: str  # the field whose cell is marked
    message: str  # Chinese: what is wrong and how to mend it
    level: Literal["error", "query"] = "error"
    source: str = ""

    @field_validator("check", "when")
    @classmethod
    def _compiles(cls, text: str | None) -> str | None:
        if text is not None:
            compiled(text)
        return text


class Grade(Definition):
    title: str
    least: float  # total from which it is given


class Scoring(Definition):
    """Which columns and facts hold the scores of an inspection. Grades stand best first, the last from 0."""

    score: str
    points: str
    total: str  # a fact; left blank, the system adds it
    grade: str  # a fact
    grades: tuple[Grade, ...] = Key(min_length=1)

    @model_validator(mode="after")
    def _grades_fall(self) -> "Scoring":
        least = [grade.least for grade in self.grades]
        if least != sorted(set(least), reverse=True) or least[-1] != 0:
            raise ValueError("grades must fall from the best to one that is given from 0")
        return self


class Agreement(Definition):
    """How a unit's self-check agrees with the inspectors' scores: reckoned, never typed (004-B).

    ``measures`` holds the numbers of the self-check's rows that a row inspects; ``told``, what the unit concluded on
    each, printed by us; ``shares``, how much of a measure a conclusion claims: one without a share is left out.
    """

    form: str  # the self-check
    conclusion: str  # its column
    measures: str
    told: str
    column: str  # the column that is reckoned
    shares: dict[str, float]
    tolerance: float = Key(ge=0, lt=1)  # shares of the points by which the two may differ and still agree


class LookUp(Definition):
    column: str
    words: dict[str, str]


class Opening(Definition):
    """Rows of this form that open a problem of the unit it is about, once for each row.

    Those for which ``when`` holds, or those that fill ``row``; inspectors then set the day in the fact ``due``.
    The problem's values: ``values`` as they stand here, overlaid with facts and columns by their keys, and with what a
    column's word is looked up to mean.
    """

    when: str = ""  # over the row and the form's facts
    row: str = ""
    due: str = ""
    values: dict[str, str] = {}
    from_facts: dict[str, str] = {}
    from_row: dict[str, str] = {}
    looked_up: dict[str, LookUp] = {}

    @model_validator(mode="after")
    def _says_which_rows(self) -> "Opening":
        if bool(self.when) == bool(self.row):
            raise ValueError("say which rows open a problem: by when, or by row")
        compiled(self.condition)
        return self

    @property
    def condition(self) -> str:
        return self.when or f"filled({self.row})"

    @property
    def names(self) -> frozenset[str]:
        """Every fact and column it reads."""
        looked_up = {each.column for each in self.looked_up.values()}
        due = {self.due} - {""}
        return compiled(self.condition).names | {*due, *self.from_facts.values(), *self.from_row.values(), *looked_up}


class Form(Definition):
    form: str = Key(pattern=r"^[a-z][a-z0-9]*$")
    version: int = Key(ge=1)
    code: str  # 表号, printed
    title: str
    prefix: Annotated[str, Key(pattern=r"^[A-Z]{2}$")]
    sheet: str = Key(max_length=31)
    facts: tuple[Field, ...] = ()
    table: Table | None = None
    rules: tuple[CrossRule, ...] = ()
    role: Literal["problems", "progress", "incident"] | None = None  # opens problems, tells how they go on, or reports
    zero_fact: str | None = None  # the yes/no fact that says 零报告: then the table must be empty
    scoring: Scoring | None = None
    agreement: Agreement | None = None
    opens: Opening | None = None  # rows that open problems though the form is no problem ledger
    notes: tuple[str, ...] = ()
    source: str = ""

    @property
    def columns(self) -> tuple[Field, ...]:
        return self.table.columns if self.table else ()

    @model_validator(mode="after")
    def _names_are_unique_and_known(self) -> "Form":
        fields = (*self.facts, *self.columns)
        for kind, names in (
            ("key", [field.key for field in fields]),
            ("no", [str(field.no) for field in fields]),
            ("rule id", [*map(self.rule_of, fields), *(rule.id for rule in self.rules)]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{kind} given twice: {', '.join(twice)}")
        known = {field.key for field in fields}
        for field in fields:
            strays = (compiled(field.required).names if isinstance(field.required, str) else set()) - known - CONTEXT
            if strays:
                raise ValueError(f"{field.key}.required names no field: {', '.join(sorted(strays))}")
        for rule in self.rules:
            read = compiled(rule.check).names | (compiled(rule.when).names if rule.when else frozenset()) | {rule.cell}
            if read - known - CONTEXT:
                raise ValueError(f"{rule.id} names no field: {', '.join(sorted(read - known - CONTEXT))}")
            if not rule.id.startswith(self.prefix):
                raise ValueError(f"{rule.id} must start with the form's prefix {self.prefix}")
        if self.opens and self.opens.names - known:
            raise ValueError(f"opens names no field: {', '.join(sorted(self.opens.names - known))}")
        if self.zero_fact and self.zero_fact not in {fact.key for fact in self.facts}:
            raise ValueError(f"zero_fact {self.zero_fact!r} is not a fact")
        return self

    @model_validator(mode="after")
    def _inspection_names_are_known(self) -> "Form":
        facts, columns = {fact.key for fact in self.facts}, {column.key for column in self.columns}
        scoring, agreement = self.scoring, self.agreement
        if agreement and not scoring:
            raise ValueError("agreement compares with scores: it needs scoring")
        read_facts = [scoring.total, scoring.grade] if scoring else []
        read = [scoring.score, scoring.points] if scoring else []
        read += [agreement.measures, agreement.told, agreement.column] if agreement else []
        strays = [*(set(read_facts) - facts), *(set(read) - columns)]
        if strays:
            raise ValueError(f"scoring or agreement names no field: {', '.join(sorted(strays))}")
        return self

    def rule_of(self, field: Field) -> str:
        return f"{self.prefix}-{field.no:03d}"


CONTEXT = frozenset(
    {
        "phase_opens_on",
        "phase_ends_on",
        "rectify_ends_on",
        "received_on",
        "received_at",
        "due_on_unit",
        "table_rows",
        "stage",
        "level",
    }
)
"""Values a cross rule may read besides its own form's fields: dates of the phase and the return, the end of the
campaign's rectify phase (a ledger filled in the deploy phase sets deadlines within it), the number of rows the unit
wrote in the table, the school's stage (学段), the unit's level."""


def asked_of(form: Form, level: str) -> Form:
    """The form as one level sees it: fields and printed rows meant for other levels left out (004-B: 47/33/31/21)."""

    def wanted(levels: tuple[str, ...]) -> bool:
        return not levels or level in levels

    table = form.table
    if table is not None:
        items = tuple(item for item in table.items if wanted(item.levels))
        columns = tuple(column for column in table.columns if wanted(column.levels))
        table = table.model_copy(update={"items": items, "columns": columns})
    facts = tuple(fact for fact in form.facts if wanted(fact.levels))
    present = {field.key for field in facts} | ({column.key for column in table.columns} if table else set()) | CONTEXT
    rules = tuple(rule for rule in form.rules if _reads(rule) <= present)
    return form.model_copy(update={"facts": facts, "table": table, "rules": rules})


def _reads(rule: CrossRule) -> frozenset[str]:
    return compiled(rule.check).names | (compiled(rule.when).names if rule.when else frozenset()) | {rule.cell}
