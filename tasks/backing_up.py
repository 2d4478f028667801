"""A backup while everything runs, and its return in HOLD. The database is copied first: whatever it names was archived
before, so the files copied after it are never too few."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from oneledger.adapters import backup_folder, postgres_tools
from oneledger.adapters.archive import FOLDER as ARCHIVE, Archive, path_of
from oneledger.adapters.backup_folder import MANIFEST, copied, described, read_manifest, written
from oneledger.adapters.place import Place
from oneledger.adapters.place_folder import Folder
from oneledger.adapters.place_objects import Objects
from oneledger.domain.errors import RefusedError
from oneledger.settings import Settings
from oneledger.store import copies, holding
from oneledger.store.database import Store, open_store, slices
from tasks.auditing import verify
from tasks.office import files_of

FORMAT = 1
FOLDERS = (ARCHIVE, "reports")
SQLITE, POSTGRES = "oneledger.db", "oneledger.pgdump"
LEFT_OUT = {
    "seal.key": "封存密钥不在备份内，请与备份分开另行保管；没有它，已封存的来件和字段打不开",
    "config": "config/ 和密码不在备份内，请另行保管",
    "prefect": "Prefect 的数据库不在备份内：它只是时钟，可以重建",
}
RESTORED_BY, RESTORED_FOR = "oneledger restore", "由备份恢复：备份之后发出的邮件还没有与存证邮箱核对"


@dataclass(frozen=True)
class Kept:
    """What a backup brought back, before it has a name."""

    store: Store
    archive: Archive


def back_up(settings: Settings, folder: Path, at: datetime) -> dict[str, Any]:
    """The manifest. ``missing``: what the database names and the disk has no more; the backup stands all the same."""
    if not settings.database_url and not (settings.data / SQLITE).is_file():
        raise RefusedError([f"{settings.data / SQLITE}：没有数据库，无可备份"])
    aside = backup_folder.started(folder)
    store = open_store(settings.database_url, settings.data)
    database = POSTGRES if settings.database_url else SQLITE
    with store.read() as connection:  # before the copy: what is named now is archived already
        named = copies.archived(connection), copies.reports(connection)
    if settings.database_url:
        postgres_tools.dump(settings.database_url, aside / database)
    else:
        copies.copy_sqlite(store, aside / database)
    store.close()
    files = {database: described(aside / database), **_copy_files(settings, aside)}
    manifest = {
        "format": FORMAT,
        "made_at": at.isoformat(),
        "database": database,
        "left_out": LEFT_OUT,
        "missing": _missing(files, *named),
        "damaged": [path for path, known in files.items() if _is_another(path, known["sha256"])],
        "files": files,
    }
    backup_folder.write_manifest(aside, manifest)
    backup_folder.finished(aside, folder)
    return manifest


def _copy_files(settings: Settings, aside: Path) -> dict[str, dict[str, Any]]:
    """Twice through: a mail that was sealed meanwhile has another name the second time."""
    files: dict[str, dict[str, Any]] = {}
    place = files_of(settings)
    for path in (path for _ in range(2) for folder in FOLDERS for path in place.paths(folder)):
        if path not in files:
            try:
                files[path] = written(aside, path, [place.read(path)])
            except FileNotFoundError:
                continue  # deleted on record, or sealed
    return files


def _missing(files: dict[str, Any], hashes: set[str], paths: set[str]) -> list[str]:
    archived = map(path_of, hashes)
    gone = [path for path in archived if path not in files and f"{path}.sealed" not in files]
    return sorted([*gone, *(paths - files.keys())])


def _is_another(path: str, sha: str) -> bool:
    """An archived file is named by its hash; a sealed one is proved by its own seal when it is opened."""
    name = path.rsplit("/", 1)[-1]
    return path.startswith(f"{ARCHIVE}/") and "." not in name and name != sha


def restore(
    folder: Path, data: Path, url: str, at: datetime, *, files_url: str = "", despite_faults: bool = False,
    say: Callable[[str], None] = lambda _words: None,
) -> dict[str, Any]:  # fmt: skip
    """What the trail says of what was brought back. It is in HOLD before ``data`` has its name.

    Raises RefusedError with every fault; then nothing is left at ``data``. A PostgreSQL database must be empty.
    ``files_url``: an object store gets what it lacks, once all of it was proved here; nothing in it is written over.
    """
    manifest = read_manifest(folder)
    is_postgres = manifest["database"] == POSTGRES
    if is_postgres != bool(url):
        wanted = (
            "请用 ONELEDGER_DATABASE_URL 给出一个空的 PostgreSQL 数据库"
            if is_postgres
            else "请去掉 ONELEDGER_DATABASE_URL"
        )
        raise RefusedError([f"{folder / MANIFEST}：备份的是 {manifest['database']}；{wanted}"])
    aside = backup_folder.started(data)
    say("核对校验值并复制 …")
    for path in manifest["files"]:
        if (folder / path).is_file() and not (folder / path).is_symlink():
            copied(folder, aside, path)
    faults = backup_folder.damaged(aside, manifest["files"].items())
    if faults:
        raise RefusedError(faults)
    say("核对数据库和审计链 …")
    if is_postgres:
        postgres_tools.load(url, aside / POSTGRES, aside, holding.as_script(by=RESTORED_BY, reason=RESTORED_FOR))
        (aside / POSTGRES).unlink()
    told = _checked(Kept(open_store(url, aside), Archive.under(aside)), manifest, at)
    if told["faults"] and not despite_faults:
        raise RefusedError([*told["faults"], f"未恢复（{aside} 可供查看）；确认要用这份备份时加 --despite-faults"])
    if files_url:
        say("存入对象存储 …")
        _bring_into(Objects(files_url), aside)
    backup_folder.finished(aside, data)
    return told


def _bring_into(place: Place, data: Path) -> None:
    """What is there then lies here no more."""
    here = Folder(data)
    for folder in FOLDERS:
        for paths in slices(here.paths(folder)):
            held = place.sizes(paths)
            place.keep({path: here.read(path) for path in paths if path not in held}, held)
        shutil.rmtree(data / folder, ignore_errors=True)


def _checked(kept: Kept, manifest: dict[str, Any], at: datetime) -> dict[str, Any]:
    """In HOLD first, then looked at."""
    try:
        broken = copies.faults_of(kept.store)
        if broken:
            raise RefusedError([f"数据库已损坏：{each}" for each in broken])
        with kept.store.write() as connection:
            holding.hold(connection, at, by=RESTORED_BY, reason=RESTORED_FOR)
        told = verify(kept)
        with kept.store.read() as connection:
            gone = _missing(manifest["files"], copies.archived(connection), copies.reports(connection))
        told["faults"] = list(dict.fromkeys([*told["faults"], *(f"{path}：数据库里有，备份里没有" for path in gone)]))
        return told
    finally:
        kept.store.close()
