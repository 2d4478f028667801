"""E4: every answer that a server may give, or not give, at every stage."""

from collections import Counter
from collections.abc import Generator

from tests.mail_servers import DROP, post_office, write_certificate
from tests.torture.experiment import Experiment, Trial, in_state
from tests.torture.world import Lab, World

UNITS = 3
CASES = (  # where, what is said to the first mail, its state after it
    ("DOT", DROP, "unknown"), ("CONNECT", "421 4.3.2 busy", "deferred"), ("MAIL", "421 4.7.0 closing", "deferred"),
    ("MAIL", "451 4.3.0 later", "deferred"), ("RCPT", "450 4.2.1 greylisted", "deferred"),
    ("RCPT", "452 4.2.2 full", "deferred"), ("RCPT", "550 5.1.1 no such user", "failed"),
    ("RCPT", "552 5.2.2 mailbox full", "deferred"), ("RCPT", "553 5.1.3 bad address", "failed"),
    ("RCPT", DROP, "deferred"), ("DATA", "451 4.3.0 later", "deferred"), ("DATA", "554 5.6.0 refused", "failed"),
    ("DATA", DROP, "deferred"), ("DOT", "451 4.3.0 later", "deferred"), ("DOT", "552 5.3.4 too big", "failed"),
    ("DOT", "554 5.7.1 spam", "failed"),
)  # fmt: skip


def answers(lab: Lab, rounds: int, fault: str) -> Generator[Trial]:
    for _ in range(rounds):
        for verb, said, state in CASES:
            with post_office(**{verb: [said]}) as server:
                world = lab.sending(UNITS, port=server.port, journal=None)
                world.run("send", [0], fault=fault)
                failures = [f"{verb} {said}: no mail is {state}"] * (in_state(world, state) < 1)
                world.run("send", [16, 47, 120], fault=fault)
                failures += _told(world, server, state)
            yield Trial([f"{each} ({verb} {said})" for each in failures], unknown=int(state == "unknown"))
        yield Trial(_unverified(lab, fault))


def _told(world: World, server: object, state: str) -> list[str]:
    counted = Counter(bytes(content).partition(b"Message-ID: ")[2].split()[0] for _, _, content in server.mails)
    sent = in_state(world, "sent")
    failures = [f"I3 {key.decode()}: {count} copies" for key, count in counted.items() if count > 1]
    left = UNITS - (state in ("failed", "unknown"))
    return failures + [f"{sent} sent of {left}"] * (sent != left)


def _unverified(lab: Lab, fault: str) -> list[str]:
    """A server with another's certificate hears no password."""
    import ssl

    cafile, context = write_certificate(lab.folder, "other.invalid")
    assert isinstance(context, ssl.SSLContext)
    with post_office(tls=context, auth=True) as server:
        world = lab.sending(UNITS, port=server.port, journal=None)
        import yaml

        path = world.folder / "mail.yaml"
        mail = yaml.safe_load(path.read_text(encoding="utf-8"))
        mail["sender"] |= {"security": "tls", "user": "ops", "cafile": cafile}
        path.write_text(yaml.safe_dump(mail), encoding="utf-8")
        world.run("send", [0], fault=fault)
        return [f"password told: {server.logins}"] * bool(server.logins) + ["sent unverified"] * (
            in_state(world, "sent") > 0
        )


E4 = Experiment("E4", "every answer at every stage; a false certificate", answers, 10, 1, ("retry_on_disconnect",))
