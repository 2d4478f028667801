"""`oneledger sample`: the draw as a coordinator sees it, before and after it is recorded."""

from datetime import UTC, datetime

import pytest

from desk.samples import sample
from oneledger.domain.errors import RefusedError
from oneledger.store import units
from rehearsal.province import make_province
from tasks.office import office

NAME = "liaoning-2021"


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("ONELEDGER_DATA", str(tmp_path))
    with office().store.write() as connection:
        units.import_units(connection, make_province(120, 4), datetime(2021, 1, 1, tzinfo=UTC).date())


def test_a_draw_is_shown_before_it_is_recorded_with_its_reasons(place):
    """001-26, C10: in administrative order, reproducible, each school with why it is in it."""
    told = sample(NAME)
    assert (told["plan"], told["seed"], told["is_recorded"]) == ("province-sample", 2021, False)
    assert told == sample(NAME, "province-sample")
    assert {each["why"] for each in told["schools"]} <= {"随机抽取", "发生过事件，必查"}
    assert told["joint_bodies"] == ["公安", "检察"]
    assert len(told["schools"]) > 10


def test_a_plan_that_does_not_exist_is_refused_by_name(place):
    with pytest.raises(RefusedError, match="no sampling plan 'other'"):
        sample(NAME, "other")
