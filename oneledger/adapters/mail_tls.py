"""How a mail account may be reached: over verified TLS, or in plain text on this very machine."""

import ssl
from enum import StrEnum
from ipaddress import ip_address

from oneledger.domain.errors import RefusedError


class Security(StrEnum):
    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


def check_security(host: str, security: str) -> Security:
    """Raises RefusedError for a way that does not exist, or for plain text to another machine."""
    if security not in {way.value for way in Security}:
        raise RefusedError([f"mail security {security!r}: must be one of none, starttls, tls"])
    if security == Security.NONE and not _is_this_machine(host):
        raise RefusedError([f"mail security none: only for this machine, not for {host}"])
    return Security(security)


def verified_context(cafile: str | None) -> ssl.SSLContext:
    """The certificate and the host name are checked; cafile replaces the system's authorities."""
    return ssl.create_default_context(cafile=cafile)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
