"""Real parts for tests: a store on SQLite and on PostgreSQL, the project's own definitions."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from oneledger.domain.campaigns import Campaign
from oneledger.domain.work_calendar import WorkCalendar
from oneledger.settings import load_calendar, load_campaign
from oneledger.store.database import Store, open_store

if TYPE_CHECKING:
    from tests.object_store import Bucket

pytest_plugins = ["tests.rehearsed_city"]

settings.register_profile("oneledger", deadline=None)  # these machines are noisy: no test fails on time
settings.load_profile("oneledger")


LONG = ("torture", "leaks", "serving", "audit", "whole_way", "two_workers", "own_rehearsal", "resuming", "tracing")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first on every worker, so that none is left with them at the end: `worksteal` cuts the list into as
    many pieces as there are workers."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [[item for item in items if f"test_{name}." in item.nodeid] for name in LONG]
    others = [item for item in items if not any(f"test_{name}." in item.nodeid for name in LONG)]
    piece = -(-len(items) // workers)
    ordered: list[pytest.Item] = []
    for first in range(workers):
        ordered += [item for some in long[first::workers] for item in some]
        room = max(0, (first + 1) * piece - len(ordered))
        ordered += others[:room]
        del others[:room]
    items[:] = ordered + others


CONFIG = Path(__file__).parent.parent / "config"


@pytest.fixture(scope="session")
def calendar() -> WorkCalendar:
    return load_calendar(CONFIG)


@pytest.fixture(scope="session")
def liaoning() -> Campaign:
    return load_campaign(CONFIG, "liaoning-2021")


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of this test process alone, ended with it."""
    from tests.postgres import running_postgres

    with running_postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(scope="session")
def bucket() -> Iterator["Bucket"]:
    """An object store of this test process alone, ended with it."""
    from tests.object_store import object_store

    with object_store() as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, one of each kind; empty: SQLite in the data folder."""
    if request.param == "sqlite":
        return ""
    from tests.postgres import fresh_database

    return fresh_database(request.getfixturevalue("postgres_url"))


@pytest.fixture
def store(database: str, tmp_path: Path) -> Iterator[Store]:
    """An empty store on either database: every rule of the store holds on both."""
    opened = open_store(database, tmp_path)
    yield opened
    opened.close()
