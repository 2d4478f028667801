"""Issue 5 of 6, done when 4: two workers on PostgreSQL finish one campaign together, nothing sent twice, figures equal
the manifest. Two processes take every look of it at the same moment."""

import json

from tests.postgres import fresh_database
from tests.rehearsed_city import rehearse_in_a_process_of_its_own


def test_two_workers_on_postgresql_finish_one_campaign_together(tmp_path, postgres_url):
    options = ("last=deploy", "workers=2", f"database={fresh_database(postgres_url)}")
    rehearse_in_a_process_of_its_own(tmp_path / "out", options)
    told = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert told["differences"] == []
    assert [told["lost"], told["duplicates"], told["ladder_faults"], told["complaints"]] == [0, 0, [], []]
    assert told["delivered_twice"] == 0
    assert [bool(each["sent"] and each["taken_in"]) for each in told["workers"]] == [True, True]
    assert told["is_true"]
