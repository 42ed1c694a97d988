"""A folder of images: as a table, and taken into a project by `make use`."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image
from workbench.data import folder as module
from workbench.data.folder import is_folder_name, scan_folder
from workbench.errors import UserError
from workbench.intake.use import parse_arguments, use
from workbench.pipeline.source import find_untracked, require_source

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep:DeprecationWarning")  # DVC's
FILES = ["cat/rex/1.png", "cat/rex/2.JPG", "cat/tom/3.png", "dog/4.jpeg", "dog/5.png", "dog/6.png"]
Take = Callable[..., str]


def paint(path: Path, colour: tuple[int, int, int] | int) -> None:
    """Write a picture of one colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L" if isinstance(colour, int) else "RGB", (6, 4), colour).save(path)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Six pictures of two classes, each grey in a tone of its own, and what systems leave beside them."""
    folder = tmp_path / "photos"
    for place, name in enumerate(FILES):
        paint(folder / name, 10 * place)
    for name in (".DS_Store", "cat/Thumbs.db", "cat/.cache/x.bin", "desktop.ini"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"\0")
    return folder


@pytest.fixture
def take(begun: Path, photos: Path) -> Take:
    """A function that takes the folder into a project, as `make use` does."""

    def take_it(**options: str) -> str:
        given = [f"--{name}={value}" for name, value in options.items()]
        return use(parse_arguments([f"--data={photos}", *given]), begun)

    return take_it


def read(root: Path) -> dict[str, dict[str, object]]:
    content: dict[str, dict[str, object]] = yaml.safe_load((root / "configs/data/photos.yaml").read_text())
    return content


def test_a_folder_is_a_table(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with scan_folder(photos, (2, 3, 1)) as table:
        whole = table.collect()
    assert whole["file"].to_list() == FILES
    assert whole["folder"].to_list() == ["rex", "rex", "tom", ".", ".", "."]
    assert whole["label"].to_list() == ["cat"] * 3 + ["dog"] * 3
    pixels = np.array([list(image) for image in whole["image"]])
    assert pixels.shape == (6, 6)
    assert np.abs(pixels - 10 * np.arange(6)[:, None]).max() <= 1
    monkeypatch.setattr(module, "BATCH", 7)  # a piece for every two
    with scan_folder(photos, (2, 3, 1)) as table:
        assert table.collect().equals(whole)


def test_faults_are_counted_by_their_kind(photos: Path) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8))
    for name in ("cat/rex/1.png", "dog/5.png"):
        noise.save(photos / name)
        content = (photos / name).read_bytes()
        (photos / name).write_bytes(content[:1000])
    (photos / "dog/6.png").write_bytes(b"GIF89a")
    with pytest.raises(UserError) as caught, scan_folder(photos, (2, 3, 1)):
        pass
    assert str(caught.value) == (
        f"{photos}: 2 of 6 files: truncated (first cat/rex/1.png); "
        "1 of 6 files: no PNG or JPEG image (first dog/6.png)"
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cat/notes.txt", "1 of 7 files: another kind than PNG and JPEG (first cat/notes.txt)"),
        ("7.png", "1 of 7 files: in no class's folder (first 7.png)"),
    ],
)
def test_what_is_no_image_of_a_class_is_named(photos: Path, name: str, message: str) -> None:
    paint(photos / "dog/6.png", 1)
    (photos / name).write_bytes((photos / "dog/6.png").read_bytes())
    with pytest.raises(UserError) as caught, scan_folder(photos, (2, 3, 1)):
        pass
    assert str(caught.value) == f"{photos}: {message}"


