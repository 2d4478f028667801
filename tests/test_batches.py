"""A flood of large mails must fit in memory (reliability T14, E15): batches end by their size, too."""

from oneledger.domain.batches import batches


def test_a_batch_ends_with_its_last_item_or_when_it_is_full():
    def split(*sizes, most=3, full=10):
        return list(batches(sizes, int, most=most, full=full))

    assert split(1, 1, 1, 1) == [[1, 1, 1], [1]]
    assert split(4, 6, 1, 30, 2) == [[4, 6], [1, 30], [2]]
    assert split() == []


def test_nothing_is_read_before_it_is_asked_for():
    """What is not taken in stays in the mail box."""
    read = []
    parts = batches((read.append(each) or each for each in range(9)), lambda _: 1, most=2, full=100)
    assert (next(parts), read) == ([0, 1], [0, 1])
