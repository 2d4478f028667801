"""Issue 5 of 6, done when 4, and 6 of 6 D: two workers on PostgreSQL, mails archived in an object store, finish one campaign
together, nothing sent twice, figures equal the manifest. Two processes take every look of it at the same moment."""

import json

import fsspec.config

from oneledger.adapters.archive import path_of
from oneledger.adapters.place_objects import Objects
from oneledger.store import copies
from oneledger.store.database import open_store
from tests.postgres import fresh_database
from tests.rehearsed_city import rehearse_in_a_process_of_its_own


def test_two_workers_on_postgresql_finish_one_campaign_together(tmp_path, postgres_url, bucket, monkeypatch):
    monkeypatch.setenv("FSSPEC_S3", json.dumps(bucket.fsspec))
    database, files = fresh_database(postgres_url), bucket.url()
    options = ("last=deploy", "workers=2", f"database={database}", f"files={files}")
    rehearse_in_a_process_of_its_own(tmp_path / "out", options)
    told = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert told["differences"] == []
    assert [told["lost"], told["duplicates"], told["ladder_faults"], told["complaints"]] == [0, 0, [], []]
    assert told["delivered_twice"] == 0
    assert [bool(each["sent"] and each["taken_in"]) for each in told["workers"]] == [True, True]
    assert told["is_true"]
    monkeypatch.setitem(fsspec.config.conf, "s3", bucket.fsspec)
    kept = {path.removesuffix(".sealed") for folder in ("archive", "reports") for path in Objects(files).paths(folder)}
    assert kept == named(database, tmp_path)
    shown = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out" / "reports").rglob("*.*")}
    assert shown == {path for path in kept if path.startswith("reports/")}
    assert not any((tmp_path / "out" / "data" / folder).exists() for folder in ("archive", "reports"))


def named(database, folder) -> set[str]:
    store = open_store(database, folder)
    with store.read() as connection:
        found = {path_of(sha) for sha in copies.archived(connection)} | copies.reports(connection)
    store.close()
    return found
