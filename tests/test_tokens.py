import base64
import hmac
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings, strategies as st

from oneledger.domain import tokens as token_module
from oneledger.domain.tokens import Token, TokenKind, find, find_subject_tag, read, sign, subject_tag

KEY = b"a key of this campaign"
TOKEN = Token(TokenKind.REPLY, 30_417, date(2021, 11, 30))

tokens = st.builds(
    Token,
    st.sampled_from(TokenKind),
    st.integers(0, 2**40 - 1),
    st.dates(date(2000, 1, 1), date(2179, 6, 6)),
)


@settings(deadline=None)  # machines under load are slow, not wrong
@given(tokens)
def test_reading_gives_back_what_was_signed(token):
    assert read(sign(token, KEY), [KEY]) == token


def test_a_token_is_29_lower_case_letters_and_digits_so_that_it_fits_a_local_part():
    text = sign(TOKEN, KEY)
    assert (len(text), text, text.isalnum()) == (29, text.lower(), True)


def test_letter_case_and_blanks_around_do_not_matter_since_mail_systems_change_them():
    assert read(f" {sign(TOKEN, KEY).upper()}\r\n", [KEY]) == TOKEN


def test_old_keys_still_read_while_keys_are_being_changed():
    assert read(sign(TOKEN, b"old"), [KEY, b"old"]) == TOKEN


def test_another_campaigns_key_reads_nothing():
    assert read(sign(TOKEN, b"other"), [KEY]) is None


def test_every_changed_character_is_a_forgery_but_the_spare_bit_of_the_last():
    text = sign(TOKEN, KEY)
    forged = {
        text[:place] + letter + text[place + 1 :]
        for place in range(len(text))
        for letter in "abcdefghijklmnopqrstuvwxyz234567"
    } - {text}
    assert {read(other, [KEY]) for other in forged} - {None, TOKEN} == set()
    assert [other[:28] for other in forged if read(other, [KEY])] == [text[:28]]


def test_a_token_of_one_kind_never_passes_as_another():
    texts = {sign(replace(TOKEN, kind=kind), KEY) for kind in TokenKind}
    seals = {text[13:] for text in texts}
    assert len(seals) == len(TokenKind)
    assert {read(text, [KEY]).kind for text in texts} == set(TokenKind)


def test_the_seal_names_its_purpose_so_that_the_same_key_may_seal_other_things():
    raw = base64.b32decode(sign(TOKEN, KEY).upper() + "===")
    assert raw[8:] == hmac.digest(KEY, b"mail-reply\0" + raw[:8], "sha256")[:10]


@settings(deadline=None)
@given(st.text())
def test_no_text_makes_reading_raise(text):
    assert read(text, [KEY]) is None
    assert find(text, [KEY]) == []


@pytest.mark.parametrize("text", ["", "\0", "ａ" * 29, "a" * 29, "a" * 28, "=" * 29, "\ud800" * 29])
def test_what_is_no_token_reads_as_none(text):
    assert read(text, [KEY]) is None


def test_what_a_stranger_may_make_long_is_not_remembered():
    """Issue "3 of 6": a head may have 256 KB; two thousand of them would fill the memory."""
    token_module._remembered.cache_clear()
    assert find(f"{'x ' * 600}{sign(TOKEN, KEY)}", [KEY]) == [TOKEN]
    assert token_module._remembered.cache_info().currsize == 0


def test_tokens_are_found_inside_addresses_and_message_ids_each_once():
    other = Token(TokenKind.BOUNCE, 7, date(2021, 12, 1))
    text = f"收集 <collect+{sign(TOKEN, KEY)}@x.cn>, <{sign(other, KEY)}.2@x.cn> <{sign(TOKEN, KEY).upper()}.1@x.cn>"
    assert find(text, [KEY]) == [TOKEN, other]


def test_a_letter_more_or_less_is_no_token():
    assert find(f"x{sign(TOKEN, KEY)} {sign(TOKEN, KEY)[:-1]}", [KEY]) == []


@pytest.mark.parametrize(
    "token",
    [
        replace(TOKEN, assignment_id=2**40),
        replace(TOKEN, assignment_id=-1),
        replace(TOKEN, expires_on=date(1999, 12, 31)),
        replace(TOKEN, expires_on=date(2179, 6, 7)),
    ],
)
def test_what_does_not_fit_is_refused_when_signing(token):
    with pytest.raises(ValueError, match="does not fit a token"):
        sign(token, KEY)


def test_an_empty_key_signs_nothing():
    with pytest.raises(ValueError, match="needs a key"):
        sign(TOKEN, b"")


def test_a_subject_tag_is_found_again_in_an_answer_however_the_client_wrote_it():
    tag = subject_tag(30_417, KEY)
    assert find_subject_tag(f"回复：关于报送台账的通知 {tag.lower().replace('-', ' - ')}") == tag


def test_a_subject_tag_depends_on_assignment_and_key():
    assert len({subject_tag(1, KEY), subject_tag(2, KEY), subject_tag(1, b"other")}) == 3


def test_a_subject_without_a_tag_has_none():
    assert find_subject_tag("回复：[#K7Q2] 台账") is None
