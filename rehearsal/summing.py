"""What a rehearsal came to: per phase the counts, then whether every figure and every mail was as the truth says."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from oneledger.store import snapshots
from oneledger.store.snapshots import Frozen
from rehearsal.authoring import openpyxl_share
from rehearsal.manifest import add_lines
from rehearsal.offices import check_sent_back, check_signatures, meant_by_offices
from rehearsal.plan import Clock, Rehearsal
from rehearsal.verify import Verified, verify
from rehearsal.verify_notices import check_notices
from rehearsal.village import Village
from rehearsal.window_counts import task_run_count, task_seconds
from rehearsal.workers import peak_mib
from tasks.freezing import frozen_figures
from tasks.office import Running
from tasks.recounting import Figures
from tasks.signers import signatures_of
from tasks.status import campaign_status

MOST_SHOWN = 50


def summary(
    plan: Rehearsal, here: Running, village: Village, clock: Clock, looked: Sequence[datetime], address: str
) -> dict[str, Any]:
    """``looked``: the moments at which the pipeline really looked."""
    with clock.timed("schools: manifest"):
        village.write_manifest()
    scene, dead = _scene(plan, here, village), village.dead_boxes()
    village.forget()
    status = campaign_status(here.name)
    with clock.timed("schools: comparing with the truth"):
        signed = signatures_of(here.name)
        found, states = _compared(plan.out.resolve(), here, village, dead, looked, signed)
    return {
        "campaign": here.name,
        **scene,
        "is_true": not (found.differences or found.lost or found.duplicates or found.ladder or village.complaints),
        "phases": status["phases"],
        "signatures": Counter(row["state"] for row in signed),
        "office_states_compared": states,
        "mail": status["mail"],
        "inbox": status["inbox"],
        "for_a_person": Counter(row["reason"].partition("，这封来自：")[0] for row in status["person"]),
        **_told(found),
        "complaints": village.complaints[:MOST_SHOWN],
        "reports": sum(counts["reports"] for counts in status["phases"].values()),
        "task_runs": task_run_count(),
        "seconds": {step: round(seconds, 1) for step, seconds in clock.seconds.items()},
        "pipeline_seconds": round(clock.pipeline, 1),
        "schools_seconds": round(sum(clock.seconds.values()) - clock.pipeline, 1),
        "task_seconds": task_seconds(),
        "peak_rss_mib": {"schools": peak_mib()},
        "prefect_ui": address,
    }


def _compared(
    out: Path, here: Running, village: Village, dead: Mapping[str, set[str]], looked: Sequence[datetime],
    signed: Sequence[Mapping[str, Any]],
) -> tuple[Verified, int]:  # fmt: skip
    """What was found, of how many states of offices. What officers and operators did joins the manifest."""
    history, manifest = village.history, out / "manifest.jsonl"
    found = verify(
        out, list(here.units.values()), here.campaign, _frozen(here),
        looked=list(looked), forms=here.forms, history=history,
    )  # fmt: skip
    found.differences.extend(check_notices(out, here.forms, max(looked), dead))
    offices = meant_by_offices(
        manifest, here.campaign, here.office.calendar, village.officers, looked, history.parents_at
    )
    add_lines(manifest, [*offices, *(each.as_line() for each in history.changes)])
    found.differences.extend(check_signatures(offices, signed))
    found.differences.extend(check_sent_back(out, max(looked)))
    return found, sum(len(line["milestones"]) for line in offices)


def _scene(plan: Rehearsal, here: Running, village: Village) -> dict[str, Any]:
    return {
        "schools": sum(unit.level == "school" for unit in here.units.values()),
        "units": len(here.units),
        "seed": plan.seed,
        "mix": village.stated_mix(),
        "filled_with_openpyxl": openpyxl_share(len(here.units)),
        "officers": Counter(village.officers.behaviours.values()),
        "moves": Counter(f"{here.units[each.unit].level} {each.kind}" for each in village.history.changes),
    }


def _told(found: Verified) -> dict[str, Any]:
    return {
        "figures_compared": found.compared,
        "differences": found.differences[:MOST_SHOWN],
        "difference_count": len(found.differences),
        "lost": len(found.lost),
        "lost_examples": found.lost[:MOST_SHOWN],
        "duplicates": len(found.duplicates),
        "duplicate_examples": found.duplicates[:MOST_SHOWN],
        "ladder_faults": found.ladder[:MOST_SHOWN],
    }


def _frozen(here: Running) -> dict[str, tuple[Frozen, Figures]]:
    with here.office.store.read() as connection:
        found = snapshots.of_campaign(connection, here.name)
        return {each.milestone: (each, frozen_figures(here, connection, each)) for each in found}


__all__ = ["Verified", "summary"]
