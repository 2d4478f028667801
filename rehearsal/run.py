"""A whole campaign against simulated schools: the same flows, store, mail and Prefect pages as the real thing."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from oneledger.domain.campaigns import Campaign
from oneledger.domain.units import Unit
from oneledger.settings import Settings, load_calendar, load_campaign
from rehearsal.post_office_client import PostOffice, running_post_office
from rehearsal.province import make_province

Progress = Callable[[str, int, int], None]  # what, done, of how many
EXEMPT = 2  # schools excused from the start


@dataclass
class Clock:
    """Seconds by step; the simulated schools' own time is kept apart from the pipeline's."""

    seconds: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[step] += time.perf_counter() - start

    @property
    def pipeline(self) -> float:
        return sum(seconds for step, seconds in self.seconds.items() if not step.startswith("schools"))


def mail_settings(post: PostOffice) -> dict[str, Any]:
    address = "collect@ledger.invalid"
    return {
        "sender": {
            "name": "专项行动办公室",
            "address": address,
            "host": post.host,
            "port": post.port,
            "security": "none",
        },
        "collect": {"address": address, "reply": "plus", "maildir": str(post.collect)},
    }


@contextmanager
def environment(out: Path, post: PostOffice) -> Iterator[Settings]:
    """Our own data folder and mail settings, for this process and what it starts."""
    (out / "mail.yaml").write_text(yaml.safe_dump(mail_settings(post), allow_unicode=True), encoding="utf-8")
    ours = {"ONELEDGER_DATA": str(out / "data"), "ONELEDGER_MAIL": str(out / "mail.yaml"), "ONELEDGER_DATABASE_URL": ""}
    before = {key: os.environ.get(key) for key in ours}
    os.environ.update(ours)
    try:
        yield Settings()
    finally:
        for key, value in before.items():
            os.environ.pop(key, None) if value is None else os.environ.update({key: value})
