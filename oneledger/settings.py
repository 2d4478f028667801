"""The only reader of YAML and of the environment. Every fault is named with file, line and key."""

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

try:
    from yaml import CSafeLoader as _Loader  # libyaml's: a quarter of the time
except ImportError:
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

from oneledger.adapters.secret_file import read_secret
from oneledger.domain.campaigns import Campaign
from oneledger.domain.document_text import DocumentKnowledge
from oneledger.domain.errors import DefinitionError
from oneledger.domain.forms import Form
from oneledger.domain.layering import Layer, Loc, Place, layered
from oneledger.domain.mailing import Limits
from oneledger.domain.official_parts import Papers
from oneledger.domain.outline import Outline
from oneledger.domain.quotas import Quotas
from oneledger.domain.work_calendar import CalendarYear, WorkCalendar

Model = TypeVar("Model", bound=BaseModel)


_PREFIX = "ONELEDGER_"


class Settings(BaseSettings):
    """Where things lie. Environment variables start with ONELEDGER_."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="ignore", frozen=True)

    config: Path = Path(__file__).resolve().parent.parent / "config"
    templates: Path = Path(__file__).resolve().parent.parent / "templates"
    data: Path = Path("data")
    database_url: str = Field(default="", repr=False)  # empty: SQLite under ``data``; may hold a password
    files_url: str = ""  # s3://bucket/folder for archive/ and reports/ where no disk is shared; empty: <data>
    overrides: Path | None = None  # laid on top of a campaign's definition until it is armed
    mail: Path | None = None  # mail.yaml elsewhere; default <config>/mail.yaml
    seal_key_file: Path | None = None  # default <data>/seal.key; better on another disk
    quarantine_days: int = 30  # an original with pupils' data is kept so long, then deleted

    @property
    def seal_key(self) -> str:
        """In place of the file. Read here and kept nowhere: settings are printed, keys are not."""
        return os.environ.get(f"{_PREFIX}SEAL_KEY", "")

    @property
    def prefect_auth(self) -> str:
        """user:password of the served Prefect, in place of <data>/prefect/auth."""
        return os.environ.get(f"{_PREFIX}PREFECT_AUTH", "")


def current_settings() -> Settings:
    """Read anew only where our part of the environment has changed: tasks ask often."""
    return _settings(tuple(sorted(pair for pair in os.environ.items() if pair[0].startswith(_PREFIX))))


@lru_cache(maxsize=8)
def _settings(_environment: tuple[tuple[str, str], ...]) -> Settings:
    return Settings()


class PlainYaml(_Loader):
    """YAML as people read it: ``no`` is a word, 17:00 a time of day and 0240 a code.

    YAML 1.1, which PyYAML follows, reads them as False, 1020 and 160. A key given twice is a fault; a day that is not
    in the calendar stays a text, so that the model names its key.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{name!r} is given twice", key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)

    def construct_day(self, node: yaml.ScalarNode) -> Any:
        try:
            return self.construct_yaml_timestamp(node)
        except ValueError:
            return node.value


PlainYaml.add_constructor("tag:yaml.org,2002:timestamp", PlainYaml.construct_day)

