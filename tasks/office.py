"""What every task works with: settings, store, archive, texts and masters, opened once per process."""

import gc
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from oneledger.adapters.archive import Archive
from oneledger.adapters.mail_compose import compose, is_message_id
from oneledger.adapters.mail_texts import MailTexts
from oneledger.adapters.place import Place
from oneledger.adapters.place_folder import Folder
from oneledger.adapters.place_objects import Objects
from oneledger.adapters.sealing import Sealer
from oneledger.adapters.workbook_master import build_master
from oneledger.adapters.workbook_stamp import StampPlan, prepare
from oneledger.domain import tokens
from oneledger.domain.assignments import Assignment, CampaignUnit
from oneledger.domain.campaigns import INCIDENT, Campaign, Deliverable
from oneledger.domain.document_text import NameIndex
from oneledger.domain.errors import RefusedError
from oneledger.domain.forms import Form, asked_of
from oneledger.domain.mailing import Attachment, MailDraft
from oneledger.domain.moves import MOVING, Change, tree_after
from oneledger.domain.notices import PRIORITY, Key, token_expiry
from oneledger.domain.rolling import children_of
from oneledger.domain.work_calendar import WorkCalendar
from oneledger.domain.workbooks import WorkbookSpec
from oneledger.settings import COVER, MailSettings, Settings, current_settings, load_calendar, load_mail
from oneledger.store import campaigns
from oneledger.store.database import Store, open_store
from oneledger.store.outbox import OutboxRow


@dataclass(frozen=True)
class Office:
    settings: Settings
    store: Store
    files: Place
    archive: Archive
    sealer: Sealer
    mail: MailSettings
    texts: MailTexts
    calendar: WorkCalendar


@lru_cache(maxsize=4)
def _office(settings: Settings) -> Office:
    gc.set_threshold(*_SELDOM)
    files, sealer = files_of(settings), sealer_of(settings)  # before the store is opened: an address may be refused
    return Office(
        settings,
        open_store(settings.database_url, settings.data),
        files,
        Archive(files, sealer),
        sealer,
        load_mail(settings),
        MailTexts(settings.templates / "mail"),
        load_calendar(settings.config),
    )


def sealer_of(settings: Settings) -> Sealer:
    return Sealer(settings.seal_key_file or settings.data / "seal.key", settings.seal_key)


def files_of(settings: Settings) -> Place:
    return Objects(settings.files_url) if settings.files_url else Folder(settings.data)


def office() -> Office:
    """One per process and environment."""
    return _office(current_settings())


_SELDOM = (50_000, 20, 50)
"""When Python looks for garbage that goes in circles, of which we make little: its own (700, 10, 10) cost 7 % of a
review and 16 % of a roll-up."""
_MOST_TREES = 4  # of a campaign: those last asked for, a province's take megabytes each
_planting, _reading = threading.Lock(), threading.Lock()


