"""A laboratory: a post office that forces every mail to the disk before its 250, worlds that are copies of one that is
under way, and child processes that can be killed."""

import itertools
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import create_engine, make_url, text

from oneledger.store import outbox
from oneledger.store.database import Store, open_store
from rehearsal.post_office_client import PostOffice, running_post_office
from tests.conftest import CONFIG
from tests.torture.jobs import ADDRESS, child, planned

JOURNAL = "journal@ledger.invalid"
OURS = ("ONELEDGER_CONFIG", "ONELEDGER_DATA", "ONELEDGER_MAIL", "ONELEDGER_DATABASE_URL", "TORTURE_LOG")
PATIENCE_SECONDS = 60
_numbers = itertools.count(1)


@dataclass
class World:
    """One campaign in its own folder and database. ``units``: who must get a mail; ``mails``: what was put in the box."""

    lab: "Lab"
    folder: Path
    url: str
    units: list[str] = field(default_factory=list)
    mails: list[Path] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def environment(self) -> dict[str, str]:
        values = (
            self.lab.template / "config",
            self.folder / "data",
            self.folder / "mail.yaml",
            self.url,
            self.folder / "log",
        )
        return dict(zip(OURS, map(str, values), strict=True)) | {"ONELEDGER_IMAP_PASSWORD": "demopass"}

    def start(
        self, job: str, *args: Any, fault: str = "", act: str = "", at: int = 0, only: str = ""
    ) -> ForkServerProcess:
        process = self.lab.context.Process(target=child, args=(self.environment, job, args, fault, act, at, only))
        process.start()
        return process

    def run(self, job: str, *args: Any, fault: str = "", act: str = "", at: int = 0, only: str = "") -> int:
        """The exit code; below 0 the signal that ended it."""
        process = self.start(job, *args, fault=fault, act=act, at=at, only=only)
        return ended(process)

    def settings(self, *, port: int = 0, **changes: Any) -> None:
        mail = yaml.safe_load((CONFIG / "mail.yaml").read_text(encoding="utf-8"))
        mail["sender"] |= {"port": port or self.lab.post.port, "address": ADDRESS}
        mail |= {"per_second": None, "per_15_minutes": None, "per_day": None, "low_water_mb": 1}
        mail["collect"]["maildir"] = str(self.folder / "box")
        mail["journal"] = {"bcc": JOURNAL, "maildir": str(self.lab.post.journal)}
        (self.folder / "mail.yaml").write_text(yaml.safe_dump(mail | changes), encoding="utf-8")

    @contextmanager
    def store(self) -> Iterator[Store]:
        store = open_store(self.url, self.folder / "data")
        try:
            yield store
        finally:
            store.close()


def ended(process: ForkServerProcess) -> int:
    process.join(PATIENCE_SECONDS)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise TimeoutError("a child did not end")
    code = process.exitcode
    process.close()
    return code


@dataclass
class Lab:
    """``server``: the address of a PostgreSQL; empty: SQLite."""

    folder: Path
    post: PostOffice
    server: str = ""
    context: Any = field(default_factory=lambda: multiprocessing.get_context("forkserver"))
    template: Path = field(init=False)

    def __post_init__(self) -> None:
        self.context.set_forkserver_preload(["tests.torture.jobs"])
        self.template = self.folder / "template"
        (self.template / "data").mkdir(parents=True)
        self._arm(self.template, 0)
        self.answered = self.folder / "answered"
        self._arm(self.answered, 3)

    def _arm(self, folder: Path, mails: int) -> None:
        """Always made on SQLite; on PostgreSQL each world is armed anew."""
        folder.mkdir(exist_ok=True)
        world = World(self, folder, "")
        world.settings()
        (code,) = [world.run("arm", str(folder), mails)]
        assert code == 0, (folder / "log").read_text()

    def sending(self, units: int, **settings: Any) -> World:
        world = self._world(self.template)
        world.settings(**settings)
        world.units = [f"{number:010}" for number in range(units)]
        with world.store() as store, store.write() as connection:
            assert outbox.plan(connection, planned(units, world.name)) == units
        return world

    def collecting(self, **settings: Any) -> World:
        world = self._world(self.answered)
        world.settings(**settings)
        box = world.folder / "box" / "new"
        for part in ("new", "cur"):
            (world.folder / "box" / part).mkdir(parents=True)
        for each in sorted((self.answered / "mails").iterdir()):
            world.mails.append(Path(shutil.copy(each, box / each.name)))
        world.mails = [Path(each) for each in sorted((self.answered / "mails").iterdir())]
        return world

    def _world(self, template: Path) -> World:
        folder = self.folder / f"w{next(_numbers)}"
        folder.mkdir()
        if not self.server:
            shutil.copytree(template / "data", folder / "data")
            return World(self, folder, "")
        (folder / "data").mkdir()
        return World(self, folder, self._database(template))

    def _database(self, template: Path) -> str:
        """A copy of the armed campaign; made once for each template, then by PostgreSQL itself."""
        ready = f"armed_{template.name}_{os.getpid()}"
        name = f"w{os.getpid()}_{next(_numbers)}"
        engine = create_engine(self.server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            if not connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :n"), {"n": ready}).first():
                connection.execute(text(f"CREATE DATABASE {ready}"))
                self._arm_postgres(template, make_url(self.server).set(database=ready))
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {ready}"))
        engine.dispose()
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)

    def _arm_postgres(self, template: Path, url: Any) -> None:
        from oneledger.store.schema import metadata

        target, source = (
            open_store(url.render_as_string(hide_password=False), template),
            open_store("", template / "data"),
        )
        with source.read() as reading, target.write() as writing:
            for table in metadata.sorted_tables:
                rows = [dict(row) for row in reading.execute(table.select()).mappings()]
                if rows:
                    writing.execute(table.insert(), rows)
        with target.write() as writing:
            for table in metadata.sorted_tables:
                for column in table.primary_key.columns:
                    if column.name == "id" and column.type.python_type is int:
                        writing.execute(text(
                            f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), (SELECT max(id) FROM {table.name}))"
                        ))  # fmt: skip
        target.close()
        source.close()


def place() -> str | None:
    """In memory where there is such a disk: a killed process loses nothing that it wrote, only a machine would."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@contextmanager
def laboratory(server: str = "") -> Iterator[Lab]:
    with (
        tempfile.TemporaryDirectory(prefix="torture-", dir=place()) as folder,
        running_post_office(Path(folder) / "post", fsync=True) as post,
    ):
        yield Lab(Path(folder), post, server)


def copies(lab: Lab, world: World) -> dict[str, int]:
    """What the oracle has of this world's mails, by Message-ID."""
    counted: dict[str, int] = {}
    for each in lab.post.deliveries()[0]:
        if each.message_id.startswith(f"<{world.name}."):
            counted[each.message_id] = counted.get(each.message_id, 0) + 1
    return counted


RECOVERY = (31, 47, 78, 80, 95, 126, 130)
"""Minutes after the start: the leases have ended, the first look, the second, and the same once more."""
