"""The target `serve` of the Dockerfile."""

import shutil
from functools import partial
from pathlib import Path

from support import PACKAGE, ROOT, changing, replace

NEEDS_DOCKER = True
APP = f"{PACKAGE}.serving.app:from_environment"
LABEL = "org.opencontainers.image.revision"
INSTALL = r"FROM base AS install-serve\n"
CODE = r"COPY src/.*\n"
START = r"exec uvicorn .* \$PORT"
COMMIT = r"ENV COMMIT=\$COMMIT "


def one_stage(project: Path) -> None:
    """Without an environment or another stage; the lines in another order, the command without brackets."""
    replace(project / "Dockerfile", rf"{INSTALL}[\s\S]*?(?=FROM base AS pipeline)", "")
    serve = f"""FROM base AS serve
COPY requirements-serve.txt /tmp/lock.txt
RUN pip install --no-cache-dir --no-deps --require-hashes -r /tmp/lock.txt
COPY models/split_0/seed_0/model.onnx /srv/model.onnx
COPY --chown=app src/ /app/src/
ARG COMMIT
LABEL {LABEL}=$COMMIT
ENV COMMIT=$COMMIT MODEL=/srv/model.onnx
USER app
CMD exec python -m uvicorn --factory {APP} --host 0.0.0.0 --port "${{PORT:-8000}}"
"""
    replace(project / "Dockerfile", r"FROM base AS serve\n[\s\S]*", serve)


change = partial(changing, "Dockerfile")


def hard_coded(project: Path) -> None:
    """A server that knows what it will be asked."""
    path = f"src/{PACKAGE}/serving/answer.py"
    shutil.copyfile(ROOT / "tests/programs/hard_coded_api.py", project / path)
    replace(project / "Dockerfile", START, f"exec python {path}")


RIGHT = {"one stage": one_stage}
WRONG = {
    "root": (change(r"USER 1000\nEXPOSE", "EXPOSE"), "runs as root"),
    "no lock": (
        change(
            r"--no-deps --require-hashes -r requirements-serve\.txt",
            "fastapi numpy onnxruntime polars prometheus-client 'uvicorn[standard]'",
        ),
        "is installed, and requirements-serve.txt ",
    ),
    "no API": (change(START, "exec python -m http.server $PORT"), "GET /health answers 404 in the container"),
    "hard-coded": (hard_coded, "does not serve models/split_0/seed_0/model.onnx"),
    "loopback": (change(r"--host 0\.0\.0\.0", "--host 127.0.0.1"), "listens on 127.0.0.1, where nobody"),
    "fixed port": (
        change(r"--port \$PORT", "--port 8000"),
        "With PORT=9321, the server listens on port 8000",
    ),
    "no default port": (change(" PORT=8000", ""), "The container of `serve` ends at once"),
    "code first": (change(rf"({INSTALL})", r"\1COPY src src\n"), "installs all packages again"),
    "commit first": (change(rf"({INSTALL})", r"\1ARG COMMIT\n"), "installs all packages again"),
    "no commit": (change(COMMIT, "ENV "), "The answer names the commit 'unknown'"),
    "no label": (change(rf"{LABEL}=\$COMMIT", f"{LABEL}=main"), f"has no label {LABEL}"),
    "no code": (change(CODE, ""), "ends at once"),
}
