"""The rehearsal's post office, over real SMTP."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import aiosmtplib
import pytest

from rehearsal.letter_box import CHINA, Delivery
from rehearsal.post_office_client import running_post_office

NOON = datetime(2021, 3, 15, 12, 0, tzinfo=CHINA)
SCHOOL = "school2121000001@rehearsal.invalid"
COLLECT = "collect+k7q29xm4@ledger.invalid"
MAIL = (
    b"From: =?utf-8?b?5LiA5pys6LSm?= <ops@ledger.invalid>\r\nTo: school\r\nReply-To: " + COLLECT.encode() + b"\r\n"
    b"Subject: =?utf-8?b?6K+35Zyo5LiJ5pyI?=\r\n =?utf-8?b?5Y2B5LqU5pel5YmN5oql6YCB?=\r\n"
    b"Message-ID: <1@ledger.invalid>\r\nX-OneLedger-Kind: assignment\r\n\r\n"
    b".\r\n..two dots\r\n\xd1\xa7\xd0\xa3 8-bit\r\n" + b"x" * 990 + b"\r\n\r\n.end\r\n"
)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with running_post_office(tmp_path_factory.mktemp("post")) as office:
        yield office


def send(office, recipient, content=MAIL, sender="bounces@ledger.invalid"):
    recipients = [recipient] if isinstance(recipient, str) else recipient
    return asyncio.run(
        aiosmtplib.send(
            content, sender=sender, recipients=recipients, hostname=office.host, port=office.port, start_tls=False
        )
    )


def accepted(office):
    return sorted((office.directory / "mail" / "new").iterdir())


def collected(office):
    return [
        message_from_bytes(path.read_bytes(), policy=default) for path in sorted((office.collect / "new").iterdir())
    ]


@pytest.fixture
def arrived(office):
    """What came to the collecting box and onto the index since the test began."""
    boxes, (_, offset) = len(collected(office)), office.deliveries()
    return lambda: (collected(office)[boxes:], office.deliveries(offset)[0])


def test_a_mail_is_kept_byte_for_byte_below_its_envelope(office):
    send(office, SCHOOL)
    envelope = f"Return-Path: <bounces@ledger.invalid>\r\nDelivered-To: {SCHOOL}\r\n".encode()
    assert accepted(office)[-1].read_bytes() == envelope + MAIL


def test_schools_find_their_mail_on_the_index_in_campaign_time(office):
    office.set_clock(NOON)
    _, offset = office.deliveries()
    send(office, [SCHOOL, "second@rehearsal.invalid"])
    found, end = office.deliveries(offset)
    files = accepted(office)[-2:]
    assert found == [
        Delivery(
            file=f"mail/new/{path.name}", rcpt=rcpt, sender="bounces@ledger.invalid", at="2021-03-15T12:00:00+08:00",
            subject="请在三月十五日前报送", message_id="<1@ledger.invalid>", kind="assignment",
        )
        for path, rcpt in zip(files, [SCHOOL, "second@rehearsal.invalid"], strict=True)
    ]  # fmt: skip
    assert office.deliveries(end) == ([], end)
    assert [path.stat().st_mtime for path in files] == [NOON.timestamp()] * 2
    office.set_clock(NOON + timedelta(days=1))
    send(office, SCHOOL)
    assert office.deliveries(end)[0][0].at == "2021-03-16T12:00:00+08:00"


def test_mail_for_the_collecting_box_goes_there_and_not_onto_the_index(office, arrived):
    send(office, COLLECT)
    answers, deliveries = arrived()
    assert ([answer["Delivered-To"] for answer in answers], deliveries) == ([COLLECT], [])
    newest = max((office.collect / "new").iterdir())
    assert newest.samefile(office.directory / "mail" / "new" / newest.name)


def test_a_dead_address_is_accepted_and_then_bounces_to_the_envelope_sender(office, arrived):
    office.set_behaviours({SCHOOL: "hard_bounce"})
    send(office, SCHOOL, sender="collect+bounce@ledger.invalid")
    (bounce,), deliveries = arrived()
    assert deliveries == []
    assert (bounce["Return-Path"], bounce["To"]) == ("<>", "collect+bounce@ledger.invalid")
    assert (bounce.get_content_type(), bounce.get_param("report-type")) == ("multipart/report", "delivery-status")
    text, status, returned = bounce.iter_parts()
    assert "收件人地址不存在" in text.get_content()
    assert [(part["Action"], part["Status"], part["Final-Recipient"]) for part in status.get_payload()[1:]] == [
        ("failed", "5.1.1", f"rfc822; {SCHOOL}")
    ]
    assert "Message-ID: <1@ledger.invalid>" in returned.get_content()


def test_an_unknown_address_is_refused_at_once(office):
    before = len(accepted(office))
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as caught:
        send(office, "reject.2121000001@rehearsal.invalid")
    assert [(refused.code, refused.message[:5]) for refused in caught.value.recipients] == [(550, "5.1.1")]
    assert len(accepted(office)) == before


def test_a_greylisted_address_takes_the_mail_the_second_time(office, arrived):
    office.set_behaviours({SCHOOL: "defer_once"})
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as caught:
        send(office, SCHOOL)
    assert caught.value.recipients[0].code == 451
    send(office, SCHOOL)
    assert [delivery.rcpt for delivery in arrived()[1]] == [SCHOOL]


def test_a_holiday_reply_goes_to_the_reply_address_and_says_that_it_is_automatic(office, arrived):
    office.set_behaviours({SCHOOL: "auto_reply"})
    send(office, SCHOOL)
    (reply,), deliveries = arrived()
    assert [delivery.rcpt for delivery in deliveries] == [SCHOOL]
    assert [reply[name] for name in ("Delivered-To", "From", "Subject", "In-Reply-To", "Auto-Submitted")] == [
        COLLECT, SCHOOL, "自动回复：请在三月十五日前报送", "<1@ledger.invalid>", "auto-replied",
    ]  # fmt: skip
    assert reply.get_content().startswith("这是来自QQ邮箱的假期自动回复邮件。")


def test_a_cut_connection_leaves_the_sender_in_doubt_about_a_mail_that_arrived(office, arrived):
    office.set_behaviours({SCHOOL: "drop_250"})
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        send(office, SCHOOL)
    office.set_behaviours({})
    send(office, "after@rehearsal.invalid")
    assert [delivery.rcpt for delivery in arrived()[1]] == [SCHOOL, "after@rehearsal.invalid"]


@contextmanager
def talking(office):
    """SMTP by hand, for what a well-bred client does not send."""
    with socket.create_connection((office.host, office.port)) as client, client.makefile("rb") as replies:

        def say(*pieces, answers=1):
            for piece in pieces:
                client.sendall(piece)
                time.sleep(0.02)
            return [replies.readline()[:3] for _ in range(answers)]

        replies.readline()
        say(b"HELO school\r\n")
        yield say


@pytest.mark.parametrize("behaviour", ["hard_bounce", "auto_reply"])
def test_a_mail_without_a_sender_is_never_answered(office, arrived, behaviour):
    with talking(office) as say:
        say(b"MAIL FROM:<>\r\nRCPT TO:<%b.x@rehearsal.invalid>\r\nDATA\r\n" % behaviour.encode(), answers=3)
        assert say(MAIL.replace(b"\r\n.", b"\r\n..") + b".\r\n") == [b"250"]
    assert accepted(office)[-1].read_bytes().startswith(b"Return-Path: <>\r\n")
    assert arrived()[0] == []


def test_an_automatic_reply_is_not_answered_automatically(office, arrived):
    send(office, "auto_reply.x@rehearsal.invalid", b"Auto-Submitted: auto-replied\r\n" + MAIL)
    assert arrived()[0] == []


def test_a_mail_that_comes_in_pieces_and_one_right_behind_it_are_both_whole(office, arrived):
    second = b"\nMAIL FROM:<c@x.invalid>\r\nRCPT TO:<d@x.invalid>\r\nDATA\r\n"
    with talking(office) as say:
        say(b"MAIL FROM:<a@x.invalid>\r\nRCPT TO:<b@x.invalid>\r\nDATA\r\n", answers=3)
        assert say(b"Subject: 1\r\n\r\none\r", b"\n.", b"\r", second, answers=4) == [b"250", b"250", b"250", b"354"]
        assert say(b".\r\n") == [b"250"]
    assert [(delivery.sender, delivery.rcpt, delivery.subject) for delivery in arrived()[1]] == [
        ("a@x.invalid", "b@x.invalid", "1"), ("c@x.invalid", "d@x.invalid", ""),
    ]  # fmt: skip
    assert accepted(office)[-2].read_bytes().endswith(b"\r\n\r\none\r\n")


def test_nothing_went_wrong_inside_the_post_office_meanwhile(office):
    assert (office.directory / "post_office.log").read_text() == ""


def test_a_post_office_ends_with_its_block_and_goes_on_counting_when_it_opens_again(tmp_path):
    for _ in range(2):
        with running_post_office(tmp_path) as office:
            send(office, SCHOOL)
        with pytest.raises(ProcessLookupError):
            os.kill(office.pid, 0)
    assert [path.name[:9] for path in accepted(office)] == ["00000001.", "00000002."]
    assert len(office.deliveries()[0]) == 2


def test_a_taken_port_is_told_with_its_cause(office, tmp_path):
    with (
        pytest.raises(RuntimeError, match="address already in use"),
        running_post_office(tmp_path, port=office.port),
    ):
        pass


def test_a_post_office_ends_when_the_process_that_started_it_dies(tmp_path):
    script = (
        "import os, sys; from pathlib import Path; from rehearsal.post_office_client import running_post_office\n"
        "context = running_post_office(Path(sys.argv[1])); office = context.__enter__()\n"
        "print(office.pid, flush=True); os._exit(0)"
    )
    pid = int(subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, capture_output=True).stdout)
    until = time.monotonic() + 5
    while _is_running(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _is_running(pid)


def _is_running(pid):
    """An orphan that ended but that nobody has reaped yet is not running."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_index_waits_for_a_line_that_is_still_being_written(tmp_path):
    with running_post_office(tmp_path) as office:
        send(office, SCHOOL)
    index = tmp_path / "delivered.jsonl"
    whole = index.read_bytes()
    index.write_bytes(whole + whole[:20])
    found, offset = office.deliveries()
    assert (len(found), offset) == (1, len(whole))
    index.write_bytes(whole * 2)
    assert office.deliveries(offset)[0] == [Delivery(**json.loads(whole))]
