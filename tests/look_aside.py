"""Run as a program, since Prefect reads its environment on import: one look, at whose beginning many mails wait.

python -m tests.look_aside DIR SCHOOLS  ->  what each step sent, and what came to the post office, as JSON
"""

import json
import os
import sys
from email import message_from_bytes
from pathlib import Path

import pytest
import yaml

from desk.window import window, without_heartbeats
from tests.conftest import CONFIG
from tests.mail_servers import post_office
from tests.small_office import at, make_campaign, opened


def main(directory: str, schools: str) -> None:
    folder = Path(directory)
    with pytest.MonkeyPatch.context() as patch, post_office() as server:
        mail = yaml.safe_load((CONFIG / "mail.yaml").read_text(encoding="utf-8"))
        mail["sender"]["port"], mail["per_second"] = server.port, None
        (folder / "mail.yaml").write_text(yaml.safe_dump(mail, allow_unicode=True), encoding="utf-8")
        patch.setenv("ONELEDGER_MAIL", str(folder / "mail.yaml"))
        campaign = make_campaign("first", 2021)
        with opened(folder, [campaign], patch, more=int(schools)) as (only,), window(folder / "prefect"):
            only.open("deploy", at("2021-03-01T09:00"))
            from flows.look import look

            with without_heartbeats():
                done = look(only.name, at("2021-03-01T10:00"))
    ids = [message_from_bytes(content)["Message-ID"] for _, _, content in server.mails]
    told = {
        "aside": [each.sent for each in done.get("send_aside", [])],
        "after": done["send"].sent if "send" in done else 0,
        "came": len(ids),
        "different": len(set(ids)),
    }
    os.write(1, json.dumps(told).encode())  # whatever a flow prints is not ours
    os._exit(0)  # Prefect would tell its server, which has ended, for a minute and more


if __name__ == "__main__":
    main(*sys.argv[1:])