_OURS = {
    "tag:yaml.org,2002:bool": (re.compile(r"(?:true|True|false|False)\Z"), "tTfF"),
    "tag:yaml.org,2002:int": (re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z"), "-+0123456789"),
    "tag:yaml.org,2002:float": (re.compile(r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+\Z"), "-+0123456789"),
}
PlainYaml.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _OURS]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _tag, (_pattern, _first) in _OURS.items():
    PlainYaml.add_implicit_resolver(_tag, _pattern, list(_first))


def _lines(node: yaml.Node | None, path: Loc = ()) -> dict[Loc, int]:
    if node is None:
        return {}
    found = {path: node.start_mark.line + 1}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            found |= _lines(value, (*path, str(key.value)))
            found[(*path, str(key.value))] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            found |= _lines(value, (*path, index))
    return found


def read_yaml(path: Path) -> tuple[Any, dict[Loc, int]]:
    """The data and the line of each key. Raises DefinitionError where it is not YAML."""
    try:
        loader = PlainYaml(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()  # scanned once: that is nearly all of the work
        lines = _lines(node)
        return (None if node is None else loader.construct_document(node)), lines
    except FileNotFoundError as fault:
        raise DefinitionError([f"{path}: no such file"]) from fault
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise DefinitionError([f"{path}:{line}: not YAML: {fault.problem}"]) from fault


def read_layer(path: Path) -> Layer:
    """A file's data with the place of each key. Raises DefinitionError where it is no map of keys."""
    data, lines = read_yaml(path)
    places = {key: Place(str(path), line, key) for key, line in {(): 1, **lines}.items()}
    if not isinstance(data, dict):
        raise DefinitionError([places[()].fault((), "must be keys and values")])
    return Layer(data, places)


def read_model(path: Path, model: type[Model]) -> Model:
    """Raises DefinitionError with every fault of the file at once."""
    return checked(model, read_layer(path))


def checked(model: type[Model], layer: Layer) -> Model:
    try:
        return model.model_validate(layer.data)
    except ValidationError as fault:
        told = fault.errors(include_url=False)
        raise DefinitionError(
            [layer.fault(each["loc"], each["msg"].removeprefix("Value error, ")) for each in told]
        ) from fault


def load_campaign(config: Path, name: str, overrides: Path | None = None) -> Campaign:
    """The campaign on top of those it extends; ``overrides`` is a file laid on top of all (000-17).

    Raises DefinitionError naming the file, line and key that somebody must mend.
    """
    layer = _campaign_layer(config, name, ())
    if overrides is not None:
        top = read_layer(overrides)
        meant = top.data.get("campaign", name)
        if meant != name:
            raise DefinitionError([top.fault(("campaign",), f"this file is for {meant}, not for {name}")])
        layer = layered(layer, top)
    return checked(Campaign, layer)


def _campaign_layer(config: Path, name: str, below: tuple[str, ...]) -> Layer:
    layer = read_layer(config / "campaigns" / f"{name}.yaml")
    upper = layer.data.get("extends")
    if not upper:
        return layer
    way = (*below, name)
    if upper in way:
        raise DefinitionError([layer.fault(("extends",), f"goes in a circle: {' → '.join((*way, upper))}")])
    if not (config / "campaigns" / f"{upper}.yaml").is_file():
        raise DefinitionError([layer.fault(("extends",), f"there is no campaign {upper}")])
    return layered(_campaign_layer(config, upper, way), layer)


@lru_cache(maxsize=256)
def load_form(config: Path, reference: str) -> Form:
    """``reference`` is form-vN. Raises DefinitionError, also where the file's own name and version differ from it."""
    path = config / "forms" / f"{reference}.yaml"
    form = read_model(path, Form)
    if f"{form.form}-v{form.version}" != reference:
        raise DefinitionError([f"{path}:1: form: says {form.form}-v{form.version}, the file name says {reference}"])
    return form


@lru_cache(maxsize=16)
def load_outline(templates: Path, name: str) -> Outline:
    """What a drafted report may say. Raises DefinitionError, also where its page is missing."""
    page = templates / "reports" / f"{name}.docx"
    if not page.is_file():
        raise DefinitionError([f"{page}: no such file"])
    return read_model(page.with_suffix(".yaml"), Outline)


def load_documents(config: Path) -> DocumentKnowledge:
    """What the check of documents knows; nothing where there is no config/documents.yaml."""
    path = config / "documents.yaml"
    return read_model(path, DocumentKnowledge) if path.is_file() else DocumentKnowledge()


@lru_cache(maxsize=8)
def load_papers(config: Path) -> Papers:
    """Which papers have a head; none where there is no config/papers.yaml."""
    path = config / "papers.yaml"
    return read_model(path, Papers) if path.is_file() else Papers()


COVER = "cover-v1"
"""The first sheet of every workbook: who fills, who answers for it (domain.md 1.1)."""


def _secret(variable: str, file: Path | None) -> str:
    """From the environment, else from a file that only its owner may read. Read when needed and kept nowhere."""
    return os.environ.get(variable) or (read_secret(file) if file else "")


class Sender(BaseModel):
    """The mail account that writes to schools. The password stands in the environment or in a file of its own."""

    name: str
    address: str
    host: str
    port: int
    security: Literal["tls", "starttls", "none"] = "tls"
    user: str = ""
    password_env: str = "ONELEDGER_SMTP_PASSWORD"  # noqa: S105  the name of a variable
    password_file: Path | None = None
    cafile: str | None = None
    connections: int = Field(1, ge=1, le=32)  # to the server at a time; a crash leaves as many mails in doubt

    @property
    def password(self) -> str:
        return _secret(self.password_env, self.password_file)


class Collect(BaseModel):
    """Where answers arrive. ``reply``: how a token travels in the address, probed at set-up."""

    address: str
    reply: Literal["plus", "catch-all", "fixed"] = "plus"
    maildir: Path | None = None
    imap_host: str = ""
    imap_port: int = 993
    imap_security: Literal["tls", "starttls", "none"] = "tls"
    imap_user: str = ""
    password_env: str = "ONELEDGER_IMAP_PASSWORD"  # noqa: S105
    password_file: Path | None = None
    imap_cafile: str | None = None
    authserv_id: str = ""  # the name our own mail server writes into Authentication-Results; empty: it writes none

    @property
    def password(self) -> str:
        return _secret(self.password_env, self.password_file)

    def reply_address(self, token: str) -> str:
        local, _, domain = self.address.partition("@")
        return {"plus": f"{local}+{token}@{domain}", "catch-all": f"{token}@{domain}"}.get(self.reply, self.address)


class Journal(BaseModel):
    """Where a copy of each mail of ours can be found again: sent to ourselves (``bcc``), or put by the server into its
    own folder of sent mail. Read over IMAP from the server of ``collect``, or from a Maildir on this machine."""

    bcc: str = ""
    maildir: Path | None = None
    folder: str = "INBOX"
    imap_user: str = ""  # empty: that of ``collect``
    password_env: str = ""  # empty: that of ``collect``

    @property
    def name(self) -> str:
        """Kept with each mail: only in the journal of its own day is a mail looked for."""
        return self.bcc or f"{self.folder} {self.imap_user}".strip()


class MailSettings(BaseModel):
    sender: Sender
    collect: Collect
    journal: Journal | None = None
    per_second: float | None = None
    per_15_minutes: int | None = None
    per_day: int | None = None
    quotas: Quotas = Quotas()
    low_water_mb: int = 500  # free on the data's disk; below it no mail is taken in
    operators: str = ""  # whom to write to when collecting has not succeeded for silent_hours
    silent_hours: float = 6
    clock_url: str = ""  # whose HTTP Date our clock is compared with

    @property
    def journal_name(self) -> str:
        """Empty: there is none, and only a person can tell what became of a mail that was lost sight of."""
        return self.journal.name if self.journal else ""

    @property
    def journal_password(self) -> str:
        named = self.journal.password_env if self.journal else ""
        return os.environ.get(named, "") if named else self.collect.password

    @property
    def limits(self) -> Limits:
        return Limits(self.per_second, self.per_15_minutes, self.per_day)


def load_mail(settings: Settings) -> MailSettings:
    return read_model(settings.mail or settings.config / "mail.yaml", MailSettings)


def load_calendar(config: Path) -> WorkCalendar:
    """Every year under config/calendar; a day outside them counts by weekends only and is marked 推定."""
    paths = sorted((config / "calendar").glob("*.json"))
    years = [CalendarYear.model_validate_json(path.read_bytes()) for path in paths]
    return WorkCalendar(years, fallback="weekends")
