"""The pipeline stage `visualize`."""

import re
from pathlib import Path

from support import PACKAGE, changing, replace

DRAW = f"{PACKAGE}.visualization.visualize"
DRAWING = ("evaluation", "importance", "learning_curves", "visualize")


def other_name(project: Path) -> None:
    """The stage by another name; every file that it reads by name, in another order."""
    replace(project / "dvc.yaml", "  visualize:\n", "  draw-figures:\n")
    replace(
        project / "dvc.yaml",
        rf"- src/{PACKAGE}/visualization\n",
        "\n      ".join(f"- src/{PACKAGE}/visualization/{name}.py" for name in DRAWING) + "\n",
    )
    replace(project / "dvc.yaml", rf"({DRAW}[\s\S]*?    deps:\n)((?:      - .*\n)+)", reverse)


def reverse(stage: re.Match[str]) -> str:
    """The dependencies of a stage from the last to the first."""
    return stage[1] + "".join(reversed(stage[2].splitlines(keepends=True)))


def whole_folder(project: Path) -> None:
    """A folder in which Git has a file already, so that DVC refuses it."""
    outputs = r"(      - reports/figures/\w+.png\n){3}"
    replace(project / "dvc.yaml", outputs, "      - reports/figures\n")


def every_folder(project: Path) -> None:
    """Whatever there is."""
    names = ("configs", "data", "models", "reports/metrics.json", "reports/predictions.parquet")
    deps = "".join(f"      - {name}\n" for name in (*names, "requirements.txt", "src"))
    replace(project / "dvc.yaml", rf"({DRAW}[\s\S]*?    deps:\n)(?:      - .*\n)+", rf"\1{deps}")


def only_folders(project: Path) -> None:
    """Whatever there is, and no parameters."""
    every_folder(project)
    replace(project / "dvc.yaml", rf"({DRAW}[\s\S]*?)    params:\n[\s\S]*?(    outs:)", r"\1\2")


def whole_configuration(project: Path) -> None:
    """Each value of the configuration."""
    keys = r"          - metrics\n          - seeds\n          - splits\n          - threads\n"
    every = keys.replace("          - threads", "          - seed\n          - threads")
    replace(project / "dvc.yaml", rf"({DRAW}[\s\S]*?){keys}", rf"\1{every}")


def without_outputs(project: Path) -> None:
    """It runs, and DVC does not keep what it draws."""
    replace(project / "dvc.yaml", r"    outs:\n      - reports/figures/[\s\S]*", "")


def without_code(project: Path) -> None:
    """It does not know that its figures are made by code."""
    replace(project / "dvc.yaml", rf"      - src/{PACKAGE}/visualization\n", "")


def without_models(project: Path) -> None:
    """It does not know where the learning curves come from."""
    replace(project / "dvc.yaml", rf"({DRAW}[\s\S]*?)      - models\n", r"\1")


def without_metrics(project: Path) -> None:
    """It does not know by which metric a column matters, which the script refuses."""
    replace(project / "dvc.yaml", rf"({DRAW}[\s\S]*?)          - metrics\n", r"\1")


def without_rows(project: Path) -> None:
    """It does not know whose columns are shuffled."""
    replace(project / "dvc.yaml", rf"({DRAW}[\s\S]*?)      - data/processed\n", r"\1")


def on_everything(project: Path) -> None:
    """It runs again whatever changes."""
    replace(project / "dvc.yaml", rf"({DRAW}[\s\S]*?)(      - models\n)", r"\1\2      - README.md\n")


def copied_figures(project: Path) -> None:
    """Figures that were drawn once, copied: hard-coded."""
    pixel = "89504e470d0a1a0a"
    script = (
        "from pathlib import Path\n"
        'for name in ("evaluation", "importance", "learning_curves", "variation"):\n'
        '    Path("reports/figures").mkdir(parents=True, exist_ok=True)\n'
        f'    Path(f"reports/figures/{{name}}.png").write_bytes(bytes.fromhex("{pixel}"))\n'
    )
    (project / f"src/{PACKAGE}/visualization/copy_figures.py").write_text(script)
    replace(project / "dvc.yaml", f"python -m {DRAW} .*", f"python -m {PACKAGE}.visualization.copy_figures")


def instead(command: str):
    """Another command of the stage."""
    return changing("dvc.yaml", rf"python -m {DRAW} .*", command)


RIGHT = {"another name": other_name}
WRONG = {
    "no outputs": (
        without_outputs,
        "DVC does not keep evaluation.png, importance.png, learning_curves.png, variation.png",
    ),
    "no code": (without_code, "visualize.py has changed, and DVC does not run visualize again"),
    "own folder only": (
        changing("dvc.yaml", rf"({DRAW}[\s\S]*?)(?:      - src/{PACKAGE}/(?:features|models/.*)\n)+", r"\1"),
        "has changed, and DVC does not run visualize again",
    ),
    "no lock": (
        changing("dvc.yaml", rf"({DRAW}[\s\S]*?)      - requirements.txt\n", r"\1"),
        "requirements.txt has changed, and DVC does not run visualize again",
    ),
    "frozen": (
        changing("dvc.yaml", f"(    cmd: python -m {DRAW} )", r"    frozen: true\n\1"),
        "`dvc repro visualize` fails: missing data",
    ),
    "no models": (without_models, "learning_curve.csv has changed, and DVC does not run visualize"),
    "no metrics": (without_metrics, "`dvc repro visualize` fails"),
    "no rows": (without_rows, "test.parquet has changed, and DVC does not run visualize again"),
    "everything": (on_everything, "visualize runs again when README.md changes"),
    "whole folder": (whole_folder, "is already tracked by SCM"),
    "every folder": (every_folder, "runs again when configs/model/mlp.yaml changes"),
    "only folders": (only_folders, "`dvc repro visualize` fails"),
    "whole source": (
        changing("dvc.yaml", f"- src/{PACKAGE}/visualization\\n", f"- src/{PACKAGE}\n"),
        "serving/app.py changes",
    ),
    "whole configuration": (whole_configuration, "runs again when `seed: 7` stands in configs/config.yaml"),
    "always": (
        changing("dvc.yaml", f"(    cmd: python -m {DRAW} )", r"    always_changed: true\n\1"),
        "finds a change in visualize right after it has run",
    ),
    "another folder": (instead(f"python -m {DRAW} paths.output=figures"), "`dvc repro visualize` fails"),
    "true": (instead("true"), "dvc.yaml has no stage that runs"),
    "hard-coded": (copied_figures, "draws the same figures whatever was predicted"),
}
