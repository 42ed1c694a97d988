"""Take the user's data into the project, and draft its configuration: `make use`."""

import argparse
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from ..data.column import Column
from ..data.faults import find_faults
from ..data.folder import is_folder_name
from ..data.read import Format, as_utf8, convert, is_file_name, scan
from ..errors import UserError, describe_os_error, say_rows
from ..files import replacing, write_text
from ..pipeline.stage import CONFIG
from ..project import find_project, git, mute_advice
from .draft import Draft, describe, make_configuration, make_dictionary
from .look import Look, look_at
from .pictures import compare_folder, copy_folder, draft_folder
from .problems import count_repeats, find_giveaways, judge_target
from .sniff import Dialect, sniff

NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
MOST_CLASSES = 1000


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="make use", description=__doc__)
    parser.add_argument("--data", type=Path, default=None, metavar="FILE_OR_FOLDER")
    parser.add_argument("--target", default="", help="the column to predict")
    parser.add_argument("--name", default="", help="of the data set; else that of the file")
    parser.add_argument("--task", default=None, help="classification or regression")
    parser.add_argument("--ignore", default="", help="columns that no model may see")
    parser.add_argument("--text", default="", help="columns of sentences")
    parser.add_argument("--group", default="", help="rows with its value stay in one split")
    parser.add_argument("--time", default="", help="the latest rows are the test split")
    parser.add_argument("--size", default="", help="that images get, such as 32x32")
    parser.add_argument("--git", default="", help="keep the file in Git, and not under DVC")
    return parser.parse_args(arguments)


def draft(options: argparse.Namespace, name: str, source: str) -> Draft:
    """Look at the file, and decide.

    Raises:
        UserError: It cannot be used as it is.
    """
    dialect = sniff(options.data)
    format = Format(dialect.separator, dialect.decimal)
    with as_utf8(options.data, dialect.encoding) as readable:
        table = scan(readable, format)
        columns = table.collect_schema().names()
        ignored, texts = (_split(text, columns) for text in (options.ignore, options.text))
        times = _split(options.time, columns)
        by = _split(options.group, columns) + times
        if options.group and options.time:
            raise UserError("GROUP and TIME: a split goes by one of them.")
        if options.target not in columns:
            raise UserError(f"TARGET: choose one of {_list(columns)}.")
        looks, n_rows = look_at(table, format, ignored, texts, times)
        counts = _count_classes(table, options.target, looks[options.target], format)
        target = judge_target(options.target, looks[options.target], counts, options.task, n_rows)
        looks = {name: _fit_split(look, name, by, options) for name, look in looks.items()}
        notes = [*_describe_dialect(dialect), *target.notes]
        usable = {
            name: look.column
            for name, look in looks.items()
            if name not in (*by, target.column) and look.column.kind not in ("ignored", "time")
        }
        for given_away in find_giveaways(table, usable, target, format):
            notes.append(f"{given_away} gives the target away, and is ignored.")
            look = looks[given_away]
            del usable[given_away]
            why = "it gives the target away"
            looks[given_away] = Look(Column("ignored"), look.gaps, look.n_unique, why=why)
        if not usable:
            reasons = [f"{name}: {look.why}" for name, look in looks.items() if look.why]
            raise UserError(
                f"No column is left to predict {target.column} from ({'; '.join(reasons[:4])}). "
                "For a time series, make columns of its past values (lags) first."
            )
        if repeated := count_repeats(table, [*usable, *by], target.column):
            notes.append(f"Repeated rows: {repeated}. They stay in one split.")
    notes += _suggest_split(looks, by)
    split: dict[str, Any] = {"kind": "random"}
    if by:
        split = {"kind": "group" if options.group else "time", "by": by[0] if len(by) == 1 else by}
    return Draft(
        make_configuration(name, source, looks, target, split, dialect),
        make_dictionary(name, f"the file `{Path(source).name}`", looks, target),
        describe(looks, target, n_rows, list(usable)),
        notes,
    )


