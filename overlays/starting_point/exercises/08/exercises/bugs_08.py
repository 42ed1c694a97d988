"""The bugs that exercise 8 plants, one at a time, into a copy of the project.

Python imports a module `sitecustomize` as it starts: as one, this file breaks a function of the
package in every process of the copy. The sources stay as they are.
"""

import ast
import json
import os
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any

Function = Callable[..., Any]


def peek(write_preprocessing: Function) -> Function:
    """Fit the preprocessing on every split."""

    def write_wrongly(train: Any, data: Any, path: Any) -> Any:
        import polars as pl

        files = (path.with_name(f"{name}.parquet") for name in ("validation", "test"))
        others = (pl.read_parquet(file) for file in files if file.is_file())
        return write_preprocessing(pl.concat([train, *others]), data, path)

    return write_wrongly


def leak(build_features: Function) -> Function:
    """Validate on rows of the training split, as many of each class as there were."""

    def build_wrongly(config: Any) -> Any:
        import polars as pl

        paths = build_features(config)
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

    return build_wrongly


def report_the_first_step(train_model: Function) -> Function:
    """Call the metrics after the first step those of the model."""

    def train_wrongly(config: Any) -> Any:
        import polars as pl

        train_model(config)
        curve = pl.read_csv(config.paths.output / "learning_curve.csv")
        metrics = curve.drop("step").row(0, named=True)
        text = json.dumps(metrics, indent=2) + "\n"
        (config.paths.output / "metrics.json").write_text(text, encoding="utf-8", newline="\n")
        return metrics

    return train_wrongly


BUILD = "{{ cookiecutter.package_name }}.features.build_features"
TRAIN = "{{ cookiecutter.package_name }}.models.train_model"
# For each: the module and the function that it breaks, and how
BUGS = {
    "fit": (BUILD, "write_preprocessing", peek),
    "split": (BUILD, "build_features", leak),
    "train": (TRAIN, "train_model", report_the_first_step),
}


def plant(names: dict[str, Any]) -> None:
    """Break the function among a module's names."""
    _, name, bug = BUGS[os.environ["PLANTED_BUG"]]
    names[name] = bug(names[name])


def _is_start(part: ast.stmt) -> bool:
    """Whether it is `if __name__ == "__main__"`."""
    return isinstance(part, ast.If) and "__name__" in ast.unparse(part.test)


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        """Compile a module, and plant the bug where its functions are there, but not called yet."""
        path = self.get_filename(fullname)
        module = ast.parse(self.get_data(path))
        starts = (place for place, part in enumerate(module.body) if _is_start(part))
        place = next(starts, len(module.body))
        call = f"from {__name__} import plant as _plant\n_plant(globals())"
        module.body[place:place] = ast.parse(call).body
        return compile(module, path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the module that is to be broken, and no other one."""
        if fullname != BUGS[os.environ["PLANTED_BUG"]][0]:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin)
        return spec


if os.environ.get("PLANTED_BUG"):
    sys.meta_path.insert(0, _Finder())
