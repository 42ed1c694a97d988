"""What is done before the pipeline runs; `tests/test_here.py` runs the pipeline itself."""

from pathlib import Path

from workbench.pipeline.run import make_source_folder


def test_a_data_set_has_a_folder_that_git_keeps(small: Path) -> None:
    (small / "configs/data").mkdir(parents=True)
    (small / "configs/config.yaml").write_text("defaults: [{data: mine}, {model: mlp}]\n")
    make_source_folder(small)
    assert not (small / "data").exists()  # there is no such data set, and what comes next says so
    (small / "configs/data/mine.yaml").touch()
    make_source_folder(small)
    assert [path.name for path in (small / "data/external/mine").iterdir()] == [".gitkeep"]
    make_source_folder(small)
