"""The pipeline's figures against the truth, and the post office's index against the rules of the ladder.

Independent of what it checks: it reads DIR/manifest.jsonl and DIR/delivered.jsonl, and adds up by itself.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.campaigns import Campaign
from oneledger.domain.forms import Form
from oneledger.domain.schedule import report_milestones
from oneledger.domain.work_calendar import WorkCalendar
from oneledger.settings import Settings, load_calendar
from oneledger.store.database import slices
from rehearsal.looks import looks
from rehearsal.manifest import Standing, read_manifest, standing
from rehearsal.moving import History, ParentsAt
from rehearsal.verify_mail import check_mail
from rehearsal.verify_notices import owed_by_notice

_AT_A_TIME = 10_000  # units; for each so many the manifest is read once: a country's figures would take gigabytes
_KINDS_OF_COVERAGE = ("returned", "zero", "exempt", "missing", "late", "in_correction")


@dataclass
class Expected:
    """One unit with everything below it."""

    figures: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)  # form -> units that answered it
    coverage: Counter[str] = field(default_factory=Counter)
    missing: set[str] = field(default_factory=set)  # codes of units that owe something


@dataclass
class Verified:
    """All lists empty: the rehearsal was true."""

    differences: list[str] = field(default_factory=list)  # between the truth and the figures, or the answers given
    lost: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    ladder: list[str] = field(default_factory=list)
    compared: int = 0  # figures


class Found(Protocol):
    """What the pipeline froze for a unit (oneledger.domain.rollup.Rollup)."""

    @property
    def figures(self) -> Mapping[str, float]: ...
    @property
    def answered(self) -> Mapping[str, int]: ...
    @property
    def coverage(self) -> Any: ...
    @property
    def missing_units(self) -> tuple[tuple[str, str], ...]: ...


class Figures(Protocol):
    """tasks.recounting.Figures"""

    @property
    def codes(self) -> Collection[str]: ...
    def of(self, codes: Iterable[str]) -> Mapping[str, Found]: ...


class Snapshot(Protocol):
    """oneledger.store.snapshots.Frozen"""

    @property
    def phase(self) -> str: ...
    @property
    def as_of(self) -> datetime: ...


def verify(
    directory: Path, units: Sequence[CampaignUnit], campaign: Campaign,
    frozen: Mapping[str, tuple[Snapshot, Figures]], *,
    calendar: WorkCalendar | None = None, looked: Sequence[datetime] | None = None,
    forms: Mapping[str, Form] | None = None, history: History | None = None,
) -> Verified:  # fmt: skip
    """``frozen``: milestone -> the snapshot and its figures by unit. ``looked``: when the pipeline really looked, where
    that was not at every moment of ``looks``. ``forms``: by which inspectors' notices are known. ``history``: of a
    tree in which units were moved."""
    calendar = calendar or load_calendar(Settings().config)
    manifest = directory / "manifest.jsonl"
    by_code = {unit.code: unit for unit in units}
    looked = sorted(looked or looks(campaign, calendar))
    history = history or History({unit.code: unit.parent for unit in units})
    noticed = owed_by_notice(manifest, forms or {}, campaign, looked)
    mail = check_mail(directory, manifest, campaign, calendar, by_code, looked, noticed, history)
    verified = Verified(mail.unexpected, mail.lost, mail.duplicates, mail.ladder)
    for key in sorted(_milestones(campaign, calendar, looked[-1]) - frozen.keys()):
        verified.differences.append(f"{key}: never frozen")
    for key, (snapshot, figures) in frozen.items():
        frozen_at = next((look for look in looked if look >= snapshot.as_of), snapshot.as_of)
        for some in slices([*by_code, *sorted(set(figures.codes) - by_code.keys())], _AT_A_TIME):
            expected = expected_rollups(
                manifest, history.parents_at, snapshot.phase, snapshot.as_of, frozen_at, only=set(some)
            )
            verified.differences += [f"{key} {each}" for each in compare(expected, figures.of(some))]
            verified.compared += sum(len(each.figures) for each in expected.values())
    return verified


def _milestones(campaign: Campaign, calendar: WorkCalendar, until: datetime) -> set[str]:
    every = (each for phase in campaign.phases for each in report_milestones(campaign, phase.phase, calendar))
    return {each.key for each in every if each.at <= until}


def expected_rollups(
    manifest: Path,
    parents_at: ParentsAt,
    phase: str,
    moment: datetime,
    frozen_at: datetime,
    only: Collection[str] | None = None,
) -> dict[str, Expected]:
    """Every unit's sums as they must be frozen at a report moment: of what was owed by then, and had come by then.

    ``frozen_at``: the look that freezes them, which may first find that more is owed. ``only``: units whose sums are
    wanted.
    """
    tree = parents_at(moment)

    def is_wanted(unit: str) -> bool:
        return only is None or any(code in only for code in _upwards(unit, tree))

    return sums_at(read_manifest(manifest, phase, is_wanted), parents_at, [Seen(moment, moment, frozen_at)], only)[0]


class Seen(NamedTuple):
    """What figures are about: owed by one moment, received by another, known to a look."""

    owed_by: datetime
    received_by: datetime
    known_at: datetime


def sums_at(
    lines: Iterable[Mapping[str, Any]], parents_at: ParentsAt, seen: Sequence[Seen],
    only: Collection[str] | None = None,
) -> list[dict[str, Expected]]:  # fmt: skip
    """Of one phase's lines, in the tree of then. ``only``: units whose sums are wanted."""
    found: list[dict[str, Expected]] = [{} for _ in seen]
    trees = [parents_at(min(each.owed_by, each.received_by)) for each in seen]
    for line in lines:
        opened_at, top_at = datetime.fromisoformat(line["opened_at"]), datetime.fromisoformat(line["top_at"])
        lines_up = {id(tree): [*_upwards(line["unit"], tree)] for tree in trees}
        for each, sums, tree in zip(seen, found, trees, strict=True):
            if opened_at <= each.known_at and top_at <= each.owed_by:
                stands = standing(line, each.received_by)
                for code in lines_up[id(tree)]:
                    if only is None or code in only:
                        _add(sums.setdefault(code, Expected()), line, stands)
    return found


