import base64
import hashlib
import os
import re
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec.config
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from oneledger.adapters.archive import Archive, ArchiveDamagedError, path_of
from oneledger.adapters.place_objects import Objects
from oneledger.adapters.sealing import Sealer, SealError
from oneledger.domain.errors import RefusedError
from tests.object_store import UNREACHABLE


@pytest.fixture
def folder(tmp_path):
    return Archive.under(tmp_path / "data")


@pytest.fixture(params=["a folder", "an object store"])
def archive(request, tmp_path, monkeypatch):
    """Whatever the archive promises holds wherever its files lie."""
    if request.param == "a folder":
        return Archive.under(tmp_path / "data")
    bucket = request.getfixturevalue("bucket")
    monkeypatch.setitem(fsspec.config.conf, "s3", bucket.fsspec)
    return Archive(Objects(bucket.url()), Sealer(tmp_path / "data" / "seal.key"))


def files_under(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_file_is_named_by_its_sha256_and_lies_two_folders_deep(archive):
    sha = hashlib.sha256(b"mail").hexdigest()
    assert archive.put(b"mail") == sha
    assert list(archive.place.paths("archive")) == [path_of(sha)] == [f"archive/{sha[:2]}/{sha[2:4]}/{sha}"]
    assert archive.place.read(path_of(sha)) == b"mail"


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=50), max_size=6))
def test_every_file_of_a_batch_is_named_in_order_and_read_back_as_it_was(archive, contents):
    names = archive.put_many(contents)
    assert [archive.get(name) for name in names] == contents


def test_putting_the_same_bytes_again_writes_nothing(archive, monkeypatch):
    kept, keep = [], archive.place.keep
    monkeypatch.setattr(
        archive.place, "keep", lambda contents, held=(): (kept.append(set(contents)), keep(contents, held))
    )
    sha = archive.put(b"mail")
    archive.put_many([b"mail", b"mail"])
    assert kept == [{path_of(sha)}, set()]


def test_only_the_owner_may_read(folder, tmp_path):
    old = os.umask(0)
    try:
        folder.put(b"mail")
    finally:
        os.umask(old)
    root = tmp_path / "data"
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in [root, *root.rglob("*")]}
    assert modes == {(True, 0o700), (False, 0o600)}


def test_a_file_cut_short_on_the_disk_is_mended_by_putting_it_again(archive):
    sha = archive.put(b"mail")
    archive.place.keep({path_of(sha): b"ma"})
    archive.put(b"mail")
    assert archive.get(sha) == b"mail"


def test_a_file_that_changed_on_the_disk_is_not_handed_out(archive):
    sha = archive.put(b"mail")
    archive.place.keep({path_of(sha): b"liam"})
    with pytest.raises(ArchiveDamagedError, match=f"archive: {sha} has changed on the disk"):
        archive.get(sha)


def test_a_missing_file_is_told_by_its_name(archive):
    with pytest.raises(ArchiveDamagedError, match=f"archive: {'0' * 64} is missing"):
        archive.get("0" * 64)


@pytest.mark.parametrize("sha", ["", "../../etc/passwd", "0" * 63, "0" * 64 + "\n", "A" * 64])
def test_no_other_name_leads_into_the_disk(sha):
    with pytest.raises(ValueError, match="is no name of an archived file"):
        path_of(sha)


def test_two_writers_of_the_same_bytes_do_not_disturb_each_other(archive):
    contents = [bytes([n]) * 100 for n in range(20)]
    with ThreadPoolExecutor(4) as pool:
        names = list(pool.map(archive.put_many, [contents] * 4))
    assert [archive.get(name) for name in names[0]] == contents
    assert names == [names[0]] * 4


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from oneledger.adapters.archive import Archive
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    Archive.under(Path(sys.argv[1])).put_many([b"small", b"x" * 2000])
except OSError:
    print("told")
