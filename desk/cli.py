"""The command line. Exit status: 0 done, 1 the answer is no (faults, refusals, findings), 2 called wrongly."""

import os
import signal
import sys

import typer

from desk.commands import (
    auditing,
    campaigns,
    contacts,
    corrections,
    health,
    privacy,
    reports,
    returns,
    services,
    signing,
    units,
)
from desk.console import err
from oneledger.domain.errors import OneLedgerError

app = typer.Typer(
    name="oneledger", help="一本账: campaigns by e-mailed Excel forms.", no_args_is_help=True, add_completion=False,
    pretty_exceptions_enable=False,
)  # fmt: skip
for group in (campaigns, contacts, returns, corrections, reports, auditing, privacy, services, signing, health):
    app.add_typer(group.app)
app.add_typer(units.app, name="units", help=units.__doc__, no_args_is_help=True)


def main() -> None:
    """Faults that people can mend are told in a line each, never as a traceback.

    Told to end, we end what we started: servers and workers are closed on the way out. What we write is for its owner
    alone; the servers and workers we start inherit that.
    """
    os.umask(0o077)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        app(standalone_mode=True)
    except OneLedgerError as fault:
        err.print(str(fault), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
