"""`make use`: what is decided about a file, what is written, and what is refused."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from workbench.errors import UserError
from workbench.intake.use import parse_arguments, use
from workbench.project import git

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep:DeprecationWarning")  # DVC's
Use = Callable[..., str]
N = 120
RANDOM = np.random.default_rng(0)
SIZE = RANDOM.normal(10, 2, N).round(2)
ANSWER = np.where(SIZE + RANDOM.normal(0, 1, N) > 10, "yes", "no")
PLAIN = pl.DataFrame({"size": SIZE, "colour": ["red", "green", "blue"] * 40, "bought": ANSWER})


@pytest.fixture
def take(begun: Path, tmp_path: Path) -> Use:
    """A function that takes a table, or the bytes of a file, into a project, as `make use` does."""

    def take_it(content: pl.DataFrame | bytes, file: str = "mine.csv", **options: str) -> str:
        path = tmp_path / file
        content = content.write_csv().encode() if isinstance(content, pl.DataFrame) else content
        path.write_bytes(content)
        given = [f"--{name}={value}" for name, value in options.items()]
        return use(parse_arguments([f"--data={path}", *given]), begun)

    return take_it


def read(root: Path, name: str = "mine") -> dict[str, dict[str, object]]:
    content: dict[str, dict[str, object]] = yaml.safe_load((root / f"configs/data/{name}.yaml").read_text())
    return content


def test_a_file_comes_under_dvc_with_a_draft_of_its_configuration(small: Path, take: Use) -> None:
    shown = take(PLAIN, target="bought")
    draft = read(small)
    assert draft["source"] == "data/external/mine/mine.csv"
    assert draft["columns"] == {
        "size": {"kind": "number"},
        "colour": {"kind": "category", "values": ["blue", "green", "red"]},
    }
    assert draft["target"] == {
        "column": "bought",
        "kind": "category",
        "values": ["no", "yes"],
        "positive": "yes",
    }
    assert draft["split"]["kind"] == "random"
    assert (small / "data/external/mine/mine.csv.dvc").is_file()
    assert "- data: mine\n  - model: mlp" in (small / "configs/config.yaml").read_text()
    assert "| colour   | category |        | blue, green, red" in shown
    assert "| `colour` | category | blue, green, red" in (small / "references/mine.md").read_text()


@pytest.mark.parametrize("target", ["len", "value", "rows"])
def test_a_target_may_have_any_name(small: Path, take: Use, target: str) -> None:
    take(PLAIN.rename({"bought": target}), target=target)
    assert read(small)["target"]["values"] == ["no", "yes"]


def test_git_keeps_it_when_asked(small: Path, take: Use) -> None:
    take(PLAIN, target="bought", git="1")
    assert git("ls-files", "data", root=small) == "data/external/mine/mine.csv"
    assert not list(small.rglob("*.dvc/mine*"))


COLUMNS: dict[str, tuple[list[object], dict[str, object], str]] = {
    "numbers rows": (list(range(N)), {"kind": "ignored"}, "it numbers the rows"),
    "names rows": ([f"k{i}x" for i in range(N)], {"kind": "ignored"}, "it names the rows"),
    "empty": ([None] * N, {"kind": "ignored"}, "it is empty"),
    "constant": (["same"] * N, {"kind": "ignored"}, "the same value everywhere"),
    "customer id": ([i // 4 for i in range(N)], {"kind": "ignored"}, "that several rows share"),
    "zip code": (
        [["10115", "10117", "80331"][i % 3] for i in range(N)],
        {"kind": "category", "values": ["10115", "10117", "80331"]},
        "codes",
    ),
    "padded": ([f"0{i % 3}" for i in range(N)], {"kind": "category", "values": ["00", "01", "02"]}, ""),
    "stars": ([i % 5 for i in range(N)], {"kind": "number"}, "5 whole numbers"),
    "gaps": ([None if i % 4 else i / 7 for i in range(N)], {"kind": "number", "missing": True}, "75%"),
    "day": ([f"2026-{1 + i % 12:02}-{1 + i % 28:02}" for i in range(N)], {"kind": "time"}, "prepare.py"),
    "German day": (
        [f"{1 + i % 28:02}.{1 + i % 12:02}.2026" for i in range(N)],
        {"kind": "time", "format": "%d.%m.%Y"},
        "",
    ),
    "sentences": ([f"what people said on visit {i} about it" for i in range(N)], {"kind": "text"}, "words"),
    "price": ([f"{i % 9},50 €" for i in range(N)], {"kind": "ignored"}, "numbers with a unit"),
    "late word": ([*range(N - 1), "many"], {"kind": "ignored"}, "it names the rows"),
    "gives away": (
        [{"yes": 1, "no": 0}[answer] for answer in ANSWER],
        {"kind": "ignored"},
        "gives the target away",
    ),
}


@pytest.mark.parametrize(("name", "case"), COLUMNS.items(), ids=COLUMNS)
def test_a_column_gets_its_kind_and_a_reason(
    small: Path, take: Use, name: str, case: tuple[list[object], dict[str, object], str]
) -> None:
    values, rules, reason = case
    table = PLAIN.with_columns(pl.Series(name, [None if v is None else str(v) for v in values]))
    shown = take(table, target="bought")
    assert read(small)["columns"][name] == rules
    row = next(line for line in shown.splitlines() if line.startswith(f"| {name} "))
    assert reason in row


LATE = {
    "a word": ("7", "many", "category |        | 7, many"),
    "a time of day": (
        "2026-01-05",
        "2026-02-05T10:30",
        "time     |        | 2026-01-05 … 2026-02-05 10:30:00",
    ),
    "spaces": ("7.5", " 40 ", "number   |        | 7.5 … 40"),
    "a spelling": ("7x", "7x ", "not used | it has the same value everywhere"),
}


@pytest.mark.parametrize("case", LATE.values(), ids=LATE)
def test_rows_after_the_first_ones_count_as_well(
    small: Path, take: Use, monkeypatch: pytest.MonkeyPatch, case: tuple[str, str, str]
) -> None:
    monkeypatch.setattr("workbench.intake.look.SAMPLE", N // 2)
    first, late, row = case
    column = pl.Series("mixed", [first] * 60 + [late] * (N - 60))
    assert row in take(PLAIN.with_columns(column), target="bought")


def test_nothing_of_names_and_sentences_is_written_where_git_sees_it(small: Path, take: Use) -> None:
    secret = [f"secret{i}" for i in range(N)]
    said = [f"secret words that patient {i} has said" for i in range(N)]
    take(PLAIN.with_columns(who=pl.Series(secret), said=pl.Series(said)), target="bought")
    git("add", ".", root=small)
    tracked = (git("ls-files", root=small) or "").splitlines()
    assert "references/mine.md" in tracked
    assert not [name for name in tracked if "secret" in (small / name).read_text()]


def test_each_way_to_write_a_table_is_noticed(small: Path, take: Use) -> None:
    text = "Größe;Preis;Art\n" + "".join(f"{i % 17},5;1.{i:03},25;{'ab'[i % 2]}\n" for i in range(N))
    shown = take(text.encode("cp1252"), target="Preis")
    draft = read(small)
    assert [draft[key] for key in ("separator", "decimal", "encoding")] == [";", ",", "cp1252"]
    assert draft["columns"]["Größe"] == {"kind": "number"}
    assert draft["target"] == {"column": "Preis", "kind": "number"}
    assert "decimal comma" in shown


@pytest.mark.parametrize("file", ["mine.csv.gz", "mine.parquet"])
def test_other_kinds_of_file(small: Path, tmp_path: Path, take: Use, file: str) -> None:
    if file.endswith("gz"):
        content = gzip.compress(PLAIN.write_csv().encode())
    else:
        PLAIN.write_parquet(tmp_path / "made.parquet")
        content = (tmp_path / "made.parquet").read_bytes()
    take(content, file, target="size")
    assert read(small)["target"] == {"column": "size", "kind": "number"}


def test_a_split_by_group_or_time(small: Path, take: Use) -> None:
    table = PLAIN.with_columns(who=pl.Series([f"p{i // 4}" for i in range(N)]), year=2000 + pl.int_range(N))
    take(table, target="bought", group="who", name="grouped")
    take(table, target="bought", time="year", ignore="who", name="timed")
    assert read(small, "grouped")["split"] == {
        "kind": "group",
        "by": "who",
        "validation_fraction": 0.2,
        "test_fraction": 0.2,
    }
    assert read(small, "timed")["split"]["by"] == "year"
    assert read(small, "timed")["columns"]["who"] == {"kind": "ignored"}


def test_a_later_file_replaces_the_data_and_keeps_the_edited_configuration(small: Path, take: Use) -> None:
    take(PLAIN, target="bought")
    path = small / "configs/data/mine.yaml"
    edited = path.read_text().replace("size: {kind: number}", "size: {kind: number, maximum: 1}")
    path.write_text(edited)
    later = PLAIN.with_columns(pl.lit("violet").alias("colour"), extra=1)
    shown = take(later, target="bought")
    assert path.read_text() == edited
    assert pl.read_csv(small / "data/external/mine/mine.csv")["colour"].unique().to_list() == ["violet"]
    for fault in ("extra is not expected", "is more than 1 in 120 rows", "not one of blue, green, red"):
        assert fault in shown


def spoiled(**columns: object) -> pl.DataFrame:
    return PLAIN.with_columns(**{name: pl.Series(values) for name, values in columns.items()})


REFUSALS: dict[str, tuple[pl.DataFrame | bytes, dict[str, str], str]] = {
    "no target": (PLAIN, {}, "TARGET: choose one of size, colour, bought"),
    "no such target": (PLAIN, {"target": "x"}, "TARGET: choose one of"),
    "no such column": (PLAIN, {"target": "bought", "ignore": "x"}, "no column x"),
    "no such task": (PLAIN, {"target": "bought", "task": "both"}, "TASK: both is neither"),
    "no number": (PLAIN, {"target": "bought", "task": "regression"}, "is no number"),
    "empty file": (b"", {"target": "a"}, "is empty, or not a text file"),
    "header alone": (b"a,b\n", {"target": "a"}, "has 0 different values"),
    "constant target": (spoiled(bought=["no"] * N), {"target": "bought"}, "has 1 different values"),
    "one of a class": (
        spoiled(bought=["once", *["no", "yes"] * 59, "no"]),
        {"target": "bought"},
        "The class once of bought has 1 row, and",
    ),
    "as many classes as rows": (
        spoiled(bought=[f"v{i}" for i in range(N)]),
        {"target": "bought"},
        "too many classes",
    ),
    "a bare series": (
        pl.DataFrame({"day": [f"2026-01-{1 + i % 28:02}" for i in range(N)], "sales": SIZE}),
        {"target": "sales"},
        "its past values (lags)",
    ),
    "time of words": (PLAIN, {"target": "bought", "time": "colour"}, "neither times nor numbers"),
    "two splits": (PLAIN, {"target": "bought", "time": "size", "group": "colour"}, "one of them"),
    "a name with a slash": (PLAIN, {"target": "bought", "name": "a/b"}, "NAME: 'a/b' has to be"),
}


@pytest.mark.parametrize(("content", "options", "message"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_a_line_and_leaves_nothing_behind(
    small: Path, take: Use, content: pl.DataFrame | bytes, options: dict[str, str], message: str
) -> None:
    def find() -> set[Path]:
        return {path for path in small.rglob("*") if ".git" not in path.parts}

    before, config = find(), (small / "configs/config.yaml").read_text()
    with pytest.raises(UserError) as caught:
        take(content, **options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert find() == before
    assert (small / "configs/config.yaml").read_text() == config


def test_a_spreadsheet_is_refused(take: Use) -> None:
    with pytest.raises(UserError, match=r"mine\.xlsx: give a file of the kind \.csv"):
        take(b"PK", "mine.xlsx", target="a")
