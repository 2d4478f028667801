"""A laboratory: a post office that forces every mail to the disk before its 250, worlds that are copies of one that is
under way, and child processes that can be killed."""

import itertools
import multiprocessing
import os
import shutil
import tempfile
from collections import Counter, defaultdict
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
PATIENCE_SECONDS = 300  # on a machine that others load, too
STUCK = 124  # the exit code of a child that had to be ended
_numbers = itertools.count(1)


@dataclass
class Oracle:
    """What a post office accepted: world -> Message-ID -> copies. Each look reads on from where the last one ended."""

    post: PostOffice
    offset: int = 0
    counted: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def copies(self, name: str) -> Counter[str]:
        """Of one world. Empty name: of all, whoever wrote them."""
        found, self.offset = self.post.deliveries(self.offset)
        for each in found:
            for key in ("", each.message_id[1:].partition(".")[0]):
                self.counted[key][each.message_id] += 1
        return self.counted[name].copy()


@dataclass
class World:
    """One campaign in its own folder and database. ``units``: who must get a mail; ``mails``: what was put in the box;
    ``troubles``: of the experiment itself."""

    lab: "Lab"
    folder: Path
    url: str
    oracle: Oracle
    units: list[str] = field(default_factory=list)
    mails: list[Path] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

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
        return self.ended(process)

    def ended(self, process: ForkServerProcess) -> int:
        """The exit code. A child that does not end is a trouble of its world and stops nobody else."""
        process.join(PATIENCE_SECONDS)
        is_stuck = process.exitcode is None
        if is_stuck:
            process.kill()
            process.join()
            self.troubles.append("a child did not end")
        code = STUCK if is_stuck else process.exitcode
        process.close()
        return code

    def copies(self) -> Counter[str]:
        """What the oracle has of this world's mails, by Message-ID: of a post office of its own, all."""
        return self.oracle.copies(self.name if self.oracle is self.lab.oracle else "")

    def put_in_the_box(self, content: bytes, name: str) -> None:
        """As a mail server does: never half a mail under its name."""
        box = self.folder / "box"
        (box / "tmp" / name).write_bytes(content)
        (box / "tmp" / name).rename(box / "new" / name)
        kept = self.folder / "sent in" / name
        kept.write_bytes(content)
        self.mails.append(kept)

    def settings(self, *, port: int = 0, connections: int = 1, **changes: Any) -> None:
        mail = yaml.safe_load((CONFIG / "mail.yaml").read_text(encoding="utf-8"))
        post = self.oracle.post
        mail["sender"] |= {"port": port or post.port, "address": ADDRESS, "connections": connections}
        mail |= {"per_second": None, "per_15_minutes": None, "per_day": None, "low_water_mb": 1}
        mail["collect"]["maildir"] = str(self.folder / "box")
        mail["journal"] = {"bcc": JOURNAL, "maildir": str(post.journal)}
        (self.folder / "mail.yaml").write_text(yaml.safe_dump(mail | changes), encoding="utf-8")

    @contextmanager
    def store(self) -> Iterator[Store]:
        store = open_store(self.url, self.folder / "data")
        try:
            yield store
        finally:
            store.close()


@dataclass
class Lab:
    """``server``: the address of a PostgreSQL; empty: SQLite."""

    folder: Path
    post: PostOffice
    server: str = ""
    context: Any = field(default_factory=lambda: multiprocessing.get_context("forkserver"))
    template: Path = field(init=False)
    oracle: Oracle = field(init=False)
    last: World | None = None
    armed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.oracle = Oracle(self.post)
        self.context.set_forkserver_preload(["__main__", "tests.torture.catalogue"])
        self.template = self.folder / "template"
        (self.template / "data").mkdir(parents=True)
        self._arm(self.template, 0)
        self.answered = self.folder / "answered"
        self._arm(self.answered, 3)

    def _arm(self, folder: Path, mails: int) -> None:
        """Always made on SQLite; on PostgreSQL each world is armed anew."""
        folder.mkdir(exist_ok=True)
        world = World(self, folder, "", self.oracle)
        world.settings()
        (code,) = [world.run("arm", str(folder), mails)]
        assert code == 0, (folder / "log").read_text()

    def sending(self, units: int, **settings: Any) -> World:
        world = self._world(self.template)
        world.settings(**settings)
        plan(world, units)
        return world

    def collecting(self, post: PostOffice | None = None, *, is_small: bool = False, **settings: Any) -> World:
        """``post``: a post office of its own, when it sends, too. ``is_small``: one answer, it again, and rubbish."""
        world = self._world(self.answered, post)
        world.settings(**settings)
        for part in ("box/tmp", "box/new", "box/cur", "sent in"):
            (world.folder / part).mkdir(parents=True)
        for each in sorted((self.answered / "mails").iterdir())[:: 2 if is_small else 1]:
            world.put_in_the_box(each.read_bytes(), each.name)
        return world

    def _world(self, template: Path, post: PostOffice | None = None) -> World:
        self._clear_away()
        folder = self.folder / f"w{next(_numbers)}"
        folder.mkdir()
        world = World(self, folder, "", Oracle(post) if post else self.oracle)
        self.last = world
        if not self.server:
            shutil.copytree(template / "data", folder / "data")
            return world
        (folder / "data").mkdir()
        world.url = self._database(template)
        return world

    def _clear_away(self) -> None:
        """Worlds lie in memory, and a look into the journal reads all that is there."""
        if self.last is not None:
            shutil.rmtree(self.last.folder, ignore_errors=True)
            if self.last.url:
                self._administer(f"DROP DATABASE IF EXISTS {make_url(self.last.url).database} WITH (FORCE)")
        for each in (self.post.journal / "new").iterdir():
            each.unlink()

    def _database(self, template: Path) -> str:
        """A copy of the armed campaign; made once for each template, then by PostgreSQL itself."""
        ready = f"armed_{template.name}_{os.getpid()}"
        name = f"w{os.getpid()}_{next(_numbers)}"
        if ready not in self.armed:
            self._administer(f"CREATE DATABASE {ready}")
            self._arm_postgres(template, make_url(self.server).set(database=ready))
            self.armed.add(ready)
        self._administer(f"CREATE DATABASE {name} TEMPLATE {ready}")
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)

    def _administer(self, statement: str) -> None:
        engine = create_engine(self.server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

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
        tempfile.TemporaryDirectory(prefix="torture-", dir=place(), ignore_cleanup_errors=True) as folder,
        running_post_office(Path(folder) / "post", fsync=True) as post,
    ):
        yield Lab(Path(folder), post, server)


def plan(world: World, units: int) -> None:
    world.units = [f"{number:010}" for number in range(units)]
    with world.store() as store, store.write() as connection:
        assert outbox.plan(connection, planned(units, world.name)) == units


RECOVERY = (31, 47, 78, 80, 95, 126, 130)
"""Minutes after the start: the leases have ended, the first look, the second, and the same once more."""
