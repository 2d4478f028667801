from datetime import timedelta

import pytest
from hypothesis import given, settings, strategies as st

from oneledger.domain.errors import RefusedError
from oneledger.domain.mailing import (
    TRANSITIONS,
    Limits,
    Scope,
    SendEvent,
    SendOutcome,
    SendState,
    Stage,
    allowance,
    classify_reply,
    days_needed,
    next_state,
    retry_delay,
)

SENT, DEFERRED, FAILED, UNKNOWN = SendState.SENT, SendState.DEFERRED, SendState.FAILED, SendState.UNKNOWN


@pytest.mark.parametrize(
    ("code", "text", "stage", "state", "scope"),
    [
        (250, "2.0.0 Ok: queued as 1A2B", Stage.DOT, SENT, Scope.RECIPIENT),
        (450, "4.7.1 Greylisted, try again in 300 seconds", Stage.RCPT, DEFERRED, Scope.RECIPIENT),
        (451, "DT:SPM 163 smtp4", Stage.DOT, DEFERRED, Scope.RECIPIENT),
        (452, "4.2.2 mailbox full", Stage.RCPT, DEFERRED, Scope.RECIPIENT),
        (552, "5.2.2 mailbox full", Stage.RCPT, DEFERRED, Scope.RECIPIENT),  # emptied tomorrow, so not for ever
        (550, "Mailbox unavailable or access denied", Stage.RCPT, DEFERRED, Scope.RECIPIENT),  # QQ: this box has enough
        (550, "5.1.1 no such user", Stage.RCPT, FAILED, Scope.RECIPIENT),
        (550, "Requested action not taken: mailbox unavailable", Stage.RCPT, FAILED, Scope.RECIPIENT),
        (554, "DT:SPM 163 smtp4,Dsq", Stage.DOT, FAILED, Scope.RECIPIENT),
        (552, "5.3.4 message too big", Stage.DOT, FAILED, Scope.RECIPIENT),
        (550, "Sender frequency limited", Stage.DOT, DEFERRED, Scope.SENDER),  # QQ says it under a permanent code
        (550, "Domain frequency limited", Stage.MAIL, DEFERRED, Scope.SENDER),
        (550, "Connection frequency limited", Stage.CONNECT, DEFERRED, Scope.SENDER),
        (526, "too frequently sending", Stage.DOT, DEFERRED, Scope.SENDER),
        (550, "5.4.5 Daily user sending quota exceeded", Stage.DOT, DEFERRED, Scope.SENDER),
        (451, "MI:SFQ 163 smtp1", Stage.RCPT, DEFERRED, Scope.SENDER),
        (421, "HL:REP 163 smtp1", Stage.CONNECT, DEFERRED, Scope.SENDER),
        (450, "MI:DMC 163 smtp1", Stage.MAIL, DEFERRED, Scope.CONNECTION),
        (421, "4.3.2 closing, come back", Stage.MAIL, DEFERRED, Scope.CONNECTION),
        (421, "4.3.2 shutting down", Stage.DOT, DEFERRED, Scope.CONNECTION),
        (454, "4.7.0 Temporary authentication failure", Stage.LOGIN, DEFERRED, Scope.SENDER),
        (452, "4.3.1 Insufficient system storage", Stage.MAIL, DEFERRED, Scope.SENDER),
        (-1, "nonsense", Stage.DOT, UNKNOWN, Scope.CONNECTION),
        (-1, "nonsense", Stage.RCPT, DEFERRED, Scope.CONNECTION),
        (354, "go on", Stage.DOT, UNKNOWN, Scope.CONNECTION),
    ],
)
def test_a_servers_answer_says_what_becomes_of_the_mail_and_who_waits(code, text, stage, state, scope):
    assert classify_reply(code, text, stage) == SendOutcome(state, code, text, scope)


@pytest.mark.parametrize(
    ("code", "text", "stage"),
    [
        (535, "5.7.8 authentication failed", Stage.LOGIN),
        (554, "5.7.1 your address is blocked", Stage.CONNECT),
        (553, "Mail from must equal authorized user", Stage.MAIL),
        (530, "5.7.0 Must issue STARTTLS first", Stage.RCPT),
        (554, "5.7.1 <a@b.cn>: Relay access denied", Stage.RCPT),
    ],
)
def test_what_every_further_mail_would_meet_too_stops_all_and_fails_none(code, text, stage):
    assert classify_reply(code, text, stage) == SendOutcome(DEFERRED, code, text, Scope.SENDER, needs_operator=True)


