"""A short run of `make fuzz`, and proof that it would see what it looks for (reliability E10, E11; issue 4, done when 4)."""

import os
import re
import socket
from pathlib import Path

import pytest

from oneledger.adapters.mail_parse import parse_mail
from tests import fuzz, mutations


def test_some_hundred_bent_files_do_no_harm():
    told = fuzz.fuzzed(number=300, seed=2, workers=1)
    assert fuzz.is_sound(told, 300), told
    assert {each.partition(":")[0] for each in told["verdicts"]} == {"workbook", "document", "mail"}


def test_the_same_seed_bends_alike_and_most_bends_change_something():
    made = [fuzz.bent(3, number, "http://127.0.0.1:1/") for number in range(40)]
    assert made == [fuzz.bent(3, number, "http://127.0.0.1:1/") for number in range(40)]
    sound = {content for kinds in fuzz.corpus().values() for content in kinds}
    assert sum(content in sound for _, content in made) < 10


def _raises(content: bytes):
    raise RecursionError(content[:1])


def _dies(_content: bytes):
    os._exit(9)


def _makes_a_file(content: bytes):
    Path(mutations.MARK).write_bytes(content)
    return parse_mail(content)


def _calls(content: bytes):
    found = re.search(rb"127\.0\.0\.1:(\d+)", content)
    if found:
        socket.create_connection(("127.0.0.1", int(found[1]))).close()
    return parse_mail(content)


@pytest.mark.parametrize(("planted", "seen"), [
    (_raises, "faults"), (_makes_a_file, "files_made"), (_calls, "connections"), (_dies, "deaths_of_the_parent"),
])  # fmt: skip
def test_a_planted_fault_in_a_reader_is_seen(planted, seen):
    """Negative controls: a run whose mail parser raises, dies, makes a file or calls home is not sound."""
    told = fuzz.fuzzed(number=150, seed=2, workers=1, parser=planted)
    assert told[seen]
    assert not fuzz.is_sound(told, 150)
