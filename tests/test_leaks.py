"""Where people's words end up in a whole campaign: real flows, Prefect, SMTP, database, reports, logs, temporary files
(issue 3 of 6 G, issue 5 of 6 F; reliability.md E22, T17, T18)."""

import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from tests.leak_search import hits, hits_in

ROOT = Path(__file__).parent.parent
OURS = "collect@ledger.invalid"


def rehearse(out: Path) -> dict[str, dict[str, str]]:
    """What was planted: word -> the unit that wrote it, by kind."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ONELEDGER_", "PREFECT_"))}
    command = [sys.executable, "-m", "tests.rehearse_leaks", str(out)]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500, check=False)
    planted = out.with_name(f"{out.name}-planted.json")
    assert planted.exists(), ended.stderr[-3000:]
    return json.loads(planted.read_text(encoding="utf-8"))


def is_mail_of_a_unit(place: str) -> bool:
    """As the mail provider keeps it: outside the program."""
    return place.startswith(("collect/", "mail/"))


def test_what_units_write_of_people_stands_in_sealed_originals_and_goes_back_to_nobody_else(tmp_path):
    """One run, because it is dear: some 250 planted names, cards, phones and 学籍号 of pupils and of staff."""
    out = tmp_path / "out"
    planted = rehearse(out)
    pupils, staff = list(planted["pupils"]), list(planted["staff"])
    assert len(pupils) + len(staff) >= 200
    deliveries = [json.loads(line) for line in (out / "delivered.jsonl").read_text(encoding="utf-8").splitlines()]
    ours = {each["file"]: each for each in deliveries if each["sender"] == OURS}

    found = hits(tmp_path, [*pupils, *staff])  # also TMPDIR
    assert {place for place in found if not place.startswith("out/")} == {"out-planted.json"}
    of_pupils = {
        place.removeprefix("out/"): words & set(pupils) for place, words in found.items() if words & set(pupils)
    }
    came = {place for place in of_pupils if is_mail_of_a_unit(place)} - set(ours)
    assert set(of_pupils) - {"out-planted.json"} == came
    assert set().union(*(of_pupils[place] for place in came)) == set(pupils)  # every plant was sent in

    with sqlite3.connect(out / "data" / "oneledger.db") as store:
        sealed = store.execute("SELECT i.uid FROM quarantine q JOIN inbox i ON i.id = q.inbox").fetchall()
        originals = store.execute("SELECT sha256 FROM quarantine WHERE deleted_at IS NULL").fetchall()
    boxed = {Path(place).name.partition(":")[0] for place in came if place.startswith("collect/")}
    assert {uid for (uid,) in sealed} == boxed
    assert {path.stem for path in (out / "data" / "archive").rglob("*.sealed")} == {sha for (sha,) in originals}

    of_staff = {place.removeprefix("out/"): words & set(staff) for place, words in found.items() if words & set(staff)}
    sent = {sha256((out / place).read_bytes()).digest() for place in ours}
    copies = {place for place in of_staff if place.startswith("journal/")}  # of our own letters, byte for byte
    assert {sha256((out / place).read_bytes()).digest() for place in copies} <= sent
    kept = copies | {place for place in of_staff if place.startswith("data/archive/")}
    elsewhere = {place for place in of_staff if not is_mail_of_a_unit(place)} - kept
    assert elsewhere == {"data/oneledger.db#outbox_content", "out-planted.json"}  # marked copies, back to their writers
    for place in set(of_staff) & set(ours):
        recipient = "".join(sign for sign in ours[place]["rcpt"].partition("@")[0] if sign.isdigit())
        assert {planted["staff"][word] for word in of_staff[place]} == {recipient}, ours[place]["kind"]

    reports = [path for path in (out / "data" / "reports").rglob("*") if path.is_file()]
    assert len(reports) > 10
    plant_one_everywhere(out, pupils[0])
    watched = {"prefect", "data/reports", "leaked"}
    assert {
        f"{folder}/{place.removesuffix('-wal')}" for folder in watched for place in hits(out / folder, [pupils[0]])
    } == {
        "prefect/prefect.db", "prefect/prefect.db#artifact", "prefect/server.log", "data/reports/leak.xlsx",
        "leaked/mail", "leaked/status.json",
    }  # fmt: skip


def plant_one_everywhere(out: Path, word: str) -> None:
    """The control: one leak of each kind, as it would really look."""
    with sqlite3.connect(out / "prefect" / "prefect.db") as prefect:
        prefect.execute("CREATE TABLE IF NOT EXISTS artifact (data TEXT)")
        columns = [row[1] for row in prefect.execute("PRAGMA table_info(artifact)")]
        prefect.execute(f"INSERT INTO artifact ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
                        [json.dumps({"said": word}) if name == "data" else f"{name}" for name in columns])  # fmt: skip
    with (out / "prefect" / "server.log").open("a", encoding="utf-8") as log:
        log.write(f"could not read {word}\n")
    with zipfile.ZipFile(out / "data" / "reports" / "leak.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/sharedStrings.xml", f"<sst><si><t>{word}</t></si></sst>")
    with zipfile.ZipFile(out / "data" / "reports" / "leak.xlsx") as book:
        assert book.testzip() is None
    head = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=gb18030\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    body = "".join(f"={each:02X}" for each in word.encode("gb18030"))
    (out / "leaked").mkdir()
    (out / "leaked" / "mail").write_text(head + body, encoding="ascii")
    (out / "leaked" / "status.json").write_text(json.dumps({"unit": word}), encoding="ascii")


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "utf-16-le"])
def test_the_search_reads_every_charset(charset):
    assert hits_in("……司马晓婷……".encode(charset), ["司马晓婷", "公孙子涵"]) == {"司马晓婷"}
