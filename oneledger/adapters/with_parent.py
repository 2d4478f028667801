"""A process ends with who started it, also where that one was killed."""

import multiprocessing
import os
import threading
import time

_OFTEN = 0.2  # seconds


def end_with_parent() -> None:
    """A process whose parent was killed would wait for work forever."""
    parent, number = multiprocessing.parent_process(), os.getppid()

    def watch() -> None:
        if parent is not None:
            parent.join()
        while parent is None and os.getppid() == number:  # a program of its own has nothing to wait on
            time.sleep(_OFTEN)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
