"""The page for coding, served to this machine alone: who has no token gets nothing, and no other page may ask."""

import json
import secrets
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pietools.annotation.coding import Coding
from pietools.errors import PietoolsError, StudyError
from pietools.report.annotation_page import annotation_page

HOST = "127.0.0.1"
LONGEST = 100_000  # bytes of a request


class Server(ThreadingHTTPServer):
    """Serves one annotator's coding on the loopback interface."""

    daemon_threads = True

    def __init__(self, coding: Coding, port: int = 0) -> None:
        try:
            super().__init__((HOST, port), Handler)
        except OSError as error:
            raise StudyError(
                f"port {port} of this machine cannot be used: {error.strerror}. Leave --port out."
            ) from error
        self.coding = coding
        self.token = secrets.token_urlsafe(24)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a window that was closed while it waited is no fault."""

    @property
    def address(self) -> str:
        """Address of the page, with the token."""
        return f"http://{HOST}:{self.server_port}/?token={self.token}"

    @cached_property
    def page(self) -> str:
        """The page."""
        return annotation_page(self.coding.sample.codebook, self.coding.annotator, self.coding.n)


class Handler(BaseHTTPRequestHandler):
    """``GET /`` is the page, ``GET /said`` what was said, ``GET /item`` one example, ``POST /code`` stores what is said."""

    server: Server
    timeout = 30

    def do_GET(self) -> None:
        """Answer, if the token is right."""
        asked = self._asked()
        if asked is None:
            return
        path, query = asked
        coding = self.server.coding
        if path == "/":
            self._reply(HTTPStatus.OK, self.server.page, "text/html")
        elif path == "/said":
            self._json({"said": coding.said()})
        elif path == "/item":
            self._answer(lambda: coding.item(int(query.get("place", ["-1"])[0])))
        else:
            self._reply(HTTPStatus.NOT_FOUND, "there is no such page")

    def do_POST(self) -> None:
        """Store what is said of one example; it is stored when the answer comes."""
        asked = self._asked()
        if asked is None:
            return
        stated = self.headers.get("Content-Length") or ""
        length = int(stated) if stated.isdecimal() else 0
        if asked[0] != "/code" or not 0 < length <= LONGEST:
            self._reply(HTTPStatus.BAD_REQUEST, "no such request")
            return
        body = self.rfile.read(length)
        self._answer(lambda: self._code(body))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing of requests."""

    def _code(self, body: bytes) -> dict[str, Any]:
        content = json.loads(body)
        present = {str(name): value is True for name, value in content["present"].items()}
        self.server.coding.code(int(content["place"]), present, content["before"])
        return {"stored": True}

    def _answer(self, work: Any) -> None:
        try:
            self._json(work())
        except (PietoolsError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            self._reply(HTTPStatus.BAD_REQUEST, str(error))

    def _asked(self) -> tuple[str, dict[str, list[str]]] | None:
        """Path and query of a request that has the token and comes from the page; another is refused."""
        try:
            parts = urlsplit(self.path)
        except ValueError:
            self._reply(HTTPStatus.BAD_REQUEST, "no such request")
            return None
        query = parse_qs(parts.query)
        given = query.get("token", [""])[0]
        own = {f"{HOST}:{self.server.server_port}", f"localhost:{self.server.server_port}"}
        origin = self.headers.get("Origin")
        is_own = self.headers.get("Host") in own and origin in (None, *(f"http://{host}" for host in own))
        if is_own and secrets.compare_digest(given.encode(), self.server.token.encode()):
            return parts.path, query
        self._reply(HTTPStatus.FORBIDDEN, "this page needs the whole address that pietools printed")
        return None

    def _json(self, content: Any) -> None:
        self._reply(HTTPStatus.OK, json.dumps(content), "application/json")

    def _reply(self, status: HTTPStatus, text: str, kind: str = "text/plain") -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
