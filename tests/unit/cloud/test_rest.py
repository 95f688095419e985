"""Calls against a server that misbehaves in the ways clouds do."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from keystoneauth1.adapter import Adapter
from keystoneauth1.session import Session
from keystoneauth1.token_endpoint import Token

from hoarfrost.cloud.meter import Meter
from hoarfrost.cloud.rest import Rest
from hoarfrost.errors import NotFound, QuotaExceeded, Refused, Unavailable

Answer = tuple[int, dict[str, str], bytes]


class Call:
    def __init__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self.method = handler.command
        self.path, _, query = handler.path.partition("?")
        self.query = dict(parse_qsl(query))
        self.headers = handler.headers
        self.body = body


class Server:
    """Answers with what ``answers`` gives, one after the other, or with ``rule``; notes every call."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answers: list[Answer] = []
        self.rule: Callable[[Call], Answer] | None = None
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:
                """Silence."""

            def do(self) -> None:
                call = Call(self, self._body())
                server.calls.append(call)
                status, headers, body = server.rule(call) if server.rule else server.answers.pop(0)
                self.send_response(status)
                length = headers.pop("Content-Length", str(len(body)))
                for key, value in {"Content-Length": length, **headers}.items():
                    self.send_header(key, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)
                if int(length) != len(body):
                    self.close_connection = True

            def _body(self) -> bytes:
                if self.headers.get("Transfer-Encoding") != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                whole = b""
                while size := int(self.rfile.readline(), 16):
                    whole += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return whole

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = do

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that hangs up is part of the tests."""

        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/v2.0"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()


class Fixed(Token):
    def get_access(self, session: Session) -> None:
        """A fixed token needs no renewal."""


class Plain(Adapter):
    """As the SDK's adapter, which also takes ``skip_cache``."""

    def request(self, *args: Any, skip_cache: bool = False, **kwargs: Any) -> Any:
        return super().request(*args, **kwargs)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr("hoarfrost.cloud.rest.time.sleep", lambda seconds: None)
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


def rest(server: Server, service: str = "network") -> Rest:
    adapter = Plain(Session(auth=Fixed(server.url, "t")), endpoint_override=server.url)
    return Rest(adapter, service, server.url, None, "")


def answer(body: object, status: int = 200, **headers: str) -> Answer:
    return status, {"Content-Type": "application/json", **headers}, json.dumps(body).encode()


DOWN: Answer = (503, {}, b"<h1>Down</h1>")


def test_calls_that_may_be_repeated_are(server: Server) -> None:
    for call in (
        lambda: rest(server).get("/v2.0/x"),
        lambda: rest(server).put("/x", {"a": 1}),
        lambda: rest(server).delete("/x"),
        lambda: rest(server).head("/x"),
    ):
        server.calls.clear()
        server.answers = [DOWN, DOWN, answer({})]
        call()
        assert len(server.calls) == 3
    assert server.calls[0].path == "/v2.0/x"


def test_making_something_is_not_tried_twice(server: Server) -> None:
    server.answers = [DOWN]
    with pytest.raises(Unavailable, match="Down"):
        rest(server).post("/x", {})
    assert len(server.calls) == 1


def test_a_throttled_call_is_tried_again_whatever_it_is(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("hoarfrost.cloud.rest.time.sleep", waits.append)
    server.answers = [(429, {"Retry-After": "7"}, b""), answer({"x": 1}, 201)]
    assert rest(server).post("/x", {}) == {"x": 1}
    assert waits == [7.0]


def test_it_gives_up(server: Server) -> None:
    server.rule = lambda call: DOWN
    with pytest.raises(Unavailable):
        rest(server).get("/x")
    assert len(server.calls) == 5
    server.http.shutdown()
    server.http.server_close()
    with pytest.raises(Unavailable, match=r"^GET network /x: no answer at http://[^ ]+: Connection refused$"):
        rest(server).get("/x")


def test_refusals_are_not_tried_again(server: Server) -> None:
    server.answers = [answer({"x": {"message": "No"}}, 400), (404, {}, b""), (413, {}, b""), (404, {}, b"")]
    with pytest.raises(Refused, match="No"):
        rest(server).put("/x", {})
    with pytest.raises(NotFound):
        rest(server).get("/x")
    with pytest.raises(QuotaExceeded):
        rest(server).post("/x", {})
    rest(server).delete("/x")
    assert len(server.calls) == 4


def test_an_answer_that_is_no_json(server: Server) -> None:
    server.answers = [(200, {"Content-Type": "text/html"}, b"<h1>Welcome to our proxy</h1>"), (204, {}, b"")]
    with pytest.raises(Unavailable, match="not JSON"):
        rest(server).get("/x")
    assert rest(server).post("/x") is None


def pages(call: Call, size: int = 2, total: int = 5) -> Iterator[int]:
    start = int(call.query.get("marker", -1)) + 1
    yield from range(start, min(start + size, total))


def test_pages_by_links(server: Server) -> None:
    def rule(call: Call) -> Answer:
        ids = list(pages(call))
        body: dict[str, Any] = {"things": [{"id": str(id)} for id in ids]}
        if ids and ids[-1] < 4:
            href = f"http://somewhere-behind.example/v2.0/things?limit=2&colour=red&marker={ids[-1]}"
            body["things_links"] = [{"rel": "previous", "href": "x"}, {"rel": "next", "href": href}]
        return answer(body)

    server.rule = rule
    assert [one["id"] for one in rest(server).list("/things", "things", colour="red")] == list("01234")
    assert all(call.query["colour"] == "red" for call in server.calls)


@pytest.mark.parametrize("shape", ["next", "links"])
def test_pages_by_next(server: Server, shape: str) -> None:
    def rule(call: Call) -> Answer:
        ids = list(pages(call))
        link = f"/v2/things?marker={ids[-1]}" if ids[-1] < 4 else None
        follow = {"next": link} if shape == "next" else {"links": {"next": link, "self": "x"}}
        return answer(
            {"things": [{"id": str(id)} for id in ids], **(follow if link or shape == "links" else {})}
        )

    server.rule = rule
    assert [one["id"] for one in rest(server).list("/things", "things")] == list("01234")


def test_a_marker_that_was_deleted_meanwhile(server: Server) -> None:
    """The listing starts over and gives nothing twice."""
    asked: list[str] = []

    def rule(call: Call) -> Answer:
        marker = call.query.get("marker", "")
        asked.append(marker)
        if marker == "1" and asked.count("1") == 1:
            return answer({"badRequest": {"message": "marker not found"}}, 400)
        ids = list(pages(call))
        body: dict[str, Any] = {"things": [{"id": str(id)} for id in ids]}
        if ids[-1] < 4:
            body["next"] = f"/things?marker={ids[-1]}"
        return answer(body)

    server.rule = rule
    assert [one["id"] for one in rest(server).list("/things", "things")] == list("01234")
    assert asked == ["", "1", "", "1", "3"]


def test_swift_pages_by_the_last_name(server: Server) -> None:
    names = ["a", "b/c", "ü"]

    def rule(call: Call) -> Answer:
        assert call.query["format"] == "json"
        after = [one for one in names if one > call.query.get("marker", "")]
        return answer([{"name": one} for one in after[:2]])

    server.rule = rule
    found = rest(server, "object-store").list("/c", "")
    assert [one["name"] for one in found] == names


DATA = bytes(range(256)) * 8192  # 2 MiB


def part(call: Call) -> tuple[int, int]:
    first, _, last = call.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
    return int(first), int(last) + 1 if last else len(DATA)


def test_a_download_goes_on_where_it_broke_off(server: Server) -> None:
    def rule(call: Call) -> Answer:
        start, end = part(call)
        headers = {"Content-Length": str(end - start), "ETag": '"e"'}
        return (206 if "Range" in call.headers else 200), headers, DATA[start : min(end, start + 700_000)]

    server.rule = rule
    assert b"".join(rest(server).download("/x")) == DATA
    assert [call.headers.get("If-Match") for call in server.calls] == [None, '"e"', '"e"']
    server.calls.clear()
    assert b"".join(rest(server).download("/x", 100, 1_000_000)) == DATA[100:1_000_100]
    assert [part(call) for call in server.calls] == [(100, 1_000_100), (700_100, 1_000_100)]


def test_a_download_that_never_gets_on_gives_up(server: Server) -> None:
    def rule(call: Call) -> Answer:
        start, _ = part(call)
        return (206 if start else 200), {"Content-Length": "2000"}, b"x" * 10 if not start else b""

    server.rule = rule
    with pytest.raises(Unavailable, match="broke off"):
        list(rest(server).download("/x"))


def test_a_server_without_ranges_is_refused(server: Server) -> None:
    server.rule = lambda call: (200, {}, DATA)
    with pytest.raises(Refused, match="HTTP Range"):
        list(rest(server).download("/x", 10, 10))


def test_stored_bytes_are_not_decompressed(server: Server) -> None:
    server.rule = lambda call: (
        200,
        {"Content-Encoding": "gzip", "X-Object-Meta-A": "caf\u00c3\u00a9"},
        b"\x1f\x8bnot gzip",
    )
    headers, pieces = rest(server).open("/x")
    assert b"".join(pieces) == b"\x1f\x8bnot gzip"
    assert headers["x-object-meta-a"] == "café"


class Again:
    """An iterable that can be gone through twice."""

    def __iter__(self) -> Iterator[bytes]:
        yield from (b"one", b"", b"two")


def test_an_upload_is_sent_again_if_it_can_be(server: Server) -> None:
    server.answers = [DOWN, (201, {"ETag": "e"}, b"")]
    assert rest(server).upload("/x", Again(), {"X-Object-Meta-A": "café"})["etag"] == "e"
    assert [call.body for call in server.calls] == [b"onetwo", b"onetwo"]
    assert server.calls[1].headers["X-Object-Meta-A"].encode("latin-1").decode() == "café"
    server.answers = [DOWN]
    with pytest.raises(Unavailable):
        rest(server).upload("/x", iter([b"once"]))
    server.answers = [(201, {}, b"")]
    rest(server).upload("/x", b"whole", method="POST", a="b")
    assert (server.calls[-1].method, server.calls[-1].body, server.calls[-1].query) == (
        "POST",
        b"whole",
        {"a": "b"},
    )


def test_urls_are_joined(server: Server) -> None:
    server.rule = lambda call: answer({})
    rest(server).get("/v2.0/a", x="1 2")
    assert (server.calls[0].path, server.calls[0].query) == ("/v2.0/a", {"x": "1 2"})
    assert urlsplit(server.url).path == "/v2.0"


def test_no_body_is_logged_whatever_the_level(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """Bodies have secrets in them (pre-shared keys, payloads), and so have answers."""
    caplog.set_level("DEBUG")
    server.answers = [answer({"psk": "hush-hush-4711"}), answer({"psk": "hush-hush-4711"}, 400)]
    rest(server).post("/x", {"psk": "hush-hush-4711"})
    with pytest.raises(Refused):
        rest(server).post("/x", {"psk": "hush-hush-4711"})
    assert "hush-hush-4711" not in caplog.text
    assert "POST network /x: 200" in caplog.text


def test_requests_are_counted_with_those_that_were_tried_again(server: Server) -> None:
    meter = Meter()
    adapter = Plain(Session(auth=Fixed(server.url, "t")), endpoint_override=server.url)
    server.answers = [DOWN, answer({}), answer({})]
    calls = Rest(adapter, "network", server.url, None, "", meter)
    calls.get("/x")
    calls.get("/x")
    assert meter.count == 3


def test_a_page_may_end_between_two_versions_of_a_name(server: Server) -> None:
    every = [("a", "3"), ("a", "2"), ("a", "null"), ("b", "1")]

    def rule(call: Call) -> Answer:
        at = (call.query.get("marker"), call.query.get("version_marker"))
        start = every.index((at[0] or "", at[1] or "")) + 1 if at[0] else 0
        return answer([{"name": name, "version_id": id} for name, id in every[start : start + 2]])

    server.rule = rule
    listed = rest(server, "object-store").list("/c", "", versions="true")
    assert [(one["name"], one["version_id"]) for one in listed] == every
