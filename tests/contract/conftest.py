"""Where the contract of stores is tried: folders, memory, a real OpenSSH server, Swift, and Ceph's gateway."""

import getpass
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from devcloud.services import ceph
from hoarfrost.repository import Store, open_store

CLOUD = os.environ.get("HOARFROST_TEST_CLOUD", "devcloud-member")


@pytest.fixture(
    params=[
        "local",
        "memory",
        "sftp",
        pytest.param("s3", marks=pytest.mark.cloud),
        pytest.param("swift", marks=pytest.mark.cloud),
        pytest.param("ceph", marks=pytest.mark.cloud),
    ]
)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Empty, and for this test alone."""
    if request.param == "memory":
        return open_store(f"memory:{secrets.token_hex(4)}")
    if request.param == "local":
        return open_store(f"file:{tmp_path}/store")
    place: Callable[[], str] = request.getfixturevalue(f"{request.param}_place")
    return open_store(place())


# -- OpenSSH ---------------------------------------------------------------------------------------------------------

SSHD = """
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
"""


class SshServer:
    """A server on loopback with keys of its own, and a home folder for the client that knows them."""

    def __init__(self, program: str, folder: Path) -> None:
        self.folder = folder
        self.program = program
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        for name in ("host", "user", "stranger"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(command, check=True)
        (folder / "sshd_config").write_text(SSHD.format(port=self.port, folder=folder))
        self.home = self.make_home("home", known="host", identity="user")
        self.start()

    def make_home(self, name: str, *, known: str | None, identity: str) -> Path:
        ssh = self.folder / name / ".ssh"
        ssh.mkdir(parents=True)
        shutil.copy(self.folder / identity, ssh / "id_ed25519")
        if known:
            key = (self.folder / f"{known}.pub").read_text()
            (ssh / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {key}")
        return ssh.parent

    def start(self) -> None:
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # it refuses to start without
        log = (self.folder / "log").open("ab")
        command = [self.program, "-D", "-e", "-f", str(self.folder / "sshd_config")]
        self.process = subprocess.Popen(command, stderr=log)
        for _ in range(100):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        pytest.fail((self.folder / "log").read_text())

    def stop(self) -> None:
        """The server and the processes it has for connections."""
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True)
        self.process.kill()
        self.process.wait(10)
        for pid in children.stdout.split():
            subprocess.run(["kill", "-9", pid], check=False)

    def url(self, path: Path) -> str:
        return f"sftp:{getpass.getuser()}@127.0.0.1:{self.port}{path}"


@pytest.fixture(scope="session")
def ssh_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("no OpenSSH server is installed (Debian: openssh-server)")
    server = SshServer(program, tmp_path_factory.mktemp("ssh"))
    yield server
    server.stop()


@pytest.fixture
def sftp_place(ssh_server: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    monkeypatch.setenv("HOME", str(ssh_server.home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return lambda: ssh_server.url(tmp_path / "store")


# -- the devcloud ----------------------------------------------------------------------------------------------------


class Account:
    """A container of a real Swift, as its owner sees it."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.session = connection.session
        self.url = connection.object_store.get_endpoint().rstrip("/")
        self.container = f"hoarfrost-test-{secrets.token_hex(4)}"
        self.session.put(f"{self.url}/{self.container}")

    def endpoint(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def remove(self) -> None:
        while rows := self.session.get(f"{self.url}/{self.container}?format=json").json():
            for row in rows:
                self.session.delete(f"{self.url}/{self.container}/{row['name']}")
        self.session.delete(f"{self.url}/{self.container}")


@pytest.fixture(scope="package")
def account() -> Iterator[Account]:
    import openstack

    made = Account(openstack.connect(cloud=CLOUD))
    yield made
    made.remove()


@pytest.fixture
def swift_place(account: Account, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    monkeypatch.setenv("HOARFROST_SWIFT_CLOUD", CLOUD)
    monkeypatch.setattr("hoarfrost.repository.stores.settled.MOMENT", 0.5)
    return lambda: f"swift:{account.container}/{secrets.token_hex(4)}"


@pytest.fixture(scope="package")
def ec2(account: Account) -> Iterator[dict[str, str]]:
    """Keys for the S3 API of the same Swift."""
    identity = account.connection.identity
    path = f"/users/{account.session.get_user_id()}/credentials/OS-EC2"
    made = identity.post(path, json={"tenant_id": account.session.get_project_id()}).json()["credential"]
    yield {
        "HOARFROST_S3_ACCESS_KEY_ID": made["access"],
        "HOARFROST_S3_SECRET_ACCESS_KEY": made["secret"],
        "HOARFROST_S3_ENDPOINT": account.endpoint(),
        "HOARFROST_S3_REGION": account.connection.config.get_region_name(),
    }
    identity.delete(f"{path}/{made['access']}")


@pytest.fixture
def s3_place(account: Account, ec2: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    for name, value in ec2.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("hoarfrost.repository.stores.settled.MOMENT", 0.5)
    return lambda: f"s3:{account.container}/{secrets.token_hex(4)}"


@pytest.fixture(scope="package")
def bucket() -> Iterator[str]:
    """Of the devcloud's RADOS gateway."""
    import obstore
    import requests
    from obstore.store import S3Store

    name = f"hoarfrost-test-{secrets.token_hex(4)}"
    at = S3Store(
        name,
        endpoint=ceph.URL,
        access_key_id=ceph.ACCESS_KEY,
        secret_access_key=ceph.SECRET_KEY,
        client_options={"allow_http": True},
    )
    requests.put(obstore.sign(at, "PUT", "", timedelta(minutes=1)), timeout=30).raise_for_status()
    yield name
    while names := [one["path"] for one in obstore.list(at).collect()]:
        obstore.delete(at, names)
    requests.delete(obstore.sign(at, "DELETE", "", timedelta(minutes=1)), timeout=30).raise_for_status()


@pytest.fixture
def ceph_place(bucket: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    monkeypatch.setenv("HOARFROST_S3_ACCESS_KEY_ID", ceph.ACCESS_KEY)
    monkeypatch.setenv("HOARFROST_S3_SECRET_ACCESS_KEY", ceph.SECRET_KEY)
    monkeypatch.setenv("HOARFROST_S3_ENDPOINT", ceph.URL)
    monkeypatch.setenv("HOARFROST_S3_REGION", "default")
    return lambda: f"s3:{bucket}/{secrets.token_hex(4)}"
