"""What an S3 or a Swift answers, and which error it becomes: a server on loopback that answers what it is told."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from keystoneauth1.exceptions import HttpError

from hoarfrost.errors import (
    Damaged,
    Missing,
    NameTaken,
    RepositoryError,
    StoreError,
    StoreFull,
    StoreRefused,
    StoreUnavailable,
)
from hoarfrost.repository.stores import Store
from hoarfrost.repository.stores.keystone import translated
from hoarfrost.repository.stores.retried import RetriedStore

Answer = tuple[int, dict[str, str], bytes]
CUT = {"Cut": "yes"}  # the connection ends before the body does


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[Answer] = []
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/":  # whether this is a Swift
            return self.reply(200, {}, b"")
        headers = {name.title(): value for name, value in self.headers.items()}
        self.server.asked.append((self.command, self.path, headers, body))
        if not self.server.answers:
            return self.reply(599, {}, b"not told what to answer")
        return self.reply(*self.server.answers.pop(0))

    def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
        cut = "Cut" in headers
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body) + cut), "ETag": '"x"', **headers}.items():
            self.send_header(name, value)
        self.send_header("Last-Modified", "Sun, 22 Nov 2026 17:19:20 GMT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        if cut:
            self.close_connection = True

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = answer

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test looks at ``asked``."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr("hoarfrost.repository.stores.settled.MOMENT", 0)
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def s3(server: Server) -> Store:
    from hoarfrost.repository.stores.s3 import S3Store
    from hoarfrost.repository.stores.s3_account import S3Account

    return S3Store("bucket", "deep", S3Account(server.url, "here", "key", "secret"))


@pytest.fixture
def swift(server: Server) -> Store:
    from keystoneauth1.session import Session
    from keystoneauth1.token_endpoint import Token

    from hoarfrost.repository.stores.swift import SwiftStore

    store = SwiftStore("container", "deep")
    account = f"{server.url}/v1/AUTH_x"
    store._connected = Session(auth=Token(account, "secret-token")), account
    return store


@pytest.fixture(params=["s3", "swift"])
def store(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(request.param)
    return found


def xml(code: str, message: str = "it says so") -> bytes:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()


EVERYTHING: list[Callable[[Store], object]] = [
    lambda store: store.put_new("snaps/a", b"x"),
    lambda store: store.get("snaps/a"),
    lambda store: store.get_range("snaps/a", 0, 1),
    lambda store: store.size("snaps/a"),
    lambda store: list(store.list("snaps/")),
    lambda store: store.delete("snaps/a"),
]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, xml("InternalError"), StoreUnavailable),
        (502, b"", StoreUnavailable),
        (503, xml("SlowDown"), StoreUnavailable),
        (504, b"", StoreUnavailable),
        (429, b"", StoreUnavailable),
        (408, xml("RequestTimeout"), StoreUnavailable),
        (403, xml("AccessDenied"), StoreRefused),
        (507, b"", StoreFull),
    ],
)
@pytest.mark.parametrize("ask", EVERYTHING)
def test_an_answer_becomes_an_error(
    server: Server,
    store: Store,
    ask: Callable[[Store], object],
    status: int,
    body: bytes,
    error: type[RepositoryError],
) -> None:
    server.answers += [(status, {}, body)]
    with pytest.raises(error) as caught:
        ask(store)
    assert len(server.asked) == 1  # nobody below repeats it
    assert "secret" not in caught.value.sentence + caught.value.hint
    assert str(status) in caught.value.sentence


@pytest.mark.parametrize("ask", EVERYTHING)
def test_no_answer(server: Server, store: Store, ask: Callable[[Store], object]) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(StoreUnavailable):
        ask(store)


def test_an_answer_that_is_cut_off_may_be_asked_for_again(server: Server, store: Store) -> None:
    server.answers += [(200, CUT, b"ab"), (200, {}, b"abc")]
    assert RetriedStore(store, sleep=lambda _: None).get("index/a") == b"abc"


def test_a_part_that_is_cut_off_may_be_asked_for_again(server: Server, store: Store) -> None:
    part = {"Content-Range": "bytes 5-7/9"}
    server.answers += [(206, CUT | part, b"ab"), (503, {}, b""), (206, part, b"abc")]
    assert RetriedStore(store, sleep=lambda _: None).get_range("index/a", 5, 3) == b"abc"
    assert {headers["Range"] for _, _, headers, _ in server.asked} == {"bytes=5-7"}


def test_an_object_that_is_shorter(server: Server, store: Store) -> None:
    server.answers += [(206, {"Content-Range": "bytes 5-6/7"}, b"ab"), (416, {}, xml("InvalidRange"))]
    for _ in range(2):
        with pytest.raises(Damaged, match="shorter"):
            store.get_range("index/a", 5, 3)


def test_nothing_there(server: Server, store: Store) -> None:
    server.answers += [(404, {}, xml("NoSuchKey"))] * 4
    assert store.size("index/a") is None
    with pytest.raises(Missing):
        store.get("index/a")
    with pytest.raises(Missing):
        store.get_range("index/a", 0, 1)


def test_a_name_that_is_taken_and_a_put_that_was_ours(server: Server, store: Store) -> None:
    server.answers += [(412, {}, xml("PreconditionFailed"))]
    with pytest.raises(NameTaken):
        store.put_new("snaps/a", b"ours")
    server.answers += [
        (500, {}, b""),
        (412, {}, xml("PreconditionFailed")),
        (200, {}, b"ours"),
        (200, {}, b"ours"),
    ]
    RetriedStore(store, sleep=lambda _: None).put_new("snaps/a", b"ours")
    puts = [
        (headers["If-None-Match"], body) for command, _, headers, body in server.asked if command == "PUT"
    ]
    assert puts == [("*", b"ours")] * 3


# -- S3 --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "error", "hint"),
    [
        (403, "RequestTimeTooSkewed", StoreRefused, "clock"),
        (403, "SignatureDoesNotMatch", StoreRefused, "credentials"),
        (403, "QuotaExceeded", StoreFull, "space"),
        (400, "AuthorizationHeaderMalformed", StoreRefused, "AWS_REGION"),
        (409, "ConditionalRequestConflict", StoreUnavailable, "again"),
        (404, "NoSuchBucket", StoreError, "Make it first"),
        (405, "MethodNotAllowed", StoreError, ""),
    ],
)
def test_what_an_s3_says(
    server: Server, s3: Store, status: int, code: str, error: type[StoreError], hint: str
) -> None:
    server.answers += [(status, {}, xml(code))]
    with pytest.raises(StoreError) as caught:
        s3.put_new("snaps/a", b"x")
    assert type(caught.value) is error
    assert hint in caught.value.hint


def test_without_tls_what_is_sent_is_signed(server: Server, s3: Store) -> None:
    server.answers += [(200, {}, b"")]
    s3.put_new("snaps/a", b"x")
    command, path, headers, _ = server.asked[0]
    assert (command, path) == ("PUT", "/bucket/deep/snaps/a")
    assert (
        headers["X-Amz-Content-Sha256"] == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    )


# -- Swift -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (413, b"<html>Upload exceeds quota.</html>", StoreFull),
        (413, b"<html>Request Entity Too Large</html>", StoreError),
        (409, b"", StoreUnavailable),
        (499, b"", StoreUnavailable),
        (422, b"", StoreError),
    ],
)
def test_what_a_swift_says(
    server: Server, swift: Store, status: int, body: bytes, error: type[StoreError]
) -> None:
    server.answers += [(status, {}, body)]
    with pytest.raises(StoreError) as caught:
        swift.put_new("snaps/a", b"x")
    assert type(caught.value) is error


@pytest.mark.parametrize("status", [201, 202])
def test_of_two_that_swift_both_told_yes_the_one_that_is_not_there_has_lost(
    server: Server, swift: Store, status: int
) -> None:
    server.answers += [(status, {}, b""), (200, {}, b"theirs")]
    with pytest.raises(NameTaken, match="faster"):
        swift.put_new("snaps/a", b"ours")
    assert server.asked[1][2]["X-Newest"] == "true"
    server.answers += [(201, {}, b""), (200, {}, b"ours")]
    swift.put_new("snaps/a", b"ours")


def test_a_pack_is_not_read_again(server: Server, swift: Store) -> None:
    server.answers += [(201, {}, b"")]
    swift.put_new("packs/ab/1", memoryview(bytes(3 << 20)))
    assert [(command, len(body)) for command, _, _, body in server.asked] == [("PUT", 3 << 20)]


def test_the_container_is_made_by_the_first_put(server: Server, swift: Store) -> None:
    server.answers += [(404, {}, b""), (201, {}, b""), (201, {}, b""), (200, {}, b"x")]
    swift.put_new("format", b"x")
    assert [(command, path.rpartition("AUTH_x")[2]) for command, path, _, _ in server.asked] == [
        ("PUT", "/container/deep/format"),
        ("PUT", "/container"),
        ("PUT", "/container/deep/format"),
        ("GET", "/container/deep/format"),
    ]


def test_a_range_that_one_replica_lacks_is_asked_of_all(server: Server, swift: Store) -> None:
    server.answers += [(404, {}, b""), (206, {}, b"abc")]
    assert swift.get_range("packs/ab/1", 0, 3) == b"abc"
    assert server.asked[1][2]["X-Newest"] == "true"


def test_a_listing_is_read_to_its_end_whatever_its_pages_are(server: Server, swift: Store) -> None:
    page = b'[{"name": "deep/snaps/%d", "bytes": 7, "hash": "x"}]'
    server.answers += [(200, {}, page % 1), (200, {}, page % 2), (200, {}, b"[]")]
    assert list(swift.list("snaps/")) == [("snaps/1", 7), ("snaps/2", 7)]
    assert [path.rpartition("marker=")[2] for _, path, _, _ in server.asked] == [
        "",
        "deep%2Fsnaps%2F1",
        "deep%2Fsnaps%2F2",
    ]


def test_an_endpoint_that_nobody_set_is_named(server: Server) -> None:
    from hoarfrost.repository.stores.s3 import S3Store
    from hoarfrost.repository.stores.s3_account import S3Account

    store = S3Store("bucket", "", S3Account())
    store._reading = S3Store("bucket", "", S3Account(server.url, "r", "k", "s"))._reading
    server.answers.append((403, {}, xml("AccessDenied")))
    with pytest.raises(StoreRefused, match=r"at AWS \(no endpoint is set\) refuses: 403") as caught:
        store.get("format")
    assert "HOARFROST_S3_ENDPOINT" in caught.value.hint


def test_who_speaks_no_tls_is_named(server: Server) -> None:
    from hoarfrost.repository.stores.s3 import S3Store
    from hoarfrost.repository.stores.s3_account import S3Account

    url = server.url.replace("http:", "https:")
    with pytest.raises(StoreUnavailable, match="speaks no TLS"):
        S3Store("bucket", "", S3Account(url, "r", "k", "s")).get("format")


@pytest.mark.parametrize(
    ("status", "wanted"), [(429, StoreUnavailable), (503, StoreUnavailable), (400, StoreRefused)]
)
def test_an_identity_service_that_is_busy_is_waited_for(status: int, wanted: type[StoreError]) -> None:
    found = translated(HttpError(http_status=status), "log in")
    assert type(found) is wanted
    assert "log in" in found.sentence
