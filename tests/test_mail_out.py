import base64
import logging
import pickle
import re
import socket
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from oneledger.adapters.mail_out import MailAccount, Mailer
from oneledger.adapters.mail_turns import in_turns
from oneledger.domain.errors import RefusedError
from oneledger.domain.mailing import Scope, SendOutcome, SendState
from tests import mail_servers
from tests.mail_servers import DROP, SILENCE, write_certificate

MAIL = b"Subject: x\r\n\r\n.dot\r\n..dots\r\n.\r\nend\r\n"


@pytest.fixture(params=[False, True], ids=["line by line", "pipelining"])
def post_office(request):
    return partial(mail_servers.post_office, pipelining=request.param)


def make_account(office, **changes):
    account = MailAccount("127.0.0.1", office.port, "none", None, None, "ops@x.cn")
    return replace(account, **changes)


def send(mailer, n=1):
    return [mailer.send_bytes("ops@x.cn", f"school{number}@y.cn", MAIL) for number in range(n)]


def states(outcomes):
    return [outcome.state.name for outcome in outcomes]


def test_the_server_gets_exactly_the_bytes_that_were_stored(post_office):
    with post_office() as office, Mailer(make_account(office)) as mailer:
        outcomes = send(mailer)
    assert outcomes == [SendOutcome(SendState.SENT, 250, "2.0.0 kept", Scope.RECIPIENT)]
    assert office.mails == [("ops@x.cn", ["school0@y.cn"], MAIL)]


@pytest.mark.parametrize("content", [b".", b"", b"a\r\n.", b"\r\n", b"..\r\n.a"])
def test_a_mail_that_begins_with_a_dot_or_lacks_its_last_line_break_arrives_whole(post_office, content):
    with post_office() as office, Mailer(make_account(office)) as mailer:
        mailer.send_bytes("ops@x.cn", "a@y.cn", content)
    assert office.mails[0][2] == content + (b"" if content.endswith(b"\r\n") else b"\r\n")


def test_many_mails_share_one_connection_and_a_new_one_comes_in_time(post_office):
    with post_office() as office, Mailer(make_account(office), mails_per_connection=3) as mailer:
        outcomes = send(mailer, 7)
    assert (states(outcomes), len(office.mails), office.connections) == (["SENT"] * 7, 7, 3)


def test_sender_and_recipients_go_in_one_packet_where_the_server_takes_it(post_office):
    """RFC 2920: then the recipient of a mail whose sender is refused was named already, and its 550 is of that mail."""
    script = {"MAIL": ["451 later"], "RCPT": ["550 5.1.1 unknown"]}
    with post_office(**script) as office, Mailer(make_account(office)) as mailer:
        outcomes = send(mailer, 2)
    assert states(outcomes) == ["DEFERRED", "SENT" if office.pipelining else "FAILED"]


def test_while_one_server_has_to_answer_the_next_is_talked_to(post_office):
    with post_office() as office, ExitStack() as stack:
        mailers = [stack.enter_context(Mailer(make_account(office))) for _ in range(3)]
        talks = [mailer.conversation("ops@x.cn", f"s{n}@y.cn", MAIL) for n, mailer in enumerate(mailers)]
        for talk in talks:
            next(talk)
        assert (office.connections, office.mails) == (3, [])
        outcomes = in_turns(talks)
    assert (states(outcomes), sorted(office.mails)) == (
        ["SENT"] * 3,
        [("ops@x.cn", [f"s{n}@y.cn"], MAIL) for n in range(3)],
    )


def test_what_becomes_of_one_conversation_is_nothing_to_the_others(post_office):
    script = {"RCPT": [None, "550 5.1.1 no such user", None], "DOT": [DROP]}
    with post_office(**script) as office, ExitStack() as stack:
        mailers = [stack.enter_context(Mailer(make_account(office))) for _ in range(3)]
        outcomes = in_turns(m.conversation("ops@x.cn", "a@y.cn", MAIL) for m in mailers)
    assert (sorted(states(outcomes)), len(office.mails)) == (["FAILED", "SENT", "UNKNOWN"], 2)


