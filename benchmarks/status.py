"""How a campaign of 210,000 schools stands, of which two thirds have answered.

Floor: one aggregate over the assignments by an index that covers it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pysqlite3.dbapi2 as sqlite

from benchmarks.timing import Row, Ways
from benchmarks.world import NAME, armed
from tasks.status import campaign_status

SCHOOLS = 210_000
COUNT = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT ?)"
AT = "'2021-02-24 01:00:00.000000'"
FILL = (
    f"""INSERT INTO campaign_unit (campaign, code, name, level, parent, stage, county, position, contacts,
        has_incidents, exempt_reason, kind) {COUNT} SELECT '{NAME}', printf('31%08d', i), 'x', 'school', '210101',
        '小学', printf('21%04d', i / 74), 1000 + i, '[]', 0, '', '' FROM n""",
    f"""INSERT INTO assignment (campaign, phase, deliverable, unit, respondent, due_at, opened_at, status, is_late,
        in_correction, versions, seal) {COUNT} SELECT '{NAME}', 'deploy', 'school-deploy', printf('31%08d', i),
        printf('31%08d', i), {AT}, {AT}, CASE WHEN i % 3 THEN 'returned' ELSE 'missing' END, i % 10 = 1,
        i % 30 = 0, 1, '' FROM n""",
    f"""INSERT INTO outbox (campaign, phase, unit, subject_of, kind, round, priority, address, subject, message_id,
        assignment, planned_at, next_try_at, tries, fence, state, sent_at) {COUNT} SELECT '{NAME}', 'deploy',
        printf('31%08d', i), 'deploy', 'ask', '1', 1, 'a@x.invalid', 's', i, NULL, {AT}, {AT}, 1, 1, 'sent', {AT}
        FROM n""",
    f"""INSERT INTO inbox (account, folder, uidvalidity, uid, sha256, received_at, taken_at, size, state, class,
        campaign) {COUNT} SELECT 'a', 'f', '1', i, i, {AT}, {AT}, 1, 'done', 'answer', '{NAME}' FROM n""",
)
GROUPED = "SELECT phase, status, count(*) FROM assignment WHERE campaign = ? GROUP BY phase, status"


@contextmanager
def ways(_rounds: int) -> Iterator[Ways]:
    with armed(100) as world:
        database = sqlite.connect(world.place / "data" / "oneledger.db")
        for statement in FILL:
            database.execute(statement, (SCHOOLS,))
        database.commit()
        database.execute("ANALYZE")

        def ours(_number: int) -> None:
            told = campaign_status(NAME)["phases"]["deploy"]
            assert told["assigned"] == SCHOOLS, told

        yield {"ours": ours, "floor": lambda _number: database.execute(GROUPED, (NAME,)).fetchall()}
        database.close()


ROW = Row("`oneledger status` at 210,000 schools", "one indexed aggregate", ways, most_ms=300)
