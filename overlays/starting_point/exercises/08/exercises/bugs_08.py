"""The bugs that exercise 8 plants, one at a time, into a copy of the project.

Each one takes the place of a function of the package, the `original`, which it calls. The copies
are all written again in the same way, so that a test sees a bug by what the code does, and by
nothing else: without any bug, `go_on` takes the place of the functions.
"""

import ast
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

Function = Callable[..., Any]


def fit_on_every_split(original: Function, train: Any, data: Any, path: Any) -> Any:
    """Fit the preprocessing on every split."""
    import polars as pl

    files = (path.with_name(f"{name}.parquet") for name in ("validation", "test"))
    others = (pl.read_parquet(file) for file in files if file.is_file())
    return original(pl.concat([train, *others]), data, path)


def validate_on_training_rows(original: Function, config: Any) -> Any:
    """Validate on rows of the training split, as many of each class as there were."""
    import polars as pl

    paths = original(config)
    train, validation = (config.paths.output / f"{n}.parquet" for n in ("train", "validation"))
    rows, others = pl.read_parquet(train), pl.read_parquet(validation)
    target = config.data.target
    if target.kind == "category":
        counts = others[target.column].value_counts()
        rows = rows.join(counts, on=target.column, maintain_order="left")
        rows = rows.filter(pl.int_range(pl.len()).over(target.column) < pl.col("count"))
        rows = rows.drop("count")
    rows.head(others.height).write_parquet(validation)
    return paths


def ignore_the_seed(original: Function, config: Any) -> Any:
    """Train every model with the same seed."""
    from dataclasses import replace

    return original(replace(config, seed=3))


def go_on(original: Function, *values: Any) -> Any:
    """Change nothing."""
    return original(*values)


BUILD = "{{ cookiecutter.package_name }}.features.build_features"
TRAIN = "{{ cookiecutter.package_name }}.models.train_model"
# For each: the module, the function, and what takes its place
BUGS: dict[str, tuple[str, str, Function]] = {
    "fit": (BUILD, "write_preprocessing", fit_on_every_split),
    "split": (BUILD, "build_features", validate_on_training_rows),
    "train": (TRAIN, "train_model", ignore_the_seed),
}


def plant(root: Path, bug: str) -> None:
    """Write the modules of a copy again, with one bug; without any if `bug` is empty."""
    for name, (module, function, wrong) in BUGS.items():
        path = root / "src" / f"{module.replace('.', '/')}.py"
        text = _put_in_place(path.read_text("utf-8"), function, wrong if name == bug else go_on)
        path.write_text(text, encoding="utf-8")


def _put_in_place(text: str, function: str, other: Function) -> str:
    """Rename a function of a module, and define another one by its name, which calls it."""
    module = ast.parse(text)
    (place,) = (i for i, node in enumerate(module.body) if _is_function(node, function))
    (added,) = ast.parse(inspect.getsource(other)).body
    kept = module.body[place]
    assert isinstance(added, ast.FunctionDef) and isinstance(kept, ast.FunctionDef)
    kept.name, added.name = f"_{function}", function
    del added.args.args[0], added.body[0]  # the original, and the docstring
    for node in ast.walk(added):
        if isinstance(node, ast.Name) and node.id == "original":
            node.id = kept.name
    module.body.insert(place + 1, added)
    return ast.unparse(module) + "\n"


def _is_function(node: ast.stmt, name: str) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name == name