# --- what must never make a second copy ------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [DROP, SILENCE, "999 what"])
def test_when_the_answer_to_a_whole_mail_is_lost_the_mail_is_unknown_and_went_once(post_office, fault):
    with post_office(DOT=[fault]) as office, Mailer(make_account(office), after_dot_seconds=0.3) as mailer:
        outcomes = send(mailer)
    assert ([(each.state, each.scope) for each in outcomes], office.connections) == (
        [(SendState.UNKNOWN, Scope.CONNECTION)],
        1,
    )
    assert len(office.mails) == (0 if fault == "999 what" else 1)


@pytest.mark.parametrize(
    ("verb", "state", "copies"),
    [("RCPT", "DEFERRED", 1), ("DATA", "DEFERRED", 1), ("DOT", "UNKNOWN", 2)],
)
def test_on_a_connection_that_worked_before_nothing_goes_a_second_time_either(post_office, verb, state, copies):
    with post_office(**{verb: [None, DROP]}) as office, Mailer(make_account(office)) as mailer:
        outcomes = send(mailer, 2)
    assert (states(outcomes), len(office.mails), office.connections) == (["SENT", state], copies, 1)


def test_after_a_lost_answer_the_next_mail_goes_over_a_new_connection(post_office):
    with post_office(DOT=[DROP]) as office, Mailer(make_account(office)) as mailer:
        outcomes = send(mailer, 2)
    assert (states(outcomes), len(office.mails), office.connections) == (["UNKNOWN", "SENT"], 2, 2)


@pytest.mark.parametrize(
    "script",
    [
        {"MAIL": [DROP]},
        {"RCPT": [DROP]},
        {"DATA": [DROP]},
        {"RCPT": [SILENCE]},
        {"RCPT": ["hello?"]},
    ],
    ids=str,
)
def test_a_connection_lost_before_the_mail_was_whole_defers_it_and_nothing_went(post_office, script):
    with post_office(**script) as office, Mailer(make_account(office), reply_seconds=0.3) as mailer:
        outcomes = send(mailer)
    assert ([(each.state, each.scope) for each in outcomes], office.mails, office.connections) == (
        [(SendState.DEFERRED, Scope.CONNECTION)],
        [],
        1,
    )


def test_a_connection_lost_while_the_mail_is_under_way_defers_it(post_office):
    with post_office(DATA=["354 go on"]) as office, Mailer(make_account(office)) as mailer:
        outcome = mailer.send_bytes("ops@x.cn", "a@y.cn", b"x" * 20_000_000)
    assert (outcome.state, outcome.scope, office.mails) == (SendState.DEFERRED, Scope.CONNECTION, [])


def test_what_yagmail_would_do_on_its_own_cannot_be_asked_for(post_office):
    with post_office() as office, Mailer(make_account(office)) as mailer:
        for deed in (mailer.send, mailer.send_unsent, mailer.feedback):
            with pytest.raises(RefusedError, match="which never repeats itself"):
                deed()
    assert (office.mails, office.connections) == ([], 0)


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "answer", "state", "scope"),
    [
        ("RCPT", "450 4.7.1 Greylisted", "DEFERRED", Scope.RECIPIENT),
        ("RCPT", "550 5.1.1 no such user", "FAILED", Scope.RECIPIENT),
        ("RCPT", "550 Mailbox unavailable or access denied", "DEFERRED", Scope.RECIPIENT),
        ("MAIL", "550 Sender frequency limited", "DEFERRED", Scope.SENDER),
        ("MAIL", "451 MI:SFQ", "DEFERRED", Scope.SENDER),
        ("DATA", "554 5.7.1 not this", "FAILED", Scope.RECIPIENT),
        ("DATA", "451 later", "DEFERRED", Scope.RECIPIENT),
        ("DOT", "550 Sender frequency limited", "DEFERRED", Scope.SENDER),
        ("DOT", "552 5.3.4 too big", "FAILED", Scope.RECIPIENT),
        ("DOT", "452 4.3.1 no space", "DEFERRED", Scope.RECIPIENT),
    ],
)
def test_a_refused_mail_leaves_the_connection_good_for_the_next(post_office, verb, answer, state, scope):
    with post_office(**{verb: [answer]}) as office, Mailer(make_account(office)) as mailer:
        refused, following = send(mailer, 2)
    code, _, text = answer.partition(" ")
    assert refused == SendOutcome(SendState[state], int(code), text, scope)
    assert (following.state, len(office.mails), office.connections) == (SendState.SENT, 1, 1)