@dataclass
class Running:
    """A launched campaign with what its tasks need again and again."""

    office: Office
    campaign: Campaign
    forms: Mapping[str, Form]
    token_key: bytes
    units: Mapping[str, CampaignUnit]
    _plans: dict[tuple[str, str], tuple[WorkbookSpec, StampPlan]] = field(default_factory=dict)
    _asked: dict[tuple[str, str], tuple[Form, ...]] = field(default_factory=dict)
    _numbers: dict[int, str] = field(default_factory=dict)
    _trees: "dict[tuple[Change, ...], Running]" = field(default_factory=dict)
    _launched: "Running | None" = None  # of which this is the tree of a later day

    @property
    def name(self) -> str:
        return self.campaign.campaign

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.campaign.timezone)

    @cached_property
    def name_index(self) -> NameIndex:
        return NameIndex.of(unit.name for unit in self.units.values())

    def token(self, assignment: int, kind: tokens.TokenKind) -> str:
        return tokens.sign(tokens.Token(kind, assignment, token_expiry(self.campaign)), self.token_key)

    def incident_token(self, about: CampaignUnit, kind: tokens.TokenKind) -> str:
        return self.token(tokens.unit_number(about.code), kind)

    def unit_numbered(self, number: int) -> CampaignUnit | None:
        if not self._numbers:
            self._numbers.update({tokens.unit_number(code): code for code in self.units})
        return self.units.get(self._numbers.get(number, ""))

    def forms_of(self, deliverable: Deliverable, level: str) -> tuple[Form, ...]:
        """The cover, then the deliverable's forms, as this level sees them."""
        key = (deliverable.deliverable, level)
        if key not in self._asked:
            self._asked[key] = tuple(asked_of(self.forms[each], level) for each in (COVER, *deliverable.forms))
        return self._asked[key]

    def master(self, deliverable: Deliverable, level: str) -> tuple[WorkbookSpec, StampPlan]:
        key = (deliverable.deliverable, level)
        if key not in self._plans:
            spec = workbook_spec(self.campaign, deliverable, level, self.forms_of(deliverable, level))
            self._plans[key] = (spec, prepare(build_master(spec), spec))
        return self._plans[key]

    def incident_forms(self, level: str) -> tuple[Form, ...]:
        """The cover and the incident form. Raises RefusedError where the campaign takes no such reports."""
        if self.campaign.incident_form is None:
            raise RefusedError([f"campaign {self.name} takes no incident reports: it names no `incident_form`"])
        return tuple(asked_of(self.forms[each], level) for each in (COVER, self.campaign.incident_form))

    def incident_master(self, level: str) -> tuple[WorkbookSpec, StampPlan]:
        key = (INCIDENT, level)
        if key not in self._plans:
            cover, form = self.incident_forms(level)
            spec = WorkbookSpec(
                self.name, INCIDENT, self.campaign.title, self.campaign.document_no, form.title, level, cover, (form,)
            )
            self._plans[key] = (spec, prepare(build_master(spec), spec))
        return self._plans[key]

    def in_tree(self, changes: "Iterable[Change]") -> "Running":
        """As its units belong together after these changes; itself where none moves anybody."""
        launched = self._launched or self
        moving = tuple(each for each in changes if each.kind in MOVING)
        if not moving:
            return launched
        with _planting:  # the same dictionary for all trees of a campaign
            tree = self._trees.pop(moving, None) or replace(
                launched, units=tree_after(launched.units, moving), _launched=launched
            )
            self._trees[moving] = tree
            while len(self._trees) > _MOST_TREES:
                del self._trees[next(iter(self._trees))]
        return tree

    def forget_trees(self) -> None:
        """It and they hold each other, so Python would keep them all until it seeks garbage that goes in circles."""
        with _planting:
            self._trees.clear()

    def ancestors(self, code: str) -> Iterable[CampaignUnit]:
        """Nearest first."""
        parent = self.units[code].parent
        while parent is not None and parent in self.units:
            yield self.units[parent]
            parent = self.units[parent].parent

    @cached_property
    def children(self) -> Mapping[str, Sequence[str]]:
        return children_of(self.units)

    def below(self, code: str) -> Iterator[str]:
        """The unit and all under it, each before those under it."""
        yield code
        for each in self.children.get(code, ()):
            yield from self.below(each)

    def letter(
        self, key: Key, context: Mapping[str, Any], to: CampaignUnit, at: datetime, *,
        assignment: Assignment | None = None, files: Sequence[Attachment] = (), reply_to: str | None = None,
        address: str | None = None, incident_of: CampaignUnit | None = None, confirmation: int | None = None,
        answer_token: str | None = None,
    ) -> OutboxRow:  # fmt: skip
        """One mail as an outbox row with its exact bytes. ``incident_of``: it is about an incident at that unit;
        ``confirmation``: its answer is the answer to that question."""
        number = assignment.id if assignment else 0
        tag = tokens.subject_tag(number, self.token_key) if assignment else ""
        text = self.office.texts.render(key.notice.value, {**context, "tag": tag})
        token = answer_token or self._answered_by(number, incident_of, confirmation)
        sender, collect = self.office.mail.sender, self.office.mail.collect
        is_matched = bool(assignment or incident_of or answer_token)
        answered = reply_to if reply_to and is_message_id(reply_to) else None
        kind = f"{key.notice}/{key.phase}/{key.subject_of}/{key.round}"
        draft = MailDraft(
            to_name=to.name,
            to_address=address or to.address,
            from_name=sender.name,
            from_address=sender.address,
            reply_to=collect.reply_address(token) if is_matched else collect.address,
            subject=text.subject,
            text=text.text,
            html=text.html,
            attachments=tuple(files),
            message_id=key.message_id(token, sender.address.partition("@")[2]),
            in_reply_to=answered,
            references=(answered,) if answered else (),
            headers={"X-OneLedger-Kind": kind.encode("ascii", "replace").decode()},
        )
        return _outbox_row(key, draft, at, assignment, is_stranded=to.is_unreachable and not address)

    def _answered_by(self, number: int, incident_of: CampaignUnit | None, confirmation: int | None) -> str:
        """The token by which an answer is known: of the question, of the incident, else of the assignment."""
        if confirmation is not None:
            return self.token(confirmation, tokens.TokenKind.CONFIRM)
        if incident_of is not None:
            return self.incident_token(incident_of, tokens.TokenKind.INCIDENT_REPLY)
        return self.token(number, tokens.TokenKind.REPLY)


def _outbox_row(
    key: Key, draft: MailDraft, at: datetime, assignment: Assignment | None, *, is_stranded: bool
) -> OutboxRow:
    return OutboxRow(
        campaign=key.campaign,
        phase=key.phase,
        unit=key.unit,
        subject_of=key.subject_of,
        kind=key.notice.value,
        round=key.round,
        priority=PRIORITY[key.notice],
        address=draft.to_address,
        subject=draft.subject,
        message_id=draft.message_id,
        planned_at=at,
        content=compose(draft, at),
        assignment=assignment.id if assignment else None,
        is_stranded=is_stranded,
    )


def workbook_spec(campaign: Campaign, deliverable: Deliverable, level: str, forms: Sequence[Form]) -> WorkbookSpec:
    return WorkbookSpec(
        campaign=campaign.campaign,
        phase=deliverable.phase,
        title=campaign.title,
        document_no=campaign.document_no,
        phase_title=campaign.phase(deliverable.phase).title,
        level=level,
        cover=forms[0],
        forms=tuple(forms[1:]),
    )


@lru_cache(maxsize=8)
def _last_read(place: str, name: str) -> "list[tuple[str, Running]]":  # noqa: ARG001  a key
    """Where the version that was read last is kept, under its digest. Only that one: a country's units take 100 MB, and
    each address that goes dead makes a new version."""
    return []


def _read(here: Office, name: str) -> Running:
    with here.store.read() as connection:
        launched = campaigns.launched(connection, name)
        return Running(here, launched.campaign, launched.forms, launched.token_key, campaigns.units(connection, name))


def running(name: str) -> Running:
    """Raises RefusedError where the campaign was never armed."""
    here = office()
    with here.store.read() as connection:
        digest = campaigns.digest(connection, name)
    last = _last_read(str(here.settings.data), name)
    with _reading:  # not by two threads at once
        if last and last[0][0] == digest:
            return last[0][1]
        if last:
            last.pop()[1].forget_trees()  # before the next is read: never two of them
        last[:] = [(digest, version := _read(here, name))]
        return version