def test_only_the_answer_to_the_final_dot_can_mean_sent():
    with pytest.raises(ValueError, match="250 after rcpt is not the end of a mail"):
        classify_reply(250, "ok", Stage.RCPT)


@settings(deadline=None)  # machines under load are slow, not wrong
@given(st.integers(400, 599), st.text(), st.sampled_from(Stage))
def test_a_refusal_in_any_words_at_any_stage_is_never_taken_for_sent_or_unknown(code, text, stage):
    assert classify_reply(code, text, stage).state in {DEFERRED, FAILED}


@settings(deadline=None)
@given(st.integers(200, 599), st.text())
def test_every_answer_to_the_final_dot_is_an_event_that_a_mail_being_sent_allows(code, text):
    outcome = classify_reply(code, text, Stage.DOT)
    assert next_state(SendState.SENDING, outcome.event) == outcome.state


@pytest.mark.parametrize(
    ("scope", "costs"), [(Scope.RECIPIENT, True), (Scope.SENDER, False), (Scope.CONNECTION, False)]
)
def test_only_an_outcome_about_the_mail_itself_costs_a_try(scope, costs):
    assert SendOutcome(DEFERRED, 450, "", scope).costs_a_try is costs


@settings(deadline=None)
@given(st.lists(st.sampled_from(SendEvent)))
def test_no_sequence_of_events_leads_from_sent_to_sending_again(events):
    state, states = SendState.PLANNED, [SendState.PLANNED]
    for event in events:
        try:
            state = next_state(state, event)
        except RefusedError:
            continue
        states.append(state)
    after_sent = states[states.index(SENT) + 1 :] if SENT in states else []
    assert after_sent == []


def test_an_unknown_mail_goes_back_to_sending_only_over_evidence():
    """ACCEPTED: the sender tells late that the server took it."""
    assert TRANSITIONS[UNKNOWN] == {
        SendEvent.ACCEPTED: SENT,
        SendEvent.FOUND: SENT,
        SendEvent.NOT_FOUND: DEFERRED,
        SendEvent.WITHDRAW: SendState.SKIPPED,
    }
    with pytest.raises(RefusedError, match="a mail that is unknown cannot claim"):
        next_state(UNKNOWN, SendEvent.CLAIM)


def test_every_state_has_its_row_in_the_table():
    assert set(TRANSITIONS) == set(SendState)


def test_waiting_times_grow_to_an_hour_and_stay_there():
    assert [retry_delay(n) // timedelta(minutes=1) for n in range(8)] == [0, 1, 5, 15, 30, 60, 60, 60]


@pytest.mark.parametrize(
    ("limits", "last_15_minutes", "today", "room"),
    [
        (Limits(), 10, 10, None),
        (Limits(per_second=2.0), 10, 10, None),
        (Limits(per_15_minutes=30), 10, 10, 20),
        (Limits(per_15_minutes=30, per_day=300), 0, 295, 5),
        (Limits(per_day=300), 0, 301, 0),
    ],
)
def test_the_tightest_limit_decides_how_many_may_go(limits, last_15_minutes, today, room):
    assert allowance(limits, last_15_minutes, today) == room


@pytest.mark.parametrize(
    ("n", "limits", "days"),
    [
        (0, Limits(per_day=1), 0),
        (1, Limits(), 1),
        (30_000, Limits(per_day=10_000), 3),
        (30_001, Limits(per_day=10_000), 4),
        (30_000, Limits(per_15_minutes=30, per_day=10_000), 11),  # 2,880 a day
        (172_801, Limits(per_second=1.0), 3),
    ],
)
def test_the_days_a_dispatch_takes_are_told_before_it_starts(n, limits, days):
    assert days_needed(n, limits) == days


def test_limits_that_let_nothing_out_are_said_to_be_so():
    with pytest.raises(ValueError, match="let no mail out"):
        days_needed(1, Limits(per_day=0))