def test_a_folder_without_images_and_none(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder, message in ((tmp_path / "empty", "has no images"), (tmp_path / "lost", "is not there")):
        with pytest.raises(UserError, match=message), scan_folder(folder, (2, 3, 1)):
            pass


def test_which_sources_are_folders() -> None:
    assert is_folder_name("data/external/photos")
    assert not is_folder_name("data/external/photos/table.csv")
    assert not is_folder_name("package.data.photos.load")


def test_a_folder_comes_under_dvc_with_a_draft_of_its_configuration(small: Path, take: Take) -> None:
    shown = take(size="3x2")
    assert read(small) == {
        "name": "photos",
        "source": "data/external/photos",
        "columns": {
            "file": {"kind": "ignored"},
            "folder": {"kind": "ignored"},
            "image": {"kind": "image", "width": 3, "height": 2, "channels": 1},
        },
        "target": {"column": "label", "kind": "category", "values": ["cat", "dog"]},
        "split": {"kind": "random", "validation_fraction": 0.2, "test_fraction": 0.2},
    }
    taken = small / "data/external/photos"
    names = [path.relative_to(taken).as_posix() for path in taken.rglob("*") if path.is_file()]
    assert sorted(names) == FILES
    assert (small / "data/external/photos.dvc").is_file()
    assert "- data: photos\n" in (small / "configs/config.yaml").read_text()
    assert "3\N{MULTIPLICATION SIGN}2 pixels, grey" in shown
    assert "Rare classes, with fewer than 10 images: cat, dog." in shown
    assert "Then GROUP=folder." in shown
    require_source(small)
    assert find_untracked(small) is None


def test_colour_is_seen_in_the_pixels(small: Path, take: Take, photos: Path) -> None:
    paint(photos / "cat/rex/1.png", (90, 90, 95))  # stored in colour, and grey to the eye
    take(size="3x2")
    assert read(small)["columns"]["image"]["channels"] == 1  # type: ignore[index]
    paint(photos / "cat/rex/1.png", (90, 90, 120))
    take(size="3x2", name="colourful")
    content = yaml.safe_load((small / "configs/data/colourful.yaml").read_text())
    assert content["columns"]["image"]["channels"] == 3


def test_repeated_images_are_counted(take: Take, photos: Path) -> None:
    for name in ("cat/7.png", "dog/8.png"):
        paint(photos / name, 0)  # as the first one
    shown = take(size="3x2")
    assert "- 2 images repeat another one: they stay in one split." in shown
    assert "- 1 of them are in several classes, such as dog/8.png." in shown


def test_a_folder_may_keep_images_together(small: Path, take: Take, photos: Path) -> None:
    take(size="3x2", group="folder")
    split = read(small)["split"]
    assert (split["kind"], split["by"]) == ("group", "folder")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "SIZE: say the width and height that images get, such as SIZE=32x32."),
        ({"size": "32"}, "SIZE: say the width"),
        ({"size": "0x9"}, "SIZE: say the width"),
        ({"size": "9x9", "target": "size"}, "TARGET: for a folder of images, the class is predicted"),
        ({"size": "9x9", "group": "owner"}, "GROUP: for a folder of images, only GROUP=folder is possible"),
        ({"size": "9x9", "time": "day", "text": "a"}, "TEXT, TIME: only for tables, and"),
    ],
)
def test_options_that_do_not_fit(small: Path, take: Take, options: dict[str, str], message: str) -> None:
    with pytest.raises(UserError) as caught:
        take(**options)
    assert message in str(caught.value)
    assert not (small / "data").exists()


def test_classes_that_cannot_be_learnt(small: Path, take: Take, photos: Path) -> None:
    (photos / "dog/6.png").unlink()
    with pytest.raises(UserError, match="The class dog has 2 images, and each of three splits needs one"):
        take(size="3x2")
    (photos / "dog").rename(photos / "cat/dog")
    with pytest.raises(UserError, match="has one class, cat: nothing to learn"):
        take(size="3x2")
    (photos / "cat").rename(photos / "train")
    with pytest.raises(UserError, match="has the folders train, and no classes: give a folder that"):
        take(size="3x2")
    assert not (small / "data").exists()


def test_a_newer_folder_takes_the_place_of_the_old_one(small: Path, take: Take, photos: Path) -> None:
    take(size="3x2")
    (photos / "cat/rex/1.png").unlink()
    paint(photos / "bird/1.png", 3)
    before = (small / "configs/data/photos.yaml").read_text()
    shown = take(size="")
    assert "data/external/photos is replaced; configs/data/photos.yaml stays as it is." in shown
    assert "- no longer fits: 1 images are of the class bird" in shown
    assert (small / "configs/data/photos.yaml").read_text() == before
    assert not (small / "data/external/photos/cat/rex/1.png").exists()
    assert (small / "data/external/photos/bird/1.png").is_file()
    (photos / "dog/4.jpeg").write_bytes(b"")
    with pytest.raises(UserError, match=r"1 of 6 files: no PNG or JPEG image \(first dog/4.jpeg\)"):
        take(size="")
    assert (small / "data/external/photos/dog/4.jpeg").read_bytes()


def test_a_folder_is_no_newer_version_of_a_table(small: Path, take: Take) -> None:
    text = "name: photos\nsource: data/external/photos/photos.csv\ncolumns: {}\n"
    (small / "configs/data/photos.yaml").write_text(text)
    with pytest.raises(UserError, match=r"names the source .*photos\.csv: choose another NAME"):
        take(size="3x2")


def test_a_folder_that_is_not_here(small: Path, take: Take) -> None:
    take(size="3x2")
    (small / "data/external/photos").rename(small / "elsewhere")
    (small / "data/external/photos").mkdir()
    (small / "data/external/photos/.gitkeep").touch()
    with pytest.raises(UserError, match=r"^data/external/photos is not here, only its hash: `make pull`"):
        require_source(small)
