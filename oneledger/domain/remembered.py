"""What follows from a form alone: worked out once for each form object, since forms are never changed once made."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from oneledger.domain.forms import Form

MOST = 200  # far more than the campaigns in one process have forms
Found = TypeVar("Found")


def once_a_form(work_out: Callable[[Form], Found]) -> Callable[[Form], Found]:
    """By identity: two campaigns may have forms of one name and version that an amendment set apart."""
    kept: dict[int, tuple[Form, Found]] = {}

    @wraps(work_out)
    def remembered(form: Form) -> Found:
        found = kept.get(id(form))
        if found is None or found[0] is not form:
            if len(kept) >= MOST:
                kept.clear()
            found = kept[id(form)] = (form, work_out(form))
        return found[1]

    return remembered
