"""Secrets come from the environment or from a file that only its owner may read (issue 5 of 6 E)."""

import stat

import pytest

from oneledger.adapters.secret_file import kept_secret, read_secret
from oneledger.domain.errors import RefusedError
from oneledger.settings import Collect, Sender, Settings


def written(path, text: bytes, mode: int):
    path.write_bytes(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_a_file_that_others_may_touch_is_refused_and_never_quoted(tmp_path, mode):
    with pytest.raises(RefusedError, match="chmod 600") as refused:
        read_secret(written(tmp_path / "p", b"planted\n", mode))
    assert "planted" not in str(refused.value)


@pytest.mark.parametrize(("text", "why"), [(b"", "是空的"), (b"  \n", "是空的"), (b"\xff\xfe", "不是文本")])
def test_a_file_without_a_secret_is_refused(tmp_path, text, why):
    with pytest.raises(RefusedError, match=why):
        read_secret(written(tmp_path / "p", text, 0o600))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(RefusedError, match="不能读取"):
        read_secret(tmp_path / "none")


def test_the_environment_goes_before_the_file(tmp_path, monkeypatch):
    file = written(tmp_path / "p", b"of-the-file\n", 0o600)
    sender = Sender(name="n", address="a@x.invalid", host="h", port=1, password_file=file)
    box = Collect(address="a@x.invalid", password_file=file)
    monkeypatch.delenv("ONELEDGER_SMTP_PASSWORD", raising=False)
    monkeypatch.setenv("ONELEDGER_IMAP_PASSWORD", "of-the-environment")
    assert (sender.password, box.password) == ("of-the-file", "of-the-environment")


def test_a_secret_is_made_once_for_the_owner_only(tmp_path):
    made = kept_secret(tmp_path / "new" / "auth", lambda: "first")
    assert (made, kept_secret(tmp_path / "new" / "auth", lambda: "second")) == ("first", "first")
    assert stat.S_IMODE((tmp_path / "new" / "auth").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["auth"]


def test_settings_that_are_printed_show_no_password():
    assert "planted" not in repr(Settings(database_url="postgresql+psycopg://u:planted@h/d"))
