"""A backup as a folder: what was copied, and a manifest with the hash of each file. Readable by the owner only."""

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from oneledger.adapters.forced import sync_folder, write_new
from oneledger.domain.errors import RefusedError

MANIFEST = "manifest.json"
PARTIAL = ".partial"  # a folder that is not whole yet
_PIECE = 1 << 20


def make_private(folder: Path) -> Path:
    """Raises RefusedError where something is there already: nothing is ever written over."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RefusedError([f"{folder}：已经存在且不是空目录，请另选一个目录"])
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return folder


def started(folder: Path) -> Path:
    """Where to build it; ``finished`` gives it its name."""
    make_private(folder).rmdir()
    aside = folder.with_name(folder.name + PARTIAL)
    if aside.exists():
        shutil.rmtree(aside)  # of an attempt that did not end
    return make_private(aside)


def finished(aside: Path, folder: Path) -> None:
    for place, _, _ in os.walk(aside):
        sync_folder(Path(place))
    aside.rename(folder)
    sync_folder(folder.parent)


def copied(source: Path, target: Path, path: str) -> dict[str, Any]:
    """{sha256, bytes} of what was copied. Raises FileNotFoundError where it is gone."""
    with (source / path).open("rb") as opened:
        return written(target, path, iter(lambda: opened.read(_PIECE), b""))


def written(target: Path, path: str, pieces: Iterable[bytes]) -> dict[str, Any]:
    """{sha256, bytes} of them. Raises FileExistsError: nothing is written over."""
    digest = sha256()

    def digested() -> Iterator[bytes]:
        for piece in pieces:
            digest.update(piece)
            yield piece

    end = target / path
    _make_folders(target, end.parent)
    write_new(end, digested())
    return {"sha256": digest.hexdigest(), "bytes": end.stat().st_size}


def described(path: Path) -> dict[str, Any]:
    with path.open("rb") as opened:
        digest, size = sha256(), 0
        while piece := opened.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return {"sha256": digest.hexdigest(), "bytes": size}


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    write_new(folder / MANIFEST, [json.dumps(manifest, ensure_ascii=False, indent=1).encode()])


def read_manifest(folder: Path) -> dict[str, Any]:
    """Raises RefusedError for what is no backup of ours, or names a file outside itself."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        paths = [PurePosixPath(path) for path in manifest["files"]]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise RefusedError([f"{folder}：不是备份目录（{MANIFEST}: {fault}）"]) from fault
    outside = [str(path) for path in paths if path.is_absolute() or ".." in path.parts]
    if outside:
        raise RefusedError([f"{folder}：清单里的 {path} 不在备份目录内" for path in outside])
    return manifest


def damaged(folder: Path, files: Iterable[tuple[str, dict[str, Any]]]) -> list[str]:
    """Every file of the manifest that is missing, a link, or no longer what it was."""
    found = []
    for path, known in files:
        place = folder / path
        if place.is_symlink() or not place.is_file():
            found.append(f"{path}：缺失")
        elif described(place) != {key: known[key] for key in ("sha256", "bytes")}:
            found.append(f"{path}：内容与清单的校验值不符")
    return found


def _make_folders(root: Path, folder: Path) -> None:
    for each in [*reversed(folder.relative_to(root).parents), folder.relative_to(root)]:
        (root / each).mkdir(mode=0o700, exist_ok=True)
