"""The generated API as its users meet it: a uvicorn process, sockets, and a browser."""

import gzip
import json
import math
import os
import random
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from pathlib import Path
from queue import SimpleQueue
from threading import Condition, Thread
from typing import Any

import pytest
import yaml
from support import BIN, IN, PACKAGE, clean_environment, in_project, once, run, sh

pytestmark = [pytest.mark.slow, in_project, once]
PROGRAMS = Path(__file__).with_name("programs")
APP = f"{PACKAGE}.serving.app:from_environment"
TYPE = "application/json"
JSON = {"Content-Type": TYPE}


class Server:
    """A uvicorn process, what it prints, and where it answers."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Wait until it listens."""
        self.process, self.log, self._lines = process, list[str](), SimpleQueue[str]()
        self._reader = Thread(target=self._read)
        self._reader.start()
        self.port = int(self.wait_for(r"running on http://127\.0\.0\.1:(\d+)")[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def _read(self) -> None:
        with self.process.stdout as output:
            for line in output:
                self.log.append(line)
                self._lines.put(line)
        self._lines.put("")

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The next of its lines that matches."""
        while line := self._lines.get():
            if found := re.search(pattern, line):
                return found
        pytest.fail("".join(self.log))

    def wait(self) -> int:
        """How it ended, once all is read that it printed."""
        self._reader.join()
        return self.process.wait()

    def dial(self) -> socket.socket:
        """A connection, to send whatever bytes."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def connect(self) -> closing[HTTPConnection]:
        """A connection for requests, to be used in a `with`."""
        return closing(HTTPConnection("127.0.0.1", self.port, timeout=60))

    def predict(self, instances: object) -> tuple[int, dict[str, Any]]:
        """What it answers to an ordinary request."""
        with self.connect() as connection:
            connection.request("POST", "/predict", json.dumps({"instances": instances}), JSON)
            response = connection.getresponse()
            return response.status, json.load(response)

    def count(self, status: str) -> int:
        """How many requests to /predict its metrics count with such a status."""
        with self.connect() as connection:
            connection.request("GET", "/metrics")
            metrics = connection.getresponse().read().decode()
        lines = re.findall(rf'^requests_total{{path="/predict",status="{status}"}} (.+)$', metrics, re.M)
        return sum(int(float(count)) for count in lines)


@contextmanager
def serve(project: Path, *options: str | Path, app: str = APP) -> Iterator[Server]:
    """What `make serve` runs, on a free port."""
    process = subprocess.Popen(
        [project / ".venv/bin/python", "-m", "uvicorn", "--factory", app, *options],
        cwd=project,
        env=clean_environment(COMMIT="abc123", UVICORN_PORT="0", PYTHONUNBUFFERED="1"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    server = Server(process)
    try:
        yield server
    finally:
        process.terminate()
        server.wait()


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("project", id="digits"),
        "penguins",
        pytest.param("diabetes", marks=pytest.mark.exhaustive),
    ],
)
def served(request: pytest.FixtureRequest, project: Path) -> Path:
    """A project of images; one with categories, gaps and classes; and one that predicts a number."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def server(served: Path) -> Iterator[Server]:
    """One server for many tests; whatever they send, it logs no traceback."""
    with serve(served) as server:
        yield server
    assert "Traceback" not in "".join(server.log)


def read_records(project: Path) -> list[dict[str, Any]]:
    """What the page offers: a row of the test split for each class."""
    examples = json.loads((project / "reports/examples.json").read_text(encoding="utf-8"))
    return [example["record"] for example in examples]


@pytest.fixture(scope="module")
def records(served: Path) -> list[dict[str, Any]]:
    """Right instances."""
    return read_records(served)


class TestAnswers:
    """What is answered is what was evaluated."""

    def test_records_are_predicted_as_in_the_report(self, served: Path, server: Server) -> None:
        asked, expected = json.loads(sh(f"{IN} .venv/bin/python '{PROGRAMS}/examples.py'", served).stdout)
        status, answer = server.predict(asked)
        assert status == 200
        if "classes" in answer:
            tops = [answer["classes"][row.index(max(row))] for row in answer["probabilities"]]
            assert tops == answer["predictions"]
            assert [str(label) for label in tops] == expected
        else:
            assert answer["predictions"] == pytest.approx(expected, rel=1e-6)
        assert answer["model"]["commit"] == "abc123"

    def test_the_same_row_in_another_form_is_the_same_answer(
        self, server: Server, records: list[dict[str, Any]]
    ) -> None:
        """Names in another order; a gap left out; a category as a number; numbers or pixels as a list."""
        record = records[0]
        forms: list[object] = [
            dict(reversed(record.items())),
            {name: value for name, value in record.items() if value is not None},
            {name: int(v) if isinstance(v, str) and v.isdecimal() else v for name, v in record.items()},
        ]
        if all(isinstance(value, float) for value in record.values()):
            forms.append(list(record.values()))
        if list(record) == ["image"]:
            forms += [record["image"], [pixel for row in record["image"] for pixel in row]]
        assert any(form != record for form in forms)
        _, answer = server.predict([record, *forms])
        rows = answer.get("probabilities", answer["predictions"])
        assert all(row == rows[0] for row in rows)


class TestDocument:
    """The OpenAPI document says what the API does."""

    def examine(self, server: Server, folder: Path) -> dict[str, Any]:
        """The report of schemathesis, after all its phases and checks, the same each time."""
        # What it does not know of itself: a body that is too large is refused with 413.
        refusals = "[checks.negative_data_rejection]\nexpected-statuses = [400, 404, 413, 415, 422]\n"
        (folder / "schemathesis.toml").write_text(refusals)
        every = ["--checks", "all", "--max-examples", "40", "--generation-deterministic"]
        every.append("--continue-on-failure")
        report = ["--report", "json", "--report-json-path", "report.json"]
        formats = {**os.environ, "SCHEMATHESIS_HOOKS": "image_format", "PYTHONPATH": str(PROGRAMS)}
        command = (BIN / "schemathesis", "run", f"{server.url}/openapi.json")
        done = run(*command, *every, *report, cwd=folder, env=formats)
        return {**json.loads((folder / "report.json").read_text(encoding="utf-8")), "printed": done.stdout}

    def test_nothing_mismatches(self, server: Server, tmp_path: Path) -> None:
        """Every operation, with data that the document allows and data that it does not."""
        report = self.examine(server, tmp_path)
        warnings = [text for texts in report["warnings"].values() for text in texts]
        assert not [*report["failures"], *report["errors"], *warnings], report["printed"]
        assert report["complete"]
        assert report["operations"]["tested"] == report["operations"]["total"] == 5
        assert server.count("200") > 50
        assert server.count("4..") > 50
        assert server.count("5..") == 0

    def test_a_planted_mismatch_is_found(self, project: Path, tmp_path: Path) -> None:
        """A wrong answer's shape, a promise that is not kept, and a failure of the server."""
        with serve(project, "--app-dir", PROGRAMS, app="faulty_api:plant") as server:
            report = self.examine(server, tmp_path)
        found = {failure["type"]: failure["operations"] for failure in report["failures"]}
        assert found["JsonSchemaError"] == ["GET /health"]
        assert "POST /predict" in found["RejectedPositiveData"]
        assert "POST /predict" in found["ServerError"]


def ask(stream: socket.socket, request: bytes) -> tuple[int, bytes, bool]:
    """Status and body of the answer, and whether the server closes the connection after it."""
    stream.sendall(request)
    with HTTPResponse(stream, method="POST") as response:
        response.begin()
        return response.status, response.read(), response.will_close


def encode(body: bytes, kind: str | None = TYPE, encoding: str | None = None, chunk: int = 0) -> bytes:
    """A request as it goes over the wire, in one piece or in chunks."""
    lines = ["POST /predict HTTP/1.1", "Host: test"]
    lines += [] if kind is None else [f"Content-Type: {kind}"]
    lines += [] if encoding is None else [f"Content-Encoding: {encoding}"]
    lines += ["Transfer-Encoding: chunked" if chunk else f"Content-Length: {len(body)}"]
    if chunk:
        parts = [body[i : i + chunk] for i in range(0, len(body), chunk)] + [b""]
        body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


SECRET = "hunter2"
MAX_BODY = 5_000_000
# fmt: off
WRONG: list[Any] = [
    *(None, True, False, "", "0", SECRET, "\ud800", "\0", [], [[]], [None], {}, {SECRET: [0]}),
    *(math.nan, math.inf, -math.inf, 1e300, -1e10, 10**9 + 1, -(10**400), 10**4299),
]
KINDS = [None, "", "json", "*/*", "text/plain", "text/json", "\xff/json", "application/xml",
         "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", f"{TYPE}, text/html"]
BITS = [b"\0", b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"\xef\xbb\xbf", b"NaN", b"-Infinity", b"1e999",
        b"0x1F", b"//", b"'", b",,", b"\\u", b"[", b"}", b"9" * 5000, b"." + b"0" * 5000, b"\r\n\r\n"]
LINES = ["Content-Length: -1", "Content-Length: +9", "Content-Length: many", f"Content-Length: {10**30}",
         "Content-Length : 9", "Content-Length: 9\r\nContent-Length: 8", "Transfer-Encoding: gzip",
         "Transfer-Encoding: chunked", "Transfer-Encoding: chunked, chunked", ": x", "X: \0"]
# fmt: on


class Hostile:
    """Bodies that nobody should send; a few are right by accident."""

    def __init__(self, record: dict[str, Any], seed: int) -> None:
        """Start from a right record."""
        self.record, self.random = record, random.Random(seed)
        self.right = json.dumps({"instances": [record]}).encode()

    def replace_a_part(self) -> bytes:
        """Another type, value or name, at any depth."""
        wrong = self.random.choice(WRONG)
        instance = dict(self.record)
        name = self.random.choice(list(instance))
        if self.random.random() < 0.3:
            other = self.random.choice([SECRET, name.upper(), f"{name} ", ""])
            instance[other] = instance.pop(name) if self.random.random() < 0.5 else 0
        else:
            instance[name] = wrong
        parts = [self.record] * self.random.randrange(4)
        changed = self.random.choice([instance, instance, list(instance.values()), wrong])
        parts.insert(self.random.randrange(len(parts) + 1), changed)
        name = self.random.choice(["instances"] * 9 + ["Instances", "instances ", "", "rows"])
        return json.dumps(self.random.choice([{name: parts}] * 8 + [{name: wrong}, wrong])).encode()

    def resize(self) -> bytes:
        """Too few or too many values, instances, or both."""
        length = self.random.choice([0, 1, 63, 64, 65, 128, 10_000])
        count = self.random.choice([0, 1, 2] * 3 + [1000, 1001, 1500]) if length < 100 else 1
        few = dict(list(self.record.items())[:length])
        many = {f"{name}{i}": 0 for i in range(2) for name in self.record}
        instance = self.random.choice([[0] * length, few, self.record | many])
        return json.dumps({"instances": [instance] * count}, separators=(",", ":")).encode()

    def cut(self) -> bytes:
        """It ends in the middle."""
        return self.right[: self.random.randrange(len(self.right))]

    def spoil(self) -> bytes:
        """A few bytes become others."""
        spoilt = bytearray(self.right)
        for _ in range(self.random.randint(1, 3)):
            spoilt[self.random.randrange(len(spoilt))] = self.random.randrange(256)
        return bytes(spoilt)

    def insert(self) -> bytes:
        """What is no JSON or no UTF-8, somewhere inside."""
        place = self.random.randrange(len(self.right) + 1)
        return self.right[:place] + self.random.choice(BITS) + self.right[place:]

    def nest(self) -> bytes:
        """As deep as recursion can fall."""
        depth = self.random.choice([10, 500, 990, 5_000, 200_000])
        opened = self.random.choice([b"[", b'{"instances":', b'{"instances":[[', b'{"":['])
        return opened * depth + self.random.choice([b"", b"]" * depth, b"}" * depth])

    def repeat(self) -> bytes:
        """A name twice, or a whole document after the other."""
        wrong = json.dumps(self.random.choice(WRONG)).encode()
        twice = [
            b'{"instances":' + wrong + b"," + self.right[1:],
            self.right[:-1] + b',"instances":' + wrong + b"}",
        ]
        return self.random.choice([*twice, self.right * 2, self.right + b"\n" + wrong])

    def recode(self) -> bytes:
        """Another encoding of characters, or none."""
        codec = self.random.choice(["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-7", "cp500"])
        return self.random.choice([self.right.decode().encode(codec), self.random.randbytes(200)])

    def draw(self) -> tuple[bytes, bytes, str | None, str | None]:
        """A request, its body, and the type and the encoding that it pretends to have."""
        makers = [self.replace_a_part] * 5 + [self.resize, self.cut, self.spoil, self.insert, self.nest]
        body = self.random.choice([*makers, self.repeat, self.recode])()
        chance, kind, encoding = self.random.random(), TYPE, None
        if chance < 0.01:
            body = self.right + b" " * MAX_BODY
        elif chance < 0.05:
            body, encoding = gzip.compress(self.right), self.random.choice(["gzip", "br", "identity", "\xe9"])
        elif chance < 0.15:
            kind = self.random.choice(KINDS)
        chunk = self.random.choice([0, 0, 0, 7, 100_000]) if len(body) < 10_000 else 0
        return encode(body, kind, encoding, chunk), body, kind, encoding


def read_columns(project: Path) -> dict[str, dict[str, Any]]:
    """The rules of the columns that the model takes."""
    config = yaml.safe_load((project / "configs/config.yaml").read_text(encoding="utf-8"))
    data = yaml.safe_load((project / f"configs/data/{config['defaults'][0]['data']}.yaml").read_text("utf-8"))
    return {name: rules for name, rules in data["columns"].items() if rules["kind"] != "ignored"}


def read_instances(body: bytes, columns: dict[str, dict[str, Any]]) -> list[Any] | None:
    """What a right body asks for, by this test's own reading of `configs/data/`."""
    try:
        instances = json.loads(body)["instances"]
    except (ValueError, RecursionError, TypeError, KeyError):
        return None
    if not isinstance(instances, list) or not 0 < len(instances) <= 1000:
        return None
    return instances if all(is_right(instance, columns) for instance in instances) else None


def is_right(instance: object, columns: dict[str, dict[str, Any]]) -> bool:
    """Whether it is a record by the rules, or a list of plain numbers or pixels."""
    if isinstance(instance, list) and [rules["kind"] for rules in columns.values()] == ["image"]:
        instance = dict.fromkeys(columns, instance)
    if isinstance(instance, list):
        plain = all(rules["kind"] == "number" and not rules.get("missing") for rules in columns.values())
        if not plain or len(instance) != len(columns):
            return False
        instance = dict(zip(columns, instance, strict=True))
    if not isinstance(instance, dict) or not instance.keys() <= columns.keys():
        return False
    return all(fits(instance.get(name), rules) for name, rules in columns.items())


def fits(value: object, rules: dict[str, Any]) -> bool:
    """Whether a value is one of its column's."""
    if value is None:
        return bool(rules.get("missing"))
    if rules["kind"] == "image":  # as large as a digit, and grey
        rows = value if isinstance(value, list) else []
        if len(rows) == 8 and all(isinstance(row, list) and len(row) == 8 for row in rows):
            rows = [pixel for row in rows for pixel in row]
        return len(rows) == 64 and all(type(pixel) in (int, float) and pixel in range(256) for pixel in rows)
    if rules["kind"] == "category":
        return type(value) in (int, str) and str(value) in map(str, rules["values"])
    return type(value) in (int, float) and rules["minimum"] <= value <= rules["maximum"]


def assert_one_sentence(answer: bytes) -> None:
    """Nothing but a sentence, without what was sent, and without the server's inside."""
    problem = json.loads(answer)
    assert list(problem) == ["detail"]
    assert re.fullmatch(r"\w[^\n/\\<>]{5,150}", problem["detail"].replace(TYPE, "")), problem
    inside = rf"{SECRET}|{PACKAGE}|Traceback|\.py\b|\wError\b|Exception|pydantic|fastapi|starlette|numpy|onnx"
    assert not re.search(inside, problem["detail"], re.I), problem


class TestHostile:
    """What is no right request is answered in a sentence, and harms nobody."""

    def test_a_thousand_bodies(self, served: Path, server: Server, records: list[dict[str, Any]]) -> None:
        """4xx and a sentence, or the right answer where a body is right after all."""
        columns = read_columns(served)
        hostile, statuses = Hostile(records[-1], seed=0), []
        before = server.predict([records[-1]])
        stream = server.dial()
        for _ in range(1000):
            request, body, kind, encoding = hostile.draw()
            status, answer, closes = ask(stream, request)
            statuses.append(status)
            instances = read_instances(body, columns) if kind == TYPE else None
            if instances and len(body) <= MAX_BODY:
                expected_status, expected = server.predict(instances)
                assert status == expected_status
                assert json.loads(answer) == expected
            else:
                readable = kind == TYPE and encoding in (None, "identity")
                fitting = {413} if len(body) > MAX_BODY else {400, 422} if readable else {415}
                assert status in fitting or not body, (body[:200], kind, answer)
                assert_one_sentence(answer)
            if closes:
                stream.close()
                stream = server.dial()
        stream.close()
        assert {200, 400, 413, 415, 422} == set(statuses)
        assert statuses.count(200) < 100
        assert server.predict([records[-1]]) == before
        assert server.count("5..") == 0

    @pytest.mark.parametrize("line", LINES, ids=lambda line: line[:40].encode("unicode_escape").decode())
    def test_what_is_no_http_is_refused(self, server: Server, line: str) -> None:
        """uvicorn refuses it before the application is asked, in plain text, and hangs up."""
        request = f"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Type: {TYPE}\r\n{line}\r\n\r\n[[[[\r\n"
        with server.dial() as stream:
            status, answer, closes = ask(stream, request.encode())
        assert status == 400
        assert answer == b"Invalid HTTP request received."
        assert closes

    def test_a_wrong_length_harms_the_sender_only(
        self, server: Server, records: list[dict[str, Any]]
    ) -> None:
        """Too short: the rest is no request, and nothing is predicted. Too long: nobody is left to answer."""
        before = server.predict(records[:1])
        request = encode(json.dumps({"instances": records[:1]}).encode())
        length = re.search(rb"Content-Length: (\d+)", request)
        shorter, longer = (b"Content-Length: %d" % (int(length[1]) + more) for more in (-9, 9))
        too_short, rest = request.replace(length[0], shorter)[:-9], request[-9:] + b"\r\n" * 2
        with server.dial() as stream:
            stream.sendall(too_short + rest)
            answers = b"".join(iter(lambda: stream.recv(4096), b""))
            assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"400"]
        with server.dial() as stream:
            status, answer, closes = ask(stream, too_short)
            assert status == 422
            assert_one_sentence(answer)
            assert not closes
            status, _, closes = ask(stream, rest)
            assert status == 400
            assert closes
        with server.dial() as stream:
            stream.sendall(request.replace(length[0], longer))
            stream.shutdown(socket.SHUT_WR)
            assert stream.recv(1) == b""
        assert server.predict(records[:1]) == before
        assert server.count("5..") == 0


Outcome = tuple[str, str]  # sent before the signal, or after; answered how


class Load:
    """Clients that ask, each one request after the other."""

    CLIENTS = 16  # half of them with one connection for all, half with a connection for each request

    def __init__(self, server: Server, instances: object) -> None:
        """Ask `server` for this, over and over."""
        self.server, self.body, self.right = (
            server,
            json.dumps({"instances": instances}),
            server.predict(instances),
        )
        self.sent = self.answered = 0
        self.ended = False
        self.changed = Condition()

    def ask(self, once: bool) -> list[Outcome]:
        """Send requests, until one is not answered."""
        outcomes: list[Outcome] = []
        with self.server.connect() as connection:
            while len(outcomes) < 10_000 and (not outcomes or outcomes[-1][1] == "right"):
                answer = "nothing"
                with suppress(ConnectionError, IncompleteRead):
                    with self.changed:
                        before = not self.ended
                        connection.request("POST", "/predict", self.body, JSON)
                        self.sent += 1
                        self.changed.notify()
                    with connection.getresponse() as response:
                        answer = "half"
                        answer = "right" if (response.status, json.load(response)) == self.right else "wrong"
                    with self.changed:
                        self.answered += 1
                        self.changed.notify()
                if once:
                    connection.close()
                outcomes.append(("before" if before else "after", answer))
        return outcomes

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Until so much was sent and answered."""
        with self.changed:
            assert self.changed.wait_for(condition, timeout=60)

    def end(self, how: signal.Signals) -> list[Outcome]:
        """Send a signal while the server stands still, and a request of each client waits for it."""
        pid = self.server.process.pid
        with ThreadPoolExecutor(self.CLIENTS) as pool:
            clients = [pool.submit(self.ask, once=bool(i % 2)) for i in range(self.CLIENTS)]
            self.wait_until(lambda: self.answered >= 100)
            os.kill(pid, signal.SIGSTOP)
            os.waitpid(pid, os.WUNTRACED)
            self.wait_until(lambda: self.sent - self.answered == self.CLIENTS)
            with self.changed:
                os.kill(pid, how)
                self.ended = True
            os.kill(pid, signal.SIGCONT)
            return [outcome for client in clients for outcome in client.result()]


class TestEnd:
    """SIGTERM, as an orchestrator sends it to a server that is to go."""

    # A client that waits for its turn is not to meet a server that has hung up meanwhile.
    PATIENT = ("--timeout-keep-alive", "3600")

    def test_no_accepted_request_is_lost(self, project: Path) -> None:
        """What was sent before SIGTERM is answered, even if still unread; after it, all or nothing."""
        with serve(project, *self.PATIENT) as server:
            outcomes = Load(server, read_records(project)).end(signal.SIGTERM)
            assert server.wait() == -signal.SIGTERM
        assert set(outcomes) <= {("before", "right"), ("after", "right"), ("after", "nothing")}
        assert outcomes.count(("before", "right")) >= 100 + Load.CLIENTS
        assert outcomes.count(("after", "nothing")) == Load.CLIENTS  # however long they ask, it ends
        logged = sum('"POST /predict HTTP/1.1" 200' in line for line in server.log)
        assert logged == 1 + sum(answer == "right" for _, answer in outcomes)
        assert "Finished server process" in server.log[-1]

    def test_a_lost_request_would_be_seen(self, project: Path) -> None:
        """SIGKILL loses what is under way."""
        with serve(project, *self.PATIENT) as server:
            outcomes = Load(server, read_records(project)[:1]).end(signal.SIGKILL)
        assert {("before", "nothing"), ("before", "half")} & set(outcomes)

    def test_a_body_that_is_under_way_is_awaited(self, project: Path) -> None:
        """After SIGTERM nobody connects any more; who has sent the head of a request sends its body."""
        records = read_records(project)[4:5]
        body = json.dumps({"instances": records}).encode()
        head = encode(body).removesuffix(body).replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
        with serve(project) as server, ExitStack() as stack:
            right = server.predict(records)
            streams = [stack.enter_context(server.dial()) for _ in range(8)]
            for stream in streams:
                stream.sendall(head)
                assert stream.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
            server.process.terminate()
            server.wait_for("Waiting for connections to close")
            with pytest.raises(ConnectionRefusedError):
                server.dial()
            for stream in streams:
                status, answer, closes = ask(stream, body)
                assert status == right[0]
                assert json.loads(answer) == right[1]
                assert closes
