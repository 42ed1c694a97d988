"""The pipeline stage `visualize`."""

from pathlib import Path

from support import PACKAGE, replace

DRAW = f"{PACKAGE}.visualization.visualize"
DRAWING = ("evaluation", "importance", "learning_curves", "visualize")


def whole_folder(project: Path) -> None:
    """The stage by another name, with a folder as its output, and every file that it reads by name."""
    replace(project / "dvc.yaml", "  visualize:\n", "  draw-figures:\n")
    replace(
        project / "dvc.yaml",
        r"(      - reports/figures/\w+.png\n){3}",
        "      - reports/figures\n",
    )
    replace(
        project / "dvc.yaml",
        rf"- src/{PACKAGE}/visualization\n",
        "\n      ".join(f"- src/{PACKAGE}/visualization/{name}.py" for name in DRAWING) + "\n",
    )


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
    replace(project / "dvc.yaml", rf"({DRAW}[\s\S]*?)      - data/processed/test.parquet\n", r"\1")


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


RIGHT = {"whole folder": whole_folder}
WRONG = {
    "no outputs": (
        without_outputs,
        "DVC does not keep evaluation.png, importance.png, learning_curves.png, variation.png",
    ),
    "no code": (without_code, "visualize.py has changed, and DVC does not run visualize again"),
    "no models": (without_models, "learning_curve.csv has changed, and DVC does not run visualize"),
    "no metrics": (without_metrics, "`dvc repro visualize` fails"),
    "no rows": (without_rows, "test.parquet has changed, and DVC does not run visualize again"),
    "everything": (on_everything, "visualize runs again when README.md changes"),
    "hard-coded": (copied_figures, "draws the same figures whatever was predicted"),
}
