"""Figures frozen besides the report: the draft of a day before, and on demand, labelled with its coverage."""

from datetime import datetime
from typing import Any

from oneledger.domain.errors import RefusedError
from oneledger.domain.notices import Key, Notice, common_context
from oneledger.domain.phrases import grouped
from oneledger.domain.rollup import Coverage
from oneledger.domain.schedule import turns
from oneledger.store import outbox, snapshots
from oneledger.store.snapshots import Frozen
from tasks.editions import edition
from tasks.freezing import freeze_draft, freeze_in, recomputed, reports_of
from tasks.office import Running, running
from tasks.recounting import Reference, kept_at
from tasks.sign_letters import below_states, enclosures


def draft_due(name: str, phase: str, as_of: datetime) -> None:
    """To the office that publishes, unless it is asked to sign at that very moment: then the request says it all."""
    here = running(name)
    with here.office.store.read() as connection:
        coming = [each for each in reports_of(here, connection, phase) if each.at > as_of]
        known = {each.milestone for each in snapshots.every_kind(connection, name)}
    for milestone in coming:
        if f"{milestone.key}-draft" in known:
            continue
        frozen = freeze_draft(here, milestone, as_of)
        root = here.units[here.campaign.root]
        is_asked = any(
            turn.level == root.level and turn.asks_at <= as_of
            for turn in turns(here.campaign, milestone, here.office.calendar)
        )
        if frozen is not None and root.contacts and not is_asked:
            _send_draft(here, frozen, milestone.key, milestone.at, as_of)


def _send_draft(here: Running, frozen: Frozen, key: str, at: datetime, as_of: datetime) -> None:
    root = here.units[here.campaign.root]
    this = edition(here, frozen)
    files = enclosures(here, this, root.code)[:2]
    context = common_context(here.campaign, here.campaign.phase(frozen.phase), root, at, here.office.mail.sender.name)
    with here.office.store.write() as connection:
        context |= {
            "label": frozen.label,
            "coverage": this.figures.of([root.code])[root.code].coverage,
            "below": below_states(here, connection, this, root.code, key),
        }
        mail = Key(here.name, frozen.phase, root.code, frozen.milestone, Notice.DRAFT, "1")
        outbox.plan(connection, [here.letter(mail, context, root, as_of, files=files)])


def freeze_on_demand(name: str, phase: str, label: str, as_of: datetime, known_at: datetime) -> dict[str, Any]:
    """Raises RefusedError where nothing is owed. The same moment again is the same snapshot."""
    here = running(name)
    if phase not in {each.phase for each in here.campaign.phases}:
        raise RefusedError([f"no phase {phase}; phases: {', '.join(each.phase for each in here.campaign.phases)}"])
    with here.office.store.read() as connection:
        reports = reports_of(here, connection, phase)
        owed_by = next((each.at for each in reports if each.at >= as_of), reports[-1].at if reports else as_of)
        at = Reference(phase, owed_by, as_of, known_at)
    with kept_at(here, at) as kept:
        root = kept.figures.offices.get(here.campaign.root)
        if root is None:
            raise RefusedError([f"“{here.campaign.phase(phase).title}”阶段在这一时刻还没有应报的材料"])
        local, words = as_of.astimezone(here.zone), _demanded(here, label, as_of, root.coverage)
        key = f"{phase}-now-{local:%Y%m%d-%H%M%S}"
        with here.office.store.write() as connection:
            frozen = freeze_in(connection, here, at, key, words, "demand", kept)
    assert frozen is not None
    return {
        "snapshot": f"{name}/{frozen.milestone}", "label": frozen.label, "as_of": local.isoformat(),
        "digest": frozen.digest, "coverage": vars(root.coverage),
    }  # fmt: skip


def _demanded(here: Running, label: str, as_of: datetime, cover: Coverage) -> str:
    done = cover.returned + cover.zero
    counts = {"应报": cover.expected, "已报": done, "免报": cover.exempt, "未报": cover.missing}
    told = "、".join(f"{word}{grouped(count)}" for word, count in counts.items())
    return f"{label or '即时汇总'}（截至{as_of.astimezone(here.zone):%Y-%m-%d %H:%M}，{told}）"


def verify_snapshots(name: str) -> list[dict[str, Any]]:
    """Every stored snapshot worked out again from the submissions received until its moment."""
    here = running(name)
    with here.office.store.read() as connection:
        every = snapshots.every_kind(connection, name)
    told = []
    for each in every:
        again = recomputed(here, each)
        told.append({
            "snapshot": f"{name}/{each.milestone}", "kind": each.kind, "as_of": str(each.as_of.astimezone(here.zone)),
            "digest": each.digest, "recomputed": again, "agrees": again == each.digest,
        })  # fmt: skip
    return told
