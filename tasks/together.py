"""What the mails of a chunk lead to and nobody reads before its end: written together, one statement for many rows."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from oneledger.domain.assignments import Assignment
from oneledger.store import assignments, audit, inbox, outbox
from oneledger.store.outbox import OutboxRow
from tasks.recording_problems import Problems


@dataclass
class Together:
    """Within one transaction; ``write`` before it ends, and before anything is read that depends on it."""

    connection: Connection
    problems: Problems
    deeds: list[dict[str, Any]] = field(default_factory=list)
    returns: list[Assignment] = field(default_factory=list)
    letters: list[OutboxRow] = field(default_factory=list)
    mails: list[dict[str, Any]] = field(default_factory=list)

    def write(self) -> None:
        self.problems.write()
        audit.record(self.connection, self.deeds)
        assignments.record_returns(self.connection, self.returns)
        outbox.plan(self.connection, self.letters)
        inbox.settle(self.connection, self.mails)
        for each in (self.deeds, self.returns, self.letters, self.mails):
            each.clear()
