"""A whole campaign against simulated schools: the same flows, store, mail and Prefect pages as the real thing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from oneledger.domain.campaigns import Campaign
from oneledger.domain.errors import RefusedError
from oneledger.domain.units import Unit
from oneledger.settings import Settings, load_campaign
from rehearsal.inventing import invented
from rehearsal.land import land_of
from rehearsal.letter_box import JOURNAL
from rehearsal.plan import Clock, Progress, Rehearsal
from rehearsal.post_office_client import PostOffice, running_post_office
from rehearsal.resuming import check_plan, keep_plan, kept_seconds

CONNECTIONS = 32


def mail_settings(post: PostOffice) -> dict[str, Any]:
    address = "collect@ledger.invalid"
    return {
        "sender": {
            "name": "专项行动办公室",
            "address": address,
            "host": post.host,
            "port": post.port,
            "security": "none",
            "connections": CONNECTIONS,
        },
        "collect": {"address": address, "reply": "plus", "maildir": str(post.collect)},
        "journal": {"bcc": JOURNAL, "maildir": str(post.journal)},
    }


@contextmanager
def environment(out: Path, post: PostOffice, database_url: str = "", files_url: str = "") -> Iterator[Settings]:
    """Our own data folder and mail settings, for this process and what it starts."""
    (out / "mail.yaml").write_text(yaml.safe_dump(mail_settings(post), allow_unicode=True), encoding="utf-8")
    ours = {"ONELEDGER_DATA": str(out / "data"), "ONELEDGER_MAIL": str(out / "mail.yaml")}
    ours |= {"ONELEDGER_DATABASE_URL": database_url, "ONELEDGER_FILES_URL": files_url}
    before = {key: os.environ.get(key) for key in ours}
    os.environ.update(ours)
    try:
        yield Settings()
    finally:
        for key, value in before.items():
            os.environ.pop(key, None) if value is None else os.environ.update({key: value})


def rehearse(plan: Rehearsal, address: str, progress: Progress) -> dict[str, Any]:
    """The summary, also written to DIR/summary.json. A Prefect server must be up; its address is only shown.

    Raises RefusedError where DIR holds something already: a rehearsal never writes over another; and where it is to be
    resumed, but holds none that was interrupted.
    """
    out = plan.out.resolve()
    clock = Clock()
    if plan.is_resumed:
        check_plan(plan)
        clock.seconds.update(kept_seconds(out))
    else:
        _check_empty(out)
        keep_plan(plan)
    with running_post_office(out) as post, environment(out, post, plan.database_url, plan.files_url) as settings:
        from rehearsal.driving import drive  # noqa: PLC0415  Prefect and our flows read the environment on import

        campaign = load_campaign(settings.config, plan.campaign, settings.overrides)
        _check_last(campaign, plan.last)
        return drive(plan, campaign, lambda: _units(plan, campaign, settings), post, clock, address, progress)


def _units(plan: Rehearsal, campaign: Campaign, settings: Settings) -> list[Unit]:
    if plan.units is not None:
        return list(plan.units)
    return invented(land_of(campaign, settings.config), plan.schools, plan.seed)


def _check_last(campaign: Campaign, last: str) -> None:
    keys = [phase.phase for phase in campaign.phases]
    if last and last not in keys:
        raise RefusedError([f"no phase {last}; phases: {', '.join(keys)}"])


def _check_empty(out: Path) -> None:
    taken = sorted(path.name for path in out.iterdir()) if out.exists() else []
    if set(taken) - {"prefect"}:
        raise RefusedError([f"{out} is not empty ({', '.join(taken[:5])}): name another folder, or remove it"])
    out.mkdir(parents=True, exist_ok=True)
