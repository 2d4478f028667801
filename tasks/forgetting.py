"""A person asks to be forgotten (PIPL 47): where a word stands, and taking it out. What was done is recorded, the word
is not: only a keyed digest, by which the same request is known again."""

import hmac
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from oneledger.adapters.archive import ArchiveDamagedError
from oneledger.adapters.word_search import file_holds, mail_holds
from oneledger.domain.errors import RefusedError
from oneledger.store import erasing, forgetting, privacy
from oneledger.store.privacy import PrivacyEvent
from tasks.office import Running, running

SHORTEST = 2  # signs; a shorter word stands everywhere
UNALTERABLE = "incident_entry"


@dataclass(frozen=True)
class Traces:
    """Where a word stands. ``rows`` by table."""

    originals: tuple[str, ...]
    letters: tuple[int, ...]
    books: tuple[str, ...]
    rows: dict[str, int]

    @property
    def counts(self) -> dict[str, int]:
        told = {"originals": len(self.originals), "letters": len(self.letters), "reports": len(self.books), **self.rows}
        return {name: count for name, count in told.items() if count}


def search(name: str, word: str) -> Traces:
    """Takes as long as reading every mail of the campaign. Raises RefusedError for a word that is too short."""
    if len(word.strip()) < SHORTEST:
        raise RefusedError([f"a word of at least {SHORTEST} signs is needed"])
    here = running(name)
    with here.office.store.read() as connection:
        return _search(here, connection, word)


def forget(name: str, word: str, *, by: str, reason: str, at: datetime) -> dict[str, int]:
    """Originals, letters and report files that hold the word are deleted, in rows it becomes stars. Says where it was.

    Raises RefusedError without a name and a reason.
    """
    if not by.strip() or not reason.strip():
        raise RefusedError(["--by and --reason: write who decides and why; both are recorded for ever"])
    traces, here = search(name, word), running(name)
    for sha in traces.originals:
        here.office.archive.remove(sha)
    for path in traces.books:
        here.office.files.remove(path)
    with here.office.store.write() as connection:
        forgetting.forget(connection, name, word)
        forgetting.drop_letters(connection, traces.letters)
        digest = hmac.new(here.token_key, word.encode(), "sha256").hexdigest()[:16]
        event = PrivacyEvent(at, by, "forgotten", name, f"word/{digest}", reason, traces.counts)
        privacy.record(connection, event)
    erasing.sweep(here.office.store.engine)
    return traces.counts


def _search(here: Running, connection: Connection, word: str) -> Traces:
    names = forgetting.originals(connection, here.name)
    letters = forgetting.letters(connection, here.name)
    books = forgetting.books(connection, here.name)
    return Traces(
        tuple(each for each in names if _original_holds(here, each, word)),
        tuple(number for number, content in letters if mail_holds(content, word)),
        tuple(each for each in books if _book_holds(here, each, word)),
        forgetting.found(connection, here.name, word),
    )


def _original_holds(here: Running, sha: str, word: str) -> bool:
    try:
        return mail_holds(here.office.archive.get(sha), word)
    except ArchiveDamagedError:  # deleted already
        return False


def _book_holds(here: Running, path: str, word: str) -> bool:
    try:
        return file_holds(here.office.files.read(path), word)
    except FileNotFoundError:  # deleted already
        return False
