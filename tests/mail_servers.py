"""Real servers on loopback for the tests of mail: an SMTP server that fails on demand, and certificates for it."""

import asyncio
import select
import socket
import ssl
import subprocess
import sys
import threading
import time
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

    def __init__(self, *, pipelining=False, **script):
        self.pipelining = pipelining
        self.script = {verb: deque(answers) for verb, answers in script.items()}
        self.mails = []
        self.logins = []
        self.connections = 0
        self.port = 0

    def next_answer(self, verb):
        answers = self.script.get(verb)
        return answers.popleft() if answers else None

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        session.host_name = hostname
        return [*responses[:-1], *["250-PIPELINING"] * self.pipelining, responses[-1]]

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
def post_office(*, tls=None, starttls=None, auth=False, pipelining=False, **script):
    """An SMTP server in a thread of its own, on a free port."""
    office = PostOffice(pipelining=pipelining, **script)
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


def write_certificate(folder, host="127.0.0.1", days=1):
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
        .not_valid_after(now + timedelta(days=days))
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


@contextmanager
def imap_server(folder, *, cafile=None, keyfile=None):
    """A real IMAP server (pymap, mails in memory) as a process of its own on a free port; gives its port."""
    port = free_port()
    tls = ["--cert", cafile, "--key", keyfile] if cafile else ["--no-tls"]
    program = (
        "import functools, sys, pymap.config as config; from pymap.main import main; sys.argv[0] = 'pymap';"
        "config.BuiltinHash = functools.partial(config.BuiltinHash, rounds=1); main()"  # a login takes half a second else
    )
    arguments = [sys.executable, "-c", program, "--host", "127.0.0.1", "--port", str(port), *tls, "dict"]
    with (folder / "imap.log").open("wb") as output:
        process = subprocess.Popen(arguments, stdout=output, stderr=output)
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def _wait_for(port, process):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, "the IMAP server did not start"
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the IMAP server does not answer")


class Wire:
    """What a wire saw, and after how many bytes from the server it is cut. ``next_cut``: asked at each connection."""

    def __init__(self):
        self.port = 0
        self.said = bytearray()  # by the client
        self.heard = 0  # bytes of the server, on the last connection
        self.cut_after = None
        self.cuts = 0
        self.next_cut = lambda: self.cut_after


@contextmanager
def wire(target_port, *, tls=None):
    """A way to a server that listens to what is said, may speak TLS on the client's side, and may be cut."""
    tap = Wire()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        tap.port = listener.getsockname()[1]
        listener.settimeout(0.05)
        stopping = threading.Event()
        thread = threading.Thread(target=_serve_wire, args=(tap, listener, target_port, tls, stopping))
        thread.start()
        try:
            yield tap
        finally:
            stopping.set()
            thread.join(10)


def _serve_wire(tap, listener, target_port, tls, stopping):
    while not stopping.is_set():
        try:
            near, _ = listener.accept()
        except TimeoutError:
            continue
        near.settimeout(5)
        tap.cut_after = tap.next_cut()
        with near, socket.create_connection(("127.0.0.1", target_port), timeout=5) as far:
            for each in (near, far):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else 40 ms at every turn
            try:
                with tls.wrap_socket(near, server_side=True) if tls else near as spoken:
                    _pass_on(tap, spoken, far, stopping)
            except OSError:
                continue


def _pass_on(tap, near, far, stopping):
    tap.heard = 0
    while not stopping.is_set():
        pending = getattr(near, "pending", int)()
        ready = [near] if pending else select.select([near, far], [], [], 0.05)[0]
        for end in ready:
            data = end.recv(4096)
            if not data:
                return
            if end is near:
                tap.said += data
                far.sendall(data)
            else:
                tap.heard += len(data)
                if tap.cut_after is not None and tap.heard > tap.cut_after:
                    tap.cuts += 1
                    return
                near.sendall(data)


@contextmanager
def scripted_imap(answers):
    """An IMAP server that answers each command by the first pattern it contains; otherwise with OK."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve_script, args=(listener, answers))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join(10)


def _serve_script(listener, answers):
    listener.settimeout(5)
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as lines:
        connection.sendall(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        for line in lines:
            tag, _, command = line.strip().partition(b" ")
            replies = next((reply for pattern, reply in answers.items() if pattern in command), b"")
            connection.sendall(replies + tag + b" OK done\r\n")
            if command == b"LOGOUT":
                return