def compare_file(configuration: Path, data: Path) -> list[str]:
    """List what in a file does not fit its configuration."""
    try:
        content = yaml.safe_load(configuration.read_text(encoding="utf-8"))
        target, rules = content["target"], ("kind", "values", "minimum", "maximum")
        rule = {key: target[key] for key in rules if key in target}
        columns = {name: Column(**given) for name, given in content["columns"].items()}
        columns[target["column"]] = Column(**rule, missing=target.get("missing") == "drop")
    except (yaml.YAMLError, ValueError, TypeError, KeyError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{configuration.name} cannot be read: {reason}") from error
    known = {key: content[key] for key in ("separator", "decimal", "gaps") if key in content}
    with as_utf8(data, content.get("encoding", "utf-8")) as readable:
        table = scan(readable, Format(**known))
        return find_faults(table, columns, Format(**known))


def take(source: Path, target: Path, root: Path, in_git: bool) -> None:
    """Copy a file or a folder of images into the project, and put it under DVC or Git.

    Raises:
        UserError: It cannot be copied, or DVC cannot take it.
    """
    name = target.relative_to(root).as_posix()
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.resolve() == target.resolve():
        pass
    elif source.is_dir():
        copy_folder(source, target)
    else:
        with replacing(target) as part:
            shutil.copyfile(source, part)
    if in_git or git("ls-files", "--", name, root=root):
        git("add", "--force", "--", name, root=root)
        return
    from dvc.exceptions import DvcException  # slow
    from dvc.repo import Repo

    mute_advice()
    try:
        with Repo(str(root)) as repository:
            repository.add(str(target))
    except DvcException as error:
        raise UserError(f"DVC cannot take {name}: {error}") from error


def choose(name: str, root: Path) -> None:
    """Name the data set in `configs/config.yaml`."""
    path = root / CONFIG
    text = path.read_text(encoding="utf-8")
    write_text(path, re.sub(r"(?m)^(\s*- data:).*$", rf"\g<1> {name}", text, count=1))


def use(options: argparse.Namespace, root: Path) -> str:
    """Bring the data into the project: look at it, copy it, draft its configuration, and choose it.

    Returns:
        What to show.

    Raises:
        UserError: The file cannot be used; nothing has changed.
    """
    if options.data is None:
        raise UserError(
            "Say which file, and what to predict: make use DATA=file.csv TARGET=column; or which "
            "folder of images: make use DATA=photos SIZE=32x32"
        )
    if options.task not in (None, "classification", "regression"):
        raise UserError(f"TASK: {options.task} is neither classification nor regression.")
    name = options.name or _name(options.data)
    if not NAME.fullmatch(name):
        raise UserError(f"NAME: {name!r} has to be letters, digits, hyphens and underscores.")
    configuration = root / "configs" / "data" / f"{name}.yaml"
    if configuration.is_file():
        return replace(options, configuration, root)
    target = root / "data" / "external" / name
    make_draft = draft_folder
    if not options.data.is_dir():
        target, make_draft = target / options.data.name, draft
    drafted = make_draft(options, name, target.relative_to(root).as_posix())
    was_there = (root / "data" / "external" / name).exists()
    try:
        take(options.data, target, root, bool(options.git))
    except (OSError, UserError):
        if not was_there:
            shutil.rmtree(root / "data" / "external" / name, ignore_errors=True)
        raise
    write_text(configuration, drafted.configuration)
    dictionary = root / "references" / f"{name}.md"
    if not dictionary.exists():
        write_text(dictionary, drafted.dictionary)
    choose(name, root)
    return "\n".join(
        [
            drafted.table,
            "",
            *(f"- {note}" for note in drafted.notes),
            f"- Written: {target.relative_to(root).as_posix()}, configs/data/{name}.yaml (a draft: "
            f"read it), references/{name}.md, and `data: {name}` in {CONFIG}.",
            "- Next: `make all`; then `git add .` and `git commit`.",
        ]
    )


def replace(options: argparse.Namespace, configuration: Path, root: Path) -> str:
    """Replace the file that a configuration names by a newer one, and keep the configuration.

    Raises:
        UserError: It is not a file of the same kind.
    """
    name = configuration.stem
    kept = str(yaml.safe_load(configuration.read_text(encoding="utf-8")).get("source"))
    is_folder = options.data.is_dir()
    if not is_folder:
        sniff(options.data)
    same_suffix = is_file_name(kept) and options.data.name.endswith(Path(kept).suffix)
    if not (is_folder_name(kept) if is_folder else same_suffix):
        raise UserError(f"configs/data/{name}.yaml names the source {kept}: choose another NAME.")
    compare = compare_folder if is_folder else compare_file
    faults = compare(configuration, options.data)
    take(options.data, root / kept, root, bool(options.git))
    choose(name, root)
    lines = [f"{kept} is replaced; configs/data/{name}.yaml stays as it is."]
    lines += [f"- no longer fits: {fault}" for fault in faults]
    return "\n".join([*lines, "- Next: `make all`."])


def _name(data: Path) -> str:
    """A name for the data set, from that of the file."""
    stem = data.name.lower()
    for suffix in (".gz", ".csv", ".tsv", ".txt", ".parquet"):
        stem = stem.removesuffix(suffix)
    return re.sub(r"[^a-z0-9]+", "_", stem).strip("_") or "data"


def _count_classes(table: pl.LazyFrame, name: str, look: Look, format: Format) -> dict[str, int]:
    """The rows of each value of the target, as a category; empty if there are too many of them."""
    if look.n_unique > MOST_CLASSES or look.column.kind not in ("number", "category", "ignored"):
        return {}
    value = convert(name, table.collect_schema()[name], Column("category", missing=True), format)
    counted = table.select(value=value).drop_nulls().group_by("value").agg(rows=pl.len())
    return dict(counted.sort("value").collect(engine="streaming").iter_rows())


def _fit_split(look: Look, name: str, by: Sequence[str], options: argparse.Namespace) -> Look:
    """Give a column of the split a kind that the split can use; it is no feature."""
    if name not in by:
        return look
    why = "rows with its value stay together" if options.group else "the latest rows are the test"
    if options.time and look.column.kind not in ("number", "time"):
        raise UserError(f"TIME: the column {name} holds neither times nor numbers.")
    if look.gaps:
        raise UserError(f"The split goes by {name}, which is empty in {say_rows(look.gaps)}.")
    column = (
        Column(look.column.kind, format=look.column.format) if options.time else Column("ignored")
    )
    return Look(column, look.gaps, look.n_unique, look.shown * bool(options.time), why)


def _describe_dialect(dialect: Dialect) -> list[str]:
    notes = []
    if dialect.separator != ",":
        notes.append(f"The values are separated by {dialect.separator!r}.")
    if dialect.decimal != ".":
        notes.append("Numbers have a decimal comma.")
    if dialect.encoding != "utf-8":
        notes.append(f"The file is not in UTF-8: it is read as {dialect.encoding}.")
    return notes


def _suggest_split(looks: dict[str, Look], by: Sequence[str]) -> list[str]:
    if by:
        return []
    shared = [name for name, look in looks.items() if "GROUP=" in look.why]
    times = [name for name, look in looks.items() if look.column.kind == "time"]
    notes = [
        f"Do rows with the same {name} belong together? Then GROUP={name}, or the test split holds "
        "what training has seen."
        for name in shared
    ]
    notes += [f"To predict later rows from earlier ones: TIME={name}." for name in times]
    return notes


def _split(text: str, columns: Sequence[str]) -> list[str]:
    """Names of columns, with spaces or commas between them, or one name that has spaces."""
    text = text.strip()
    names = re.split(r"\s*,\s*" if "," in text else r"\s+", text) if text else []
    names = [text] if text in columns else names
    if unknown := [name for name in names if name not in columns]:
        raise UserError(f"There is no column {', '.join(unknown)}: choose from {_list(columns)}.")
    return names


def _list(columns: Sequence[str]) -> str:
    return ", ".join(columns[:20]) + ", …" * (len(columns) > 20)


def main() -> None:
    """Run from the command line."""
    try:
        root = find_project()
        print(use(parse_arguments(sys.argv[1:]), root))
    except UserError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(describe_os_error(error))
    except pl.exceptions.PolarsError as error:
        sys.exit(f"The file is not a table: {str(error).splitlines()[0]}")


if __name__ == "__main__":
    main()
