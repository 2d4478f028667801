"""Real servers on loopback for the tests of mail: an SMTP server that fails on demand, and certificates for it."""

import asyncio
import ssl
import threading
from collections import deque
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DROP = "drop the connection without a word"
SILENCE = "say nothing"


class Clerk(SMTP):
    """Says at each stage what its office's script says next, else does its work."""

    def __init__(self, office, **kwargs):
        self.office = office
        super().__init__(office, **kwargs)

    async def _handle_client(self):
        self.office.connections += 1
        answer = self.office.next_answer("CONNECT")
        if answer is None:
            await super()._handle_client()
        else:
            await self.push(answer)
            self.transport.close()

    async def smtp_MAIL(self, arg):  # noqa: N802
        if not await self.says_as_scripted("MAIL"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg):  # noqa: N802
        if not await self.says_as_scripted("RCPT"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg):  # noqa: N802
        if not await self.says_as_scripted("DATA"):
            await super().smtp_DATA(arg)

    async def says_as_scripted(self, verb):
        answer = self.office.next_answer(verb)
        if answer is None:
            return False
        if answer == SILENCE:
            return True
        if answer != DROP:
            await self.push(answer)
        if answer == DROP or answer.startswith(("354", "421")):
            self.transport.abort() if answer == DROP else self.transport.close()
        return True


class PostOffice:
    """Keeps what it accepted in `mails`; `script` maps a verb (CONNECT, MAIL, RCPT, DATA, DOT) to its next answers."""

    def __init__(self, **script):
        self.script = {verb: deque(answers) for verb, answers in script.items()}
        self.mails = []
        self.logins = []
        self.connections = 0
        self.port = 0

    def next_answer(self, verb):
        answers = self.script.get(verb)
        return answers.popleft() if answers else None

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = self.next_answer("DOT")
        if answer is None or answer in (DROP, SILENCE) or answer.startswith("2"):
            self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        if answer == DROP:
            server.transport.abort()
        if answer == SILENCE:
            await asyncio.sleep(2)
        return answer if answer and answer not in (DROP, SILENCE) else "250 2.0.0 kept"

    def authenticate(self, server, session, envelope, mechanism, auth_data):
        self.logins.append((auth_data.login, auth_data.password))
        return AuthResult(success=auth_data.password == b"right", handled=False)


@contextmanager
def post_office(*, tls=None, starttls=None, auth=False, **script):
    """An SMTP server in a thread of its own, on a free port."""
    office = PostOffice(**script)
    options = {"hostname": "mx.test", "tls_context": starttls, "require_starttls": starttls is not None}
    if auth:
        options |= {"authenticator": office.authenticate, "auth_require_tls": False}
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # connections cut on purpose
    server = loop.run_until_complete(
        loop.create_server(lambda: Clerk(office, loop=loop, **options), "127.0.0.1", 0, ssl=tls)
    )
    office.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield office
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _stop(server):
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0)


def write_certificate(folder, host="127.0.0.1"):
    """A certificate that signs itself: (file for the client to trust, the server's context)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    try:
        alternative = x509.IPAddress(ip_address(host))
    except ValueError:
        alternative = x509.DNSName(host)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cafile, keyfile = folder / f"{host}.crt", folder / f"{host}.key"
    cafile.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    keyfile.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cafile, keyfile)
    return str(cafile), context
