"""The checklist of NeurIPS on experiments, answered from what was recorded: `make report`.

The questions: https://neurips.cc/public/guides/PaperChecklist. The same records give the same
bytes.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf

from ..check import clone, reproduce
from ..errors import UserError
from ..files import write_text
from ..project import find_project, git, hash_text
from ..record.measure import describe_code
from ..record.record import Record
from ..record.runs import read_checks, read_runs
from ..tables import flatten, format_table
from .cost import count_statuses, list_costs
from .studies import list_studies

QUESTIONS = {
    "a": "Code, data and instructions",
    "b": "Training details: splits, hyperparameters, how they were chosen",
    "c": "Error bars",
    "d": "Compute and the type of resources",
}
ANSWERS = "references/checklist.yaml"
NOTHING = "Nothing is recorded: "


def make_report(root: Path) -> str:
    """Answer the questions from the files, records and Git history of a project.

    Raises:
        UserError: There are no results, or the file of answers is not as it should be.
    """
    if not (root / "dvc.lock").is_file():
        raise UserError("There are no results to report: run `make all` first.")
    answers = read_answers(root / ANSWERS)
    runs, checks = read_runs(root), read_checks(root)
    sections = {
        "a": _list_instructions(root),
        "b": _list_training_details(root, runs),
        "c": _list_error_bars(root),
        "d": list_costs(runs, checks),
    }
    parts = ["# Reproducibility report"]
    for letter, title in QUESTIONS.items():
        parts += [f"## ({letter}) {title}", *sections[letter], *answers.get(letter, [])]
    return "\n\n".join([*parts, "## The last reproduction check", *_list_check(checks)]) + "\n"


def read_answers(path: Path) -> dict[str, list[str]]:
    """What only a person can say: for each letter of the checklist, questions with their answers.

    Raises:
        UserError: The file is not as it should be.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return {
            letter: [_show_answer(entry["question"], entry["answer"]) for entry in content[letter]]
            for letter in QUESTIONS
        }
    except (OSError, KeyError, TypeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise UserError(
            f"{path.name} needs a list of `question` and `answer` for each of "
            f"{', '.join(QUESTIONS)}: {reason}"
        ) from error


def _show_answer(question: str, answer: str | None) -> str:
    return f"**{question}** {answer or f'*Unanswered: {ANSWERS} asks for it.*'}"


def _list_instructions(root: Path) -> Iterator[str]:
    code = describe_code(root)
    url = re.sub(r"//[^/@]+@", "//", git("remote", "get-url", "origin", root=root) or "")
    yield (
        "```shell\n"
        + "\n".join(
            [
                f"git clone {url or 'THIS_REPOSITORY'} project && cd project",
                f"git checkout {code.commit}",
                "make setup",
                "make all",
                "make reproduce",
            ]
        )
        + "\n```"
    )
    if changes := _list_changes(root):
        yield f"Files differ from that commit: {', '.join(changes)}."
    stages = clone.read_lock(root)
    yield "The steps of the pipeline:"
    yield format_table(("stage", "command"), ((n, f"`{s['cmd']}`") for n, s in stages.items()))
    yield "The data:"
    data = [
        (out["path"], out["md5"], out["size"])
        for stage in stages.values()
        for out in stage["outs"]
        if out["path"].startswith("data/")
    ]
    for file in (git("ls-files", "--", "*.dvc", root=root) or "").splitlines():
        for out in yaml.safe_load((root / file).read_text(encoding="utf-8"))["outs"]:
            data.append((str(Path(file).parent / out["path"]), out["md5"], out["size"]))
    yield format_table(("file", "MD5", "bytes"), data)
    lock = hash_text((root / "requirements.txt").read_text(encoding="utf-8"))
    yield f"The packages are those of `requirements.txt`, SHA-256 `{lock}`."


def _list_changes(root: Path) -> list[str]:
    """Files that differ from the commit, but for the reports that are written after it."""
    changes = (git("status", "--porcelain", root=root) or "").splitlines()
    names = [line.strip().split(maxsplit=1)[-1] for line in changes]
    return [name for name in names if not re.match(r"reports/(reproducibility|comparison)\.", name)]


def _list_training_details(root: Path, recorded: list[Record]) -> Iterator[str]:
    from hydra import compose, initialize_config_dir

    with initialize_config_dir(str(root / "configs"), version_base="1.3"):
        cfg = compose("config")
    for split in cfg.splits:
        path = root / cfg.paths.processed / f"split_{split}" / "splits.md"
        if path.is_file():
            yield path.read_text(encoding="utf-8").strip()
        else:
            yield f"{NOTHING}split {split} is not here (`make data`)."
    values: Any = OmegaConf.to_container(cfg, resolve=False)
    values.pop("paths")
    yield "Every value of the configuration:"
    yield format_table(("key", "value"), flatten(values).items())
    yield from list_studies(recorded)
    runs = [run for run in recorded if run.script == "train_model"]
    yield (
        f"{len(runs)} recorded training runs led here"
        + (f" ({count_statuses(runs)})." if runs else ".")
        + " Candidates are compared on the validation split:"
    )
    path = root / "reports" / "comparison.md"
    if path.is_file():
        yield path.read_text(encoding="utf-8").strip()
    else:
        yield f"{NOTHING}no comparison was made (`make compare`)."


# exercise 12: Show the metrics that the pipeline has left in `reports/`, with their error bars,
#   and say what these are over: what differs between the runs, what stays the same, which
#   interval. Without metrics, say what to run. Each string that you yield is a paragraph.
def _list_error_bars(root: Path) -> Iterator[str]:
    path = root / "reports" / "metrics.md"
    if not path.is_file():
        yield f"{NOTHING}the metrics are not here (`make all`)."
        return
    yield path.read_text(encoding="utf-8").strip()
    yield (
        "On test rows, which are the same for every seed of a split. A seed sets what is random in "
        "the training: initial weights, the order of the examples, bootstrap samples. Test "
        "examples are resampled by the bootstrap, whole groups or blocks in time if the split goes "
        "by them. With one split, the interval adds the variances of the mean over seeds and over "
        "examples; with several, it is from the variance over splits, corrected for training sets "
        "that overlap. It stays within the range of the metric (`docs/error_bars.md`)."
    )
    #| yield "*Exercise 12 is not done yet.*"


# end of exercise 12


def _list_check(checks: list[dict[str, Any]]) -> Iterator[str]:
    if not checks:
        yield f"{NOTHING}no check was made on this machine (`make reproduce`)."
        return
    last = checks[-1]
    yield f"On {last['date'][:10]}, of commit {last['commit']}:"
    yield reproduce.describe_in_a_line(last) + "."
    yield format_table(
        ("stage", "output", "verdict"),
        [
            (row["stage"], row["path"], reproduce.describe_verdict(row, last["rtol"]))
            for row in last["outputs"]
        ],
    )
    if differences := reproduce.describe_differences(last):
        yield "\n".join(f"- {line}" for line in differences)


def main() -> None:
    """Write `reports/reproducibility.md`."""
    try:
        root = find_project()
        text = make_report(root)
    except UserError as error:
        sys.exit(str(error))
    path = root / "reports" / "reproducibility.md"
    write_text(path, text)
    unanswered = text.count("*Unanswered:")
    print(f"{path.relative_to(root)}: {unanswered} questions of {ANSWERS} are unanswered.")


if __name__ == "__main__":
    main()
