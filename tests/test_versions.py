"""Issue 6 of 6 C: a process holds the version of a campaign's units that it read last, and no other."""

import gc
import weakref
from datetime import date
from typing import NamedTuple

import pytest

from oneledger.store import campaigns
from tasks.office import running
from tests.small_office import OTHER, SCHOOL, at, make_campaign, opened


class Change(NamedTuple):
    unit: str
    kind: str
    other: str
    valid_from: date


@pytest.fixture
def without_garbage_collector():
    gc.disable()
    yield
    gc.enable()


def test_a_version_goes_with_its_trees_as_soon_as_another_is_read(tmp_path, monkeypatch, without_garbage_collector):
    """Twelve of a country's were found in one process, 100 MB each: they and their trees held each other."""
    with opened(tmp_path, [make_campaign("first", 2021)], monkeypatch) as (office,):
        office.open("deploy", at("2021-03-01"))
        version = running("first")
        tree = version.in_tree([Change(SCHOOL, "merged", OTHER, date(2021, 3, 5))])
        assert (tree is version, running("first") is version) == (False, True)
        gone = [weakref.ref(version), weakref.ref(tree)]
        del version, tree
        with office.store.write() as connection:
            assert campaigns.mark_incidents(connection, "first", [SCHOOL]) == [SCHOOL]
        assert running("first").units[SCHOOL].has_incidents
        assert [each() for each in gone] == [None, None]