def test_a_refusal_stands_though_the_server_hangs_up_behind_it(post_office):
    script = {"MAIL": ["550 Sender frequency limited"], "RCPT": [DROP]}
    with post_office(**script) as office, Mailer(make_account(office)) as mailer:
        outcomes = send(mailer)
    assert outcomes == [SendOutcome(SendState.DEFERRED, 550, "Sender frequency limited", Scope.SENDER)]


def test_a_server_that_closes_between_two_mails_costs_nothing(post_office):
    """421 after some mails, or an idle connection cut: nothing of the next mail was given, so it goes anew."""
    with post_office(MAIL=[None, "421 4.3.2 enough"]) as office, Mailer(make_account(office)) as mailer:
        outcomes = send(mailer, 3)
    assert (states(outcomes), len(office.mails), office.connections) == (["SENT"] * 3, 3, 2)


def test_a_server_that_closes_on_the_first_mail_is_not_asked_twice(post_office):
    with post_office(MAIL=["421 4.3.2 enough"]) as office, Mailer(make_account(office)) as mailer:
        outcomes = send(mailer)
    assert (outcomes, office.connections) == (
        [SendOutcome(SendState.DEFERRED, 421, "4.3.2 enough", Scope.CONNECTION)],
        1,
    )


@pytest.mark.parametrize(
    ("banner", "outcome"),
    [
        (
            "421 4.7.0 too many connections",
            SendOutcome(SendState.DEFERRED, 421, "4.7.0 too many connections", Scope.CONNECTION),
        ),
        ("554 5.7.1 go away", SendOutcome(SendState.DEFERRED, 554, "5.7.1 go away", Scope.SENDER, needs_operator=True)),
    ],
)
def test_a_server_that_refuses_at_the_door_defers_the_mail(post_office, banner, outcome):
    with post_office(CONNECT=[banner]) as office, Mailer(make_account(office)) as mailer:
        assert send(mailer) == [outcome]


def test_no_server_at_all_defers_the_mail():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with Mailer(MailAccount("127.0.0.1", port, "none", None, None, "ops@x.cn")) as mailer:
        (outcome,) = send(mailer)
    assert (outcome.state, outcome.code, outcome.scope, outcome.needs_operator) == (
        SendState.DEFERRED,
        0,
        Scope.CONNECTION,
        False,
    )


@pytest.mark.parametrize("address", ["", "a b@y.cn", "a@y.cn>\r\nDATA", "校@y.cn", "<a@y.cn>", "nobody"])
def test_what_is_no_address_is_never_told_to_a_server(post_office, address):
    with post_office() as office, Mailer(make_account(office)) as mailer:
        outcome = mailer.send_bytes("ops@x.cn", address, MAIL)
    assert (outcome.state, outcome.scope, office.connections) == (SendState.FAILED, Scope.RECIPIENT, 0)


# --- certificates and passwords ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_over_tls_the_account_logs_in_and_sends(post_office, tmp_path, security):
    cafile, context = write_certificate(tmp_path)
    with post_office(**{security: context}, auth=True) as office:
        account = make_account(office, security=security, user="ops", password="right", cafile=cafile)
        with Mailer(account) as mailer:
            outcomes = send(mailer, 2)
    assert (states(outcomes), office.logins) == (["SENT"] * 2, [(b"ops", b"right")])


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("host", ["127.0.0.1", "other.test"])
def test_a_certificate_that_does_not_hold_gets_neither_password_nor_mail(post_office, tmp_path, security, host):
    cafile, context = write_certificate(tmp_path, host)
    with post_office(**{security: context}, auth=True) as office:
        trusted = cafile if host == "other.test" else None  # the right authority for the wrong name, or no authority
        account = make_account(office, security=security, user="ops", password="right", cafile=trusted)
        with Mailer(account) as mailer:
            (outcome,) = send(mailer)
    assert (outcome.state, outcome.scope, outcome.needs_operator) == (SendState.DEFERRED, Scope.SENDER, True)
    assert "certificate verify failed" in outcome.text
    assert (office.logins, office.mails) == ([], [])