"""


def test_when_the_disk_takes_no_more_nothing_of_the_batch_has_a_name(tmp_path):
    root = tmp_path / "data"
    run = subprocess.run([sys.executable, "-c", FULL_DISK, str(root)], capture_output=True, text=True, check=True)
    assert (run.stdout, files_under(root)) == ("told\n", [])


def test_a_file_is_synced_before_it_gets_its_name_and_its_folder_afterwards(folder, tmp_path, monkeypatch):
    folder.put(b"another")  # so that the folders above are there
    root, deeds = tmp_path / "data", []
    sync, rename = os.fsync, os.rename

    def watched_sync(handle):
        name = Path(f"/proc/self/fd/{handle}").readlink()
        deeds.append("sync file" if name.is_file() else f"sync {os.path.relpath(name, root)}")
        sync(handle)

    def watched_rename(source, target):
        deeds.append("rename")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", watched_sync)
    monkeypatch.setattr(os, "rename", watched_rename)
    sha = folder.put(b"mail")
    assert deeds[:2] == ["sync file", "rename"]
    assert set(deeds[2:]) == {"sync archive", f"sync archive/{sha[:2]}", f"sync archive/{sha[:2]}/{sha[2:4]}"}


def test_what_is_sealed_is_read_by_programs_and_lies_nowhere_in_the_clear(archive):
    """Issue 3 of 6 G: twice is the same as once, and the same bytes put again are not written in the clear."""
    sha = archive.put(b"a pupil's name")
    for _ in range(2):
        archive.seal(sha)
    assert archive.put(b"a pupil's name") == sha
    assert (archive.get(sha), archive.is_sealed(sha), archive.has_sealed()) == (b"a pupil's name", True, True)
    assert [b"name" in archive.place.read(path) for path in archive.place.paths("archive")] == [False]


def test_a_seal_opens_with_its_own_key_and_name_only(archive, tmp_path):
    """T18: whoever has the disk without the key has nothing."""
    one, other = archive.put(b"one"), archive.put(b"other")
    for sha in (one, other):
        archive.seal(sha)
    archive.place.keep({f"{path_of(one)}.sealed": archive.place.read(f"{path_of(other)}.sealed")})
    with pytest.raises(SealError):
        archive.get(one)
    (tmp_path / "data" / "seal.key").unlink()
    with pytest.raises(SealError):
        Archive(archive.place, Sealer(tmp_path / "data" / "seal.key")).get(other)


def test_the_key_is_its_owners_and_many_processes_agree_on_it(tmp_path):
    sealers = [Sealer(tmp_path / "keys" / "seal.key") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        sealed = list(pool.map(lambda each: each.seal(b"x", "n"), sealers))
    assert [Sealer(tmp_path / "keys" / "seal.key").open(each, "n") for each in sealed] == [b"x"] * 8
    assert stat.S_IMODE((tmp_path / "keys" / "seal.key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["seal.key"]


def test_a_key_of_the_environment_needs_no_file_and_must_be_whole(tmp_path):
    key = base64.b64encode(b"k" * 32).decode()
    sealed = Sealer(tmp_path / "seal.key", key).seal(b"x", "n")
    assert (Sealer(tmp_path / "other.key", key).open(sealed, "n"), list(tmp_path.iterdir())) == (b"x", [])
    with pytest.raises(SealError, match="32 bytes"):
        Sealer(tmp_path / "seal.key", key[:-8]).seal(b"x", "n")


def test_what_is_removed_is_gone_sealed_or_not(archive):
    names = [archive.put(b"one"), archive.put(b"other")]
    archive.seal(names[0])
    for sha in (*names, *names):
        archive.remove(sha)
    for sha in names:
        with pytest.raises(ArchiveDamagedError):
            archive.get(sha)


def test_a_damaged_file_leaves_its_name_and_stays_to_look_at(archive):
    sha = archive.put(b"mail")
    archive.place.keep({path_of(sha): b"liam"})
    archive.set_aside(sha)
    assert list(archive.place.paths("archive")) == [f"archive/corrupt/{sha}"]
    assert (archive.place.read(f"archive/corrupt/{sha}"), archive.get(archive.put(b"mail"))) == (b"liam", b"mail")


def test_an_object_store_that_does_not_answer_is_an_error_of_the_place_and_no_damaged_file(monkeypatch):
    """Principle 4: nothing of the batch has a name; issue 6 of 6 D."""
    monkeypatch.setitem(fsspec.config.conf, "s3", UNREACHABLE)
    place = Objects("s3://ledger/away")
    for asked in (lambda: place.read("a"), lambda: place.keep({"a": b"x"}), lambda: place.sizes(["a"])):
        with pytest.raises(OSError, match=r"127\.0\.0\.1:9"):
            asked()


@pytest.mark.parametrize("url", ["nowhere://a/b", "file:///srv/archive", "/srv/archive"])
def test_an_address_that_is_no_object_store_is_refused(url):
    with pytest.raises(RefusedError, match=re.escape(f"ONELEDGER_FILES_URL={url}")):
        Objects(url)
