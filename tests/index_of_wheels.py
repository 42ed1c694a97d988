"""A proxy on loopback that is, for whatever host is asked, a package index of a folder of wheels.

It stands in for the index of torch's builds, which uv knows by name and tests do not reach.
"""

import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LEAF = "basicConstraints=CA:FALSE\nsubjectAltName=DNS:{host}\n"


class Certificates:
    """An authority of our own, and a certificate of it for each host."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "root.pem"
        key = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=Test root")
        self._openssl(*key, "-keyout", "root.key", "-out", self.root.name)

    def make_context(self, host: str) -> ssl.SSLContext:
        """What a server that is called `host` needs."""
        new = ("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=host")
        self._openssl(*new, "-keyout", "host.key", "-out", "host.csr")
        (self.folder / "host.ext").write_text(LEAF.format(host=host))
        sign = ("x509", "-req", "-in", "host.csr", "-CA", self.root.name, "-CAkey", "root.key", "-days", "1")
        self._openssl(*sign, "-CAcreateserial", "-extfile", "host.ext", "-out", "host.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "host.pem", self.folder / "host.key")
        return context

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)


class Server(socketserver.ThreadingTCPServer):
    """The proxy, with what was asked of it: pairs of method and path."""

    daemon_threads = True

    def __init__(self, wheels: Path, folder: Path) -> None:
        self.wheels = {path.name: path for path in wheels.glob("*.whl")}
        self.certificates = Certificates(folder)
        self.lock = threading.Lock()
        self.asked: list[tuple[str, str]] = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(socketserver.StreamRequestHandler):
    """One connection: CONNECT, then requests inside of it, each answered with the whole of a file."""

    server: Server

    def handle(self) -> None:
        """Answer until the other side is content."""
        host = self.rfile.readline().split()[1].decode().partition(":")[0]
        while self.rfile.readline().strip():
            pass
        with self.server.lock:
            context = self.server.certificates.make_context(host)
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with context.wrap_socket(self.connection, server_side=True) as tls, tls.makefile("rwb") as stream:
            while request := stream.readline().split():
                while stream.readline().strip():
                    pass
                self.answer(stream, request[0].decode(), request[1].decode())
                stream.flush()

    def answer(self, stream: object, method: str, path: str) -> None:
        """A list of links for a folder, the wheel for a file."""
        self.server.asked.append((method, path))
        folder, _, name = path.rpartition("/")
        project = folder.rpartition("/")[2]
        wheel = self.server.wheels.get(name.replace("%2B", "+"))
        links = [f"<a href='{file}'>{file}</a>" for file in self.server.wheels if file.startswith(project)]
        body, kind = (
            (wheel.read_bytes(), b"application/zip") if wheel else ("".join(links).encode(), b"text/html")
        )
        status = b"200 OK" if wheel or links else b"404 Not Found"
        head = b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n" % (status, kind, len(body))
        stream.write(head + (b"" if method == "HEAD" else body))  # type: ignore[attr-defined]


@contextmanager
def serve(wheels: Path, folder: Path) -> Iterator[Server]:
    """Run the proxy; `folder` gets its certificates."""
    with Server(wheels, folder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
