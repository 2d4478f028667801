"""Whether the served Prefect is there, and whom it lets in."""

import base64
from ipaddress import ip_address
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

_SECONDS = 5


def is_up(api: str) -> bool:
    return _code(Request(f"{api}/health")) == 200  # noqa: S310  our own server


def open_doors(api: str, lock: str) -> list[str]:
    """Every way in that ought to be shut."""
    host = urlsplit(api).hostname or ""
    found = [] if _is_loopback(host) else [f"在 {host} 上监听，应只在本机（127.0.0.1）监听"]
    if _code(Request(f"{api}/admin/version")) != 401:  # noqa: S310
        found.append("不用口令就能进入")
    known = {"Authorization": f"Basic {base64.b64encode(lock.encode()).decode()}", "Content-Type": "application/json"}
    if _code(Request(f"{api}/flows/filter", b"{}", known)) != 403:  # noqa: S310
        found.append("没有打开 CSRF 防护")
    asks = {"Origin": "http://elsewhere.invalid", "Access-Control-Request-Method": "POST"}
    if _code(Request(f"{api}/flows/filter", headers=asks, method="OPTIONS")) != 400:  # noqa: S310
        found.append("接受别的网站的请求（CORS）")
    return found


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _code(request: Request) -> int:
    """0 where nobody answers."""
    try:
        with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            return int(answer.status)
    except HTTPError as refused:
        refused.close()
        return refused.code
    except (URLError, OSError, ValueError):
        return 0
