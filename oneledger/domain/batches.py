"""Work in batches that fit in memory."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def batches(items: Iterable[Item], size: Callable[[Item], int], *, most: int, full: int) -> Iterator[list[Item]]:
    """In order, as they come. The ``most``-th item ends a batch, and the one that brings its sizes to ``full``."""
    batch: list[Item] = []
    weight = 0
    for item in items:
        batch.append(item)
        weight += size(item)
        if len(batch) == most or weight >= full:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch
