"""Issue 6 of 6, part B: one sender over several connections keeps within what its account is allowed."""

import pytest

from oneledger.settings import Collect, MailSettings, Sender
from tasks.sending import mailers


@pytest.mark.parametrize(
    ("connections", "per_second", "used"), [(1, None, 1), (8, None, 8), (8, 5, 5), (8, 0.2, 1), (4, 100, 4)]
)
def test_no_more_connections_than_mails_may_leave_in_a_second(connections, per_second, used):
    """Each sends one mail at a time, so more of them would go out at once than the provider takes in a second."""
    sender = Sender(name="x", address="a@x.cn", host="127.0.0.1", port=1, security="none", connections=connections)
    mail = MailSettings(sender=sender, collect=Collect(address="a@x.cn"), per_second=per_second)
    with mailers(mail) as posts:
        assert len(posts) == used
