"""How alike texts are: signatures by which copies are found among many, and the share of one that stands in another."""

from collections.abc import Sequence

from rensa import RMinHash

SHINGLE = 5  # characters; a run of five that two texts share is seldom chance in Chinese
ROWS = 4  # of the signature in one band
BANDS = 40
SEED = 20210315
LEAST_CHARACTERS = 200  # shorter texts say the same because there is little to say


def plain(text: str) -> str:
    """Letters and digits only: a copy with other spaces and stops is the same text."""
    return "".join(letter for letter in text if letter.isalnum())


def bands(text: str) -> list[int]:
    """Texts that share one of these may be alike. Signed 64-bit, as databases keep them; none of short texts."""
    kept = plain(text)
    if len(kept) < LEAST_CHARACTERS:
        return []
    signature = RMinHash(num_perm=ROWS * BANDS, seed=SEED)
    signature.update([kept[n : n + SHINGLE] for n in range(len(kept) - SHINGLE + 1)])
    values = signature.digest()
    return [_band(n, values[n * ROWS : (n + 1) * ROWS]) for n in range(BANDS)]


def _band(number: int, values: Sequence[int]) -> int:
    """FNV-1a over the band's place and its values: the same on every machine and in every process."""
    mixed = 0xCBF29CE484222325
    for value in (number, *values):
        mixed = ((mixed ^ value) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return mixed - 2**63


def share_copied(text: str, other: str) -> float:
    """0..1: how much of the text stands in the other, in runs of five characters or more."""
    mine, theirs = plain(text), plain(other)
    if len(mine) < SHINGLE or len(theirs) < SHINGLE:
        return 0.0
    known = {theirs[n : n + SHINGLE] for n in range(len(theirs) - SHINGLE + 1)}
    covered, end = 0, 0
    for start in range(len(mine) - SHINGLE + 1):
        if mine[start : start + SHINGLE] in known:
            covered += start + SHINGLE - max(start, end)
            end = start + SHINGLE
    return covered / len(mine)
