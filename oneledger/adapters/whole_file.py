"""A file that is there whole or not at all, also where several processes write it at once."""

from pathlib import Path
from secrets import token_hex


def write_whole(path: Path, content: bytes) -> None:
    """Under a name of this writer's own first: the last of several stands, and none takes away what another has begun.

    Raises OSError; then nothing of it is left.
    """
    unfinished = path.with_name(f".{token_hex(8)}.part")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
