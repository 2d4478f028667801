"""Issue 5 of 6, done when 4: what two workers write at the same moment is whole, and neither fails of the other."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from oneledger.adapters.whole_file import write_whole


def test_many_write_one_file_at_once_and_none_fails(tmp_path):
    path = tmp_path / "报告.docx"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: write_whole(path, bytes([number]) * 100_000), range(200)))
    assert len(path.read_bytes()) == 100_000
    assert len(set(path.read_bytes())) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["报告.docx"]


def test_what_cannot_be_written_leaves_what_was_there_and_nothing_beside_it(tmp_path):
    folder = tmp_path / "报告.docx"
    (folder / "kept").mkdir(parents=True)
    with pytest.raises(OSError):
        write_whole(folder, b"new")
    assert [each.name for each in tmp_path.iterdir()] == ["报告.docx"]
