"""The sample of the experiments that runs on each change (issue 5 of 6, done when 1 and 3); the whole is `make torture`.
E13, E18 and E22 stand with their subjects, and so do their planted faults: test_injection and test_negative_controls,
test_store, test_leaks."""

import pytest

from tests.torture import catalogue
from tests.torture.e1 import E1_COLLECT, E1_SEND, E1_SEVERAL
from tests.torture.e3 import E3
from tests.torture.e4 import E4
from tests.torture.e5 import E5
from tests.torture.e5_stop import E5_STOP
from tests.torture.e6 import E6
from tests.torture.e7 import E7
from tests.torture.e8 import E8
from tests.torture.e9 import E9
from tests.torture.e15 import E15
from tests.torture.e16 import E16
from tests.torture.e17 import E17
from tests.torture.e20 import E20
from tests.torture.experiment import tried
from tests.torture.faults import FAULTS
from tests.torture.world import laboratory


@pytest.fixture(scope="module")
def lab():
    with laboratory() as lab:
        yield lab


@pytest.fixture(scope="module")
def postgres_lab(postgres_url):
    with laboratory(postgres_url) as lab:
        yield lab


def assert_good(experiment, lab):
    result = tried(experiment, lab, experiment.sample)
    assert (result.failures, {name for name, at in result.controls.items() if not at}) == ([], set())
    assert result.trials > 0


@pytest.mark.parametrize(
    "experiment",
    [E1_SEND, E1_SEVERAL, E1_COLLECT, E3, E4, E5, E6, E7, E8, E9, E15, E16, E17, E20],
    ids=lambda each: each.name,
)
def test_the_claim_holds_on_sqlite_and_each_planted_fault_is_caught(experiment, lab):
    assert_good(experiment, lab)


@pytest.mark.parametrize("experiment", [E3, E5, E5_STOP, E7], ids=lambda each: each.name)
def test_the_claim_holds_on_postgresql_and_each_planted_fault_is_caught(experiment, postgres_lab):
    assert_good(experiment, postgres_lab)


def test_every_planted_fault_belongs_to_an_experiment():
    assert {name for each in catalogue.KNOWN for name in each.controls} == set(FAULTS)