def test_a_server_that_hides_starttls_gets_no_password(post_office, tmp_path):
    cafile, _ = write_certificate(tmp_path)
    with post_office(auth=True) as office:
        account = make_account(office, security="starttls", user="ops", password="right", cafile=cafile)
        with Mailer(account) as mailer:
            (outcome,) = send(mailer)
    assert (outcome.state, outcome.needs_operator, office.logins) == (SendState.DEFERRED, True, [])


def test_a_wrong_password_stops_all_and_fails_no_mail(post_office):
    with post_office(auth=True) as office, Mailer(make_account(office, user="ops", password="wrong")) as mailer:
        (outcome,) = send(mailer)
    assert (outcome.state, outcome.code, outcome.scope, outcome.needs_operator) == (
        SendState.DEFERRED,
        535,
        Scope.SENDER,
        True,
    )


def test_a_server_without_login_is_for_an_operator_when_a_login_was_configured(post_office):
    with post_office() as office, Mailer(make_account(office, user="ops", password="right")) as mailer:
        (outcome,) = send(mailer)
    assert (outcome.needs_operator, office.mails) == (True, [])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"host": "mail.x.cn"}, "mail security none: only for this machine, not for mail.x.cn"),
        ({"security": "ssl"}, "mail security 'ssl': must be one of none, starttls, tls"),
        ({"user": "ops"}, "mail account ops: has no password"),
        ({"user": "ops", "password": ""}, "mail account ops: has no password"),
        ({"user": "ops", "password": "密码"}, "mail account: user and password must be ASCII"),
        ({"from_address": "ops"}, "mail account: 'ops' is no address to send from"),
    ],
)
def test_an_account_that_cannot_be_safe_is_refused_before_anything_connects(changes, reason):
    account = replace(MailAccount("127.0.0.1", 25, "none", None, None, "ops@x.cn"), **changes)
    with pytest.raises(RefusedError) as refused:
        Mailer(account)
    assert refused.value.reasons == [reason]


def test_a_missing_password_is_never_asked_for():
    with pytest.raises(RefusedError, match="ops: has no password"):
        Mailer.handle_password("ops", None)


def test_the_password_is_in_no_log_line_no_output_and_no_pickle(post_office, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    with post_office(auth=True) as office:
        account = make_account(office, user="ops", password="wrong-secret")
        with Mailer(account) as mailer:
            (outcome,) = send(mailer)
            with pytest.raises(TypeError, match="stays in its process"):
                pickle.dumps(mailer)
    told = "\n".join([caplog.text, *capfd.readouterr(), outcome.text, repr(account), repr(mailer)])
    encoded = base64.b64encode(b"\0ops\0wrong-secret").decode()
    assert ("wrong-secret" in told, encoded in told, office.logins[0]) == (False, False, (b"ops", b"wrong-secret"))


def test_nothing_is_printed_on_the_terminal(post_office, capfd):
    with post_office(DOT=[DROP]) as office, Mailer(make_account(office)) as mailer:
        send(mailer, 2)
    assert capfd.readouterr() == ("", "")


def test_yagmail_is_the_only_way_out():
    root = Path(__file__).parent.parent
    ours = [
        path for name in ("oneledger", "flows", "tasks", "desk", "rehearsal") for path in (root / name).rglob("*.py")
    ]
    offenders = [path.name for path in ours if re.search(r"^\s*(import|from) smtplib", path.read_text(), re.MULTILINE)]
    assert offenders == []
