"""A folder of images: what is in it, and a draft of its configuration."""

import argparse
import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import numpy as np
import yaml

from ..data.column import Column
from ..data.folder import decode_folder, list_images
from ..data.images import Shape
from ..errors import UserError
from .draft import Draft, describe, make_configuration, make_dictionary
from .look import Look, order
from .problems import RARE, SPLITS, Target
from .sniff import Dialect

SIZE = re.compile(r"([1-9]\d{0,3})x([1-9]\d{0,3})")
COLOUR = 8  # a smaller difference between red, green and blue is JPEG's rounding
SHOWN = 10  # classes in a line
FOLDERS = {"train", "training", "val", "valid", "validation", "test"}
TABLES = ("task", "ignore", "text", "time")  # options that are about tables


def draft_folder(options: argparse.Namespace, name: str, source: str) -> Draft:
    """Look at each image, and decide.

    Raises:
        UserError: The folder cannot be used as it is.
    """
    _require_options(options)
    size = SIZE.fullmatch(options.size)
    if not size:
        raise UserError("SIZE: say the width and height that images get, such as SIZE=32x32.")
    width, height = map(int, size.groups())
    paths = list_images(options.data)
    counts = _count_classes(options.data, paths)
    channels, repeated, doubled = _look_at_pixels(options.data, paths, (height, width, 3))
    middle = {path.parts[1:-1] for path in paths}
    if options.group and len(middle) < SPLITS:
        raise UserError("GROUP: there are fewer than three folders between classes and files.")
    by = "rows with its value stay together" if options.group else "between class and file"
    image = Column("image", width=width, height=height, channels=channels)
    shown = f"{width}×{height} pixels, {'grey' if channels == 1 else 'colour'}"
    looks = {
        "file": Look(Column("ignored"), 0, len(paths), why="it names the rows"),
        "folder": Look(Column("ignored"), 0, len(middle), why=by),
        "image": Look(image, 0, len(paths) - repeated, shown),
        "label": Look(Column("category"), 0, len(counts), _list(list(counts))),
    }
    target = Target("label", "classification", list(counts))
    split: dict[str, Any] = {"kind": "random"}
    if options.group:
        split = {"kind": "group", "by": "folder"}
    notes = []
    if rare := [label for label, count in counts.items() if count < RARE]:
        notes.append(f"Rare classes, with fewer than {RARE} images: {_list(rare)}.")
    if repeated:
        notes.append(f"{repeated} images repeat another one: they stay in one split.")
    if doubled:
        notes.append(f"{len(doubled)} of them are in several classes, such as {doubled[0]}.")
    if len(middle) > 1 and not options.group:
        notes.append("Do images of one folder belong together? Then GROUP=folder.")
    return Draft(
        make_configuration(name, source, looks, target, split, Dialect()),
        make_dictionary(name, f"the folder `{name}`", looks, target),
        describe(looks, target, len(paths), ["image"]),
        notes,
    )


def compare_folder(configuration: Path, folder: Path) -> list[str]:
    """List what in a folder does not fit its configuration.

    Raises:
        UserError: The configuration is of no folder, or the folder has faults.
    """
    content = yaml.safe_load(configuration.read_text(encoding="utf-8"))
    try:
        column = next(Column(**c) for c in content["columns"].values() if c["kind"] == "image")
        known = list(map(str, content["target"].get("values") or []))
    except (AttributeError, KeyError, StopIteration, TypeError, ValueError) as error:
        raise UserError(f"{configuration.name} is not about a folder of images") from error
    paths = list_images(folder)
    for _ in decode_folder(folder, paths, column.shape):
        pass
    labels = Counter(path.parts[0] for path in paths)
    new = [label for label in sorted(labels, key=order) if known and label not in known]
    faults = [f"{labels[label]} images are of the class {label}" for label in new]
    return faults + [f"no image is of the class {label}" for label in known if not labels[label]]


def copy_folder(source: Path, target: Path) -> None:
    """Replace the images of a folder by those of another one."""
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # a killed process left it
    for path in list_images(source):
        (part / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / path, part / path)
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)


def _require_options(options: argparse.Namespace) -> None:
    given = [name.upper() for name in TABLES if getattr(options, name)]
    if given:
        raise UserError(f"{', '.join(given)}: only for tables, and {options.data} is a folder.")
    if options.target not in ("", "label"):
        raise UserError("TARGET: for a folder of images, the class is predicted: leave it out.")
    if options.group not in ("", "folder"):
        raise UserError("GROUP: for a folder of images, only GROUP=folder is possible.")


def _count_classes(folder: Path, paths: Sequence[PurePosixPath]) -> dict[str, int]:
    found = Counter(path.parts[0] for path in paths)
    counts = {label: found[label] for label in sorted(found, key=order)}
    if FOLDERS.issuperset(map(str.lower, counts)):
        raise UserError(
            f"{folder} has the folders {_list(list(counts))}, and no classes: give a folder that "
            "has a folder for each class. The project splits the images itself."
        )
    if len(counts) < 2:
        raise UserError(f"{folder} has one class, {next(iter(counts))}: nothing to learn.")
    for label, count in counts.items():
        if count < SPLITS:
            raise UserError(
                f"The class {label} has {count} images, and each of three splits needs one: leave "
                "it out of the folder, or join it to another one."
            )
    return counts


def _look_at_pixels(
    folder: Path, paths: Sequence[PurePosixPath], shape: Shape
) -> tuple[Literal[1, 3], int, list[str]]:
    """The channels that are needed, how many images are repeated, and those in two classes."""
    channels: Literal[1, 3] = 1
    repeated = 0
    doubled: list[str] = []
    classes: dict[bytes, str] = {}  # of each content
    for path, image in decode_folder(folder, paths, shape):
        pixels = np.frombuffer(image, dtype=np.uint8).reshape(-1, 3).astype(np.int16)
        if np.ptp(pixels, axis=1).max() > COLOUR:
            channels = 3
        digest, label = hashlib.sha256(image).digest(), path.parts[0]
        repeated += digest in classes
        if classes.setdefault(digest, label) != label:
            doubled.append(str(path))
    return channels, repeated, doubled


def _list(labels: Sequence[str]) -> str:
    return ", ".join(labels[:SHOWN]) + ", …" * (len(labels) > SHOWN)
