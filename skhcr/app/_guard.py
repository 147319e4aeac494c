"""The request filter of the page: only same-site requests, known host names and limited sizes.

gradio itself accepts every request, under any name and from any web site, within its limits.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import time
from collections.abc import Iterable
from email.message import Message
from tempfile import SpooledTemporaryFile
from typing import Any
from urllib.parse import urlsplit

_UPLOAD = "/gradio_api/upload"
_POSTS = frozenset(
    ("/login", _UPLOAD, "/gradio_api/queue/join", "/gradio_api/cancel", "/gradio_api/reset")
)
# For requests other than uploads: a drawing, or the names of some hundred files.
_LARGEST = 1_000_000
# Number of largest files in one request, and within an hour, after which they are deleted.
_AT_ONCE, _IN_AN_HOUR = 10, 100
HOUR = 3600
_PART = 1 << 16  # bytes of an upload that are passed to the page at once
_AFTER_THE_END = 2  # bytes: a line may end there
_TOO_MUCH_AT_ONCE = "This is more than the page accepts at once."


def names_of_this_machine(host: str) -> set[str]:
    """Return the host names, besides its addresses, of a server at an address."""
    names = {"localhost", host.lower()}
    if not _is_address(host) or not ipaddress.ip_address(host).is_loopback:
        name = socket.gethostname().lower()
        names |= {name, f"{name}.local", socket.getfqdn().lower()}
    return names


class Guard:
    """ASGI middleware that refuses requests not meant for the page.

    Parameters
    ----------
    app : ASGI application
        The page.
    names : iterable of str
        Host names of the page. Its addresses are always allowed, because a web site cannot
        impersonate them.
    largest_file : int
        Maximum file size in bytes.
    """

    def __init__(self, app: Any, names: Iterable[str], largest_file: int) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in names)
        self._largest_file = largest_file
        self._hour_began, self._in_this_hour = time.monotonic(), 0  # bytes of uploads

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        from starlette.exceptions import HTTPException
        from starlette.responses import PlainTextResponse

        with SpooledTemporaryFile(_LARGEST) as body:  # of an upload; deleted when it is closed
            try:
                if scope["type"] != "lifespan":
                    receive = await self._checked(scope, receive, body)
            except HTTPException as error:
                await PlainTextResponse(error.detail, error.status_code)(scope, receive, send)
            else:
                await self._app(scope, receive, send)

    async def _checked(self, scope: Any, receive: Any, body: Any) -> Any:
        """Return the requests that the page may receive."""
        from starlette.exceptions import HTTPException

        headers = dict(scope["headers"])
        self._check_sender(headers)
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            return receive
        path = scope["path"].rstrip("/")
        if path not in _POSTS:
            raise HTTPException(404)
        if path != _UPLOAD:
            return await _read(receive)
        if int(headers.get(b"content-length", 0)) > _AT_ONCE * self._largest_file:
            raise HTTPException(413, _TOO_MUCH_AT_ONCE)
        return self._uploading(receive, body, _end(headers))

    def _check_sender(self, headers: dict[bytes, bytes]) -> None:
        from starlette.exceptions import HTTPException

        host = headers.get(b"host", b"").decode("latin-1").lower()
        origin = headers.get(b"origin", b"").decode("latin-1").lower()
        name = _name(host)
        if name is None or not (name in self._names or _is_address(name)):
            raise HTTPException(403, "This page is not served under this name (--allowed-host).")
        if origin and origin.partition("://")[2] != host:
            raise HTTPException(403, "This page accepts only requests from its own pages.")

    def _uploading(self, receive: Any, body: Any, end: bytes) -> Any:
        """Return a function that passes an upload to the page when it is complete.

        Of an interrupted upload, gradio would leave the received part on the disk.
        """
        parts = self._received(receive, body, end)

        async def replay() -> Any:
            part = await anext(parts, None)
            return await receive() if part is None else part

        return replay

    async def _received(self, receive: Any, body: Any, end: bytes) -> Any:
        """Yield the parts of an upload that is complete and within the limits."""
        from starlette.exceptions import HTTPException

        more = True
        while more:
            message = await receive()
            part = message.get("body", b"")
            if time.monotonic() - self._hour_began > HOUR:
                self._hour_began, self._in_this_hour = time.monotonic(), 0
            self._in_this_hour += len(part)
            if body.tell() + len(part) > _AT_ONCE * self._largest_file:
                raise HTTPException(413, _TOO_MUCH_AT_ONCE)
            if self._in_this_hour > _IN_AN_HOUR * self._largest_file:
                raise HTTPException(413, "This is more than the page accepts in an hour.")
            body.write(part)
            more = message.get("more_body", False)
        body.seek(max(0, body.tell() - len(end) - _AFTER_THE_END))
        if end not in body.read():
            raise HTTPException(400, "The upload was interrupted.")
        body.seek(0)
        while part := body.read(_PART):
            yield {"type": "http.request", "body": part, "more_body": True}
        yield {"type": "http.request", "body": b"", "more_body": False}


def _end(headers: dict[bytes, bytes]) -> bytes:
    """Return the end mark of an upload."""
    message = Message()
    message["content-type"] = headers.get(b"content-type", b"").decode("latin-1")
    return f"\r\n--{message.get_boundary()}--".encode("latin-1")


async def _read(receive: Any) -> Any:
    """Receive a small request completely; return a function that passes it to the page."""
    from starlette.exceptions import HTTPException

    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > _LARGEST:
            raise HTTPException(413, _TOO_MUCH_AT_ONCE)
    if _has_web_address(body):
        raise HTTPException(400, "This page opens only uploaded files.")
    whole = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Any:
        return whole.pop() if whole else await receive()

    return replay


def _has_web_address(body: bytes) -> bool:
    """Return whether a request would make gradio download something like an upload."""
    try:
        parts = [json.loads(body)]
    except (ValueError, RecursionError):
        return False  # it is read nowhere else, either
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            if "://" in str(part.get("path", "")):
                return True
            parts += part.values()
        elif isinstance(part, list):
            parts += part
    return False


def _name(host: str) -> str | None:
    """Return the name in a Host header, without its port; None where there is none."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