def _upwards(code: str, parents: Mapping[str, str | None]) -> Iterator[str]:
    above: str | None = code
    while above is not None and above in parents:
        yield above
        above = parents[above]


def _add(sums: Expected, line: Mapping[str, Any], stands: Standing) -> None:
    sums.coverage[stands.status] += 1
    sums.coverage["in_correction"] += stands.in_correction
    sums.coverage["late"] += stands.is_late
    if stands.status == "missing":
        sums.missing.add(line["unit"])
    if stands.answer is not None:
        sums.figures.update(line["answers"][stands.answer].get("figures", {}))
        sums.answered.update(line["forms"])


def compare(expected: Mapping[str, Expected], actual: Mapping[str, Found]) -> list[str]:
    """Every difference, one a line: unit, key, what it must be, what was found. Empty: they agree figure by figure."""
    differences: list[str] = []
    for code in sorted(expected.keys() | actual.keys()):
        if code not in actual:
            differences.append(f"{code}: nothing was frozen for it")
        elif code not in expected:
            differences.append(f"{code}: frozen, but nothing was owed below it")
        else:
            differences += [f"{code}: {each}" for each in _differences(expected[code], actual[code])]
    return differences


def _differences(expected: Expected, found: Found) -> Iterator[str]:
    yield from _unequal("", expected.figures, found.figures)
    yield from _unequal("answered ", expected.answered, found.answered)
    coverage = {kind: getattr(found.coverage, kind) for kind in _KINDS_OF_COVERAGE}
    yield from _unequal("coverage ", expected.coverage, coverage)
    missing = {code for code, _ in found.missing_units}
    yield from (f"missing units: {code} is not named" for code in sorted(expected.missing - missing))
    yield from (f"missing units: {code} is named, but has returned" for code in sorted(missing - expected.missing))


def _unequal(what: str, expected: Mapping[str, float], found: Mapping[str, float]) -> Iterator[str]:
    """A key that is not there is 0."""
    for key in sorted(expected.keys() | found.keys()):
        if expected.get(key, 0) != found.get(key, 0):
            yield f"{what}{key}: must be {expected.get(key, 0):g}, found {found.get(key, 0):g}"
