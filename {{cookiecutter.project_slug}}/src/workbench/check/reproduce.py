"""Does the commit give the results that it claims? A clone runs the pipeline: `make reproduce`.

The exit status is 0 if every output has the committed bytes, 3 if all are the same numbers within
the tolerance, 1 if one differs, and 2 if that could not be found out.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from ..errors import UserError
from ..project import find_project
from ..record.measure import describe_packages
from ..tables import format_table
from . import clone
from .bisect import find_cause, find_first, make_trial
from .container import build_image, make_command
from .perturbations import FACTORS, list_possible, make_environment, name_folder
from .verdicts import DIFFERENT, IDENTICAL, LEFT_OVER, SAME_NUMBERS, Verdict, judge

STATUS = {IDENTICAL: 0, DIFFERENT: 1, SAME_NUMBERS: 3}
LEVELS = {
    1: "the same interpreter",
    2: "a fresh environment from the lock",
    3: "in the container, without a network",
}


def reproduce(options: argparse.Namespace, scratch: Path, root: Path) -> dict[str, Any]:
    """Run the pipeline of `root` in a clone below `scratch`, and compare the outputs.

    Returns:
        What was done and found, as it goes into `reproduction.json`.

    Raises:
        UserError: It could not be found out; the message says why.
    """
    begin = time.monotonic()
    commit = clone.require_committed_results(root)
    clone.require_space(scratch, root)
    factors = list_possible() if options.perturb else set()
    project = clone.make_clone(scratch / name_folder("path" in factors), root)
    python = Path(sys.executable)
    if options.level == 2:
        python = clone.make_python(scratch / "environment", project)
    environment = make_environment(factors, project, python)
    image = build_image(project, commit) if options.level == 3 else None
    if image:
        command = [*make_command(image, project, environment), "python"]
    else:
        command = [environment["PATH"].split(os.pathsep)[0] + "/python"]
    # The Docker client keeps our environment: it passes the variables on by --env.
    _run_pipeline(command, project, None if image else environment, scratch / "log.txt")

    committed = clone.list_outputs(clone.read_lock(root))
    stages = clone.read_lock(project)
    made = clone.list_outputs(stages)
    verdicts = {
        path: _judge(committed.get(path), made.get(path), project, root, options.rtol)
        for path in committed | made
    }
    different = {p: made[p] for p, v in verdicts.items() if v.kind != IDENTICAL and p in made}
    cause = None
    packages = describe_packages(root)
    if different and options.bisect:
        first = find_first(stages, different)
        output = committed.get(first.path, first)
        print(f"looking for the cause in stage {first.stage} …", file=sys.stderr, flush=True)
        trial = make_trial(stages[first.stage], first, scratch, python, image)
        original = clone.find_original(output, scratch / "original", root)
        found = find_cause(trial, factors, output.md5, original is not None, packages)
        cause = f"{first.path}: {found}"
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit,
        "level": options.level,
        "varied": [name for name in FACTORS if name in factors],
        "rtol": options.rtol,
        "seconds": round(time.monotonic() - begin, 1),
        "packages": asdict(packages),
        "outputs": [
            {"stage": (made | committed)[path].stage, "path": path, **vars(verdict)}
            for path, verdict in verdicts.items()
        ],
        "cause": cause,
        "damaged": clone.find_damaged(root),
    }


def describe(result: dict[str, Any]) -> str:
    """The table, what differs, and what was shown."""
    outputs = result["outputs"]
    rows = [(row["stage"], row["path"], describe_verdict(row, result["rtol"])) for row in outputs]
    table = format_table(("stage", "path", "verdict"), rows)
    return "\n".join([table, "", *describe_differences(result), describe_in_a_line(result)])


def describe_differences(result: dict[str, Any]) -> list[str]:
    """What is different in each output, and the cause where it was looked for."""
    outputs = result["outputs"]
    lines = [f"{row['path']}: {row['explanation']}" for row in outputs if row["explanation"]]
    if result["cause"]:
        lines.append(f"cause: {result['cause']}")
    return [*lines, *result["damaged"]]


def describe_verdict(row: dict[str, Any], rtol: float) -> str:
    """The verdict with the tolerance that it holds for."""
    return f"{row['kind']} within {rtol:g}" if row["kind"] == SAME_NUMBERS else str(row["kind"])


def describe_in_a_line(result: dict[str, Any]) -> str:
    """What was shown, and under which conditions."""
    outputs = [row for row in result["outputs"] if row["kind"] != LEFT_OVER]
    worst = find_worst(result)
    count = sum(row["kind"] == worst for row in outputs)
    varied = (
        f", with another {', '.join(result['varied']).replace('_', ' ')}"
        if result["varied"]
        else ""
    )
    finding = {
        IDENTICAL: f"all {count} outputs are the same bytes",
        SAME_NUMBERS: f"{count} of {len(outputs)} outputs are not the same bytes, "
        f"but the same numbers within {result['rtol']:g}",
        DIFFERENT: f"{count} of {len(outputs)} outputs differ",
    }[worst]
    where = LEVELS[result["level"]]
    hint = "" if worst == IDENTICAL or result["cause"] else " (BISECT=1 looks for the cause)"
    return (
        f"level {result['level']} ({where}{varied}): {finding}, commit {result['commit'][:7]}{hint}"
    )


def find_worst(result: dict[str, Any]) -> str:
    """The verdict on all outputs together."""
    kinds = {row["kind"] for row in result["outputs"]}
    return next(kind for kind in (DIFFERENT, SAME_NUMBERS, IDENTICAL) if kind in kinds)


def _run_pipeline(
    python: list[str], project: Path, environment: dict[str, str] | None, log: Path
) -> None:
    lines: list[str] = []
    # An older commit may have no module for it.
    own = (project / "src/workbench/pipeline/run.py").is_file()
    pipeline = ("workbench.pipeline.run",) if own else ("dvc", "repro")
    with subprocess.Popen(
        [*python, "-m", *pipeline, "--no-run-cache"],
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            lines.append(line)
            if line.startswith("Running stage"):
                print(line, end="", file=sys.stderr, flush=True)
    log.write_text("".join(lines), encoding="utf-8")
    if process.returncode:
        raise StageFailed("".join(lines[-15:]), project)


class StageFailed(UserError):
    """The pipeline does not run in the clone, which is kept."""

    def __init__(self, log: str, project: Path) -> None:
        super().__init__(f"{log}The pipeline failed in the clone, which is kept: {project}")


def _judge(
    committed: clone.Output | None,
    made: clone.Output | None,
    project: Path,
    root: Path,
    rtol: float,
) -> Verdict:
    if made is None:
        return Verdict(LEFT_OVER, "no stage makes it any more: `make all` takes it out of dvc.lock")
    if committed is None:
        return Verdict(DIFFERENT, "the committed dvc.lock does not name it")
    if committed.md5 == made.md5:
        return Verdict(IDENTICAL)
    before = clone.find_original(committed, project.parent / "original", root)
    if before is None:
        return Verdict(DIFFERENT, "the committed version is not here: its hash is all there is")
    test_split = None
    if made.path.endswith(".onnx"):
        paths = OmegaConf.load(project / "configs" / "paths" / "default.yaml")
        folders = [part for part in Path(made.path).parts if part.startswith("split_")]
        test_split = project.joinpath(paths.processed, *folders, "test.parquet")
    return judge(before, project / made.path, rtol, test_split)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    levels = "; ".join(f"{level}: {how}" for level, how in LEVELS.items())
    add("--level", type=int, choices=LEVELS, default=1, help=levels)
    add("--perturb", type=int, choices=(0, 1), default=1, help="0: vary nothing on purpose")
    add("--bisect", type=int, choices=(0, 1), default=0, help="1: find the cause of a difference")
    add("--rtol", type=float, default=0.0, help="relative tolerance of the same numbers")
    return parser.parse_args()


def main() -> int:
    """Run from the command line."""
    options = parse()
    scratch = Path(tempfile.mkdtemp(prefix="reproduce-")).resolve()
    try:
        root = find_project()
        result = reproduce(options, scratch, root)
    except StageFailed as error:  # whoever mends it wants to look at the clone
        print(error, file=sys.stderr)
        return 2
    except (UserError, OSError) as error:
        shutil.rmtree(scratch, ignore_errors=True)
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        shutil.rmtree(scratch, ignore_errors=True)
        print("interrupted; the clone is removed", file=sys.stderr)
        return 130
    shutil.rmtree(scratch, ignore_errors=True)
    name = result["date"].replace(":", "-").removesuffix("+00-00")
    record = root / "outputs" / "reproduce" / name / "reproduction.json"
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(describe(result))
    return STATUS[find_worst(result)]


if __name__ == "__main__":
    sys.exit(main())
