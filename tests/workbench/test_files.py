"""Files are replaced whole, and folders have names that every platform takes."""

import os
from pathlib import Path

import pytest
from workbench.files import LONGEST, name_folder, replacing, write_text


def test_a_linked_file_is_replaced_and_not_written_into(tmp_path: Path) -> None:
    """DVC's cache may share a file with the workspace by a hard link."""
    cached, file = tmp_path / "cached", tmp_path / "folder/file"
    write_text(file, "old")
    os.link(file, cached)
    write_text(file, "new")
    assert (cached.read_text(), file.read_text()) == ("old", "new")


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "file"
    write_text(file, "old")

    def fail() -> None:
        with replacing(file) as part:
            part.write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError) as caught:
        fail()
    assert caught.value.filename == str(file)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_text_that_no_encoding_holds_is_escaped(tmp_path: Path) -> None:
    write_text(tmp_path / "file", "a\udc80b\n")
    assert (tmp_path / "file").read_bytes() == b"a\\udc80b\n"


@pytest.mark.parametrize(
    ("text", "name"),
    [("seed_3", "seed_3"), ("model=[1, 2],seed=3", "model=[1,_2],seed=3"), ("path_a/b:c*d", "path_a_b_c_d")],
)
def test_a_short_name_stays_readable(text: str, name: str) -> None:
    assert name_folder(text) == name


def test_long_names_are_cut_and_differ() -> None:
    names = [name_folder(f"model.alpha_{'ö1' * 200},seed_{seed}") for seed in range(3)]
    assert len(set(names)) == 3
    assert all(len(name.encode()) <= LONGEST for name in names)
    assert all(name.startswith("model.alpha_") for name in names)
