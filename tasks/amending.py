"""A rule of a launched campaign is mended; the sheets that are out stay as they are."""

from datetime import datetime

from oneledger.domain.amendments import Amendment, amendment_faults, changed_rules
from oneledger.domain.errors import RefusedError
from oneledger.domain.forms import Form
from oneledger.store import snapshots, verdicts
from tasks.office import running


def amend(name: str, form: Form, *, reason: str, by: str, at: datetime) -> list[str]:
    """The rules that are judged otherwise from now on. Raises RefusedError with every reason; then nothing changes."""
    here, reference = running(name), f"{form.form}-v{form.version}"
    if not by.strip() or not reason.strip():
        raise RefusedError(["--by and --reason: write who mends the rule and why; both are recorded for ever"])
    if reference not in here.forms:
        raise RefusedError([f"no form {reference} in the campaign; forms: {', '.join(sorted(here.forms))}"])
    before = here.forms[reference]
    if faults := amendment_faults(before, form):
        raise RefusedError(faults)
    wanted = Amendment(reference, before.model_dump(mode="json"), form.model_dump(mode="json"), reason, by, at)
    rules = changed_rules(before, form)
    with here.office.store.write() as connection:
        verdicts.amend(connection, name, form, wanted)
        snapshots.record_event(connection, at, by, "rules amended", campaign=name, form=reference, rules=rules)
    return rules


def amendments_of(name: str) -> list[Amendment]:
    with running(name).office.store.read() as connection:
        return verdicts.amendments(connection, name)
