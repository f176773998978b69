"""A stand-in for the Hugging Face hub: the part of its HTTP interface that a download uses, on this machine."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class StandInHub:
    """Repositories of bytes.

    Attributes:
        repositories: files by name, by repository.
        gated: repositories whose files are refused.
        fetched: files that were sent, with the first byte asked for.
        sends: bytes after which a connection breaks, once; None: it holds.
    """

    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    fetched: list[tuple[str, int]] = field(default_factory=list)
    sends: int | None = None
    endpoint: str = ""

    def put(self, repository: str, folder: Path) -> None:
        """A repository with a folder's files."""
        self.repositories[repository] = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


class Handler(BaseHTTPRequestHandler):
    hub: StandInHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].strip("/")
        if path.startswith("api/models/"):
            repository = "/".join(path.split("/")[2:4])
            if repository not in self.hub.repositories:
                self.answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            elif "/tree/" in path:
                self.answer(200, json.dumps(self.tree(repository)).encode())
            else:
                self.answer(200, json.dumps({"id": repository, "sha": COMMIT, "siblings": []}).encode())
            return
        owner, name, _, _, file = path.split("/", 4)
        repository = f"{owner}/{name}"
        if repository in self.hub.gated:
            self.answer(401, b"{}", {"X-Error-Code": "GatedRepo"})
            return
        self.send_file(file, self.hub.repositories[repository][file])

    def tree(self, repository: str) -> list[dict]:
        files = self.hub.repositories[repository]
        return [{"type": "file", "path": name, "size": len(data), "oid": etag(data)} for name, data in files.items()]

    def send_file(self, name: str, data: bytes) -> None:
        first = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
        headers = {"ETag": f'"{etag(data)}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if first:
            headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
        if self.command == "GET":
            self.hub.fetched.append((name, first))
        self.answer(206 if first else 200, data[first:], headers)

    def answer(self, code: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.hub.sends is not None and code == 200 and headers:
            body, self.hub.sends, self.close_connection = body[: self.hub.sends], None, True
        self.wfile.write(body)


def etag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def hub() -> StandInHub:
    """Empty, and listening."""
    made = StandInHub()
    handler = type("Handler", (Handler,), {"hub": made})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        made.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        yield made
        server.shutdown()
        thread.join()
