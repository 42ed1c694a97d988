"""The preprocessing, learnt from the training split: gaps, scales, categories, words."""

from collections.abc import Collection, Mapping
from math import prod
from typing import Any

import numpy as np
import onnx
import polars as pl
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from workbench.errors import UserError
from workbench.onnx.inputs import Inputs
from workbench.onnx.merge import concatenate


def group_by_kind(table: pl.DataFrame, texts: Collection[str], unused: Collection[str]) -> Inputs:
    """Group the columns that `prepare` gives.

    Args:
        table: Its result.
        texts: Columns that hold sentences, and no categories.
        unused: Columns that no model sees: those that the split goes by.

    Raises:
        UserError: There is a column that no model can take, or none at all.
    """
    inputs: Inputs = {"image": [], "numbers": [], "categories": [], "text": []}
    for name, type in table.schema.items():
        if name in unused or type.is_temporal():
            continue
        if type.is_numeric() or type == pl.Boolean:
            inputs["numbers"].append(name)
        elif type == pl.Binary:
            inputs["image"].append(name)
        elif type in (pl.String, pl.Categorical, pl.Enum):
            inputs["text" if name in texts else "categories"].append(name)
        else:
            raise UserError(f"features/prepare.py: no model takes the column {name} of type {type}")
    if not any(inputs.values()):
        raise UserError("features/prepare.py: no column is left that a model can take")
    return {kind: names for kind, names in inputs.items() if names}


IMAGE = """
<ir_version: 10, opset_import: ["": 21]>
image (uint8[n, SHAPE] image) => (float[n, d] features) {
    whole = Cast <to = 1> (image)
    largest = Constant <value_float = 255.0> ()
    scaled = Div (whole, largest)
    features = Flatten (scaled)
}
"""  # 1: as float32


def make_image(pixels: NDArray[Any]) -> onnx.ModelProto:
    """Scale pixels to numbers from 0 to 1, row by row, the channels of a pixel together."""
    shape = ", ".join(map(str, pixels.shape[1:]))
    return onnx.parser.parse_model(IMAGE.replace("SHAPE", shape))


def make_numbers(_: NDArray[Any]) -> Any:
    """Fill gaps with the median, then scale each column to mean 0 and standard deviation 1."""
    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    return make_pipeline(imputer, StandardScaler())


def make_categories(_: NDArray[Any]) -> Any:
    """One-hot encode the values; a gap counts as a value, and an unseen value is all zeros."""
    return OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float32)


def make_text(texts: NDArray[Any]) -> Any:
    """Compute tf-idf of character n-grams (1 to 3), the 2,000 most frequent ones of each column.

    Characters, unlike words, work in every script and are exact in ONNX.
    """
    return ColumnTransformer(
        [
            (
                str(place),
                TfidfVectorizer(
                    analyzer="char",
                    ngram_range=(1, min(3, max(map(len, column)))),
                    max_features=2000,
                    lowercase=False,
                    dtype=np.float32,
                ),
                place,
            )
            for place, column in enumerate(texts.T)
        ]
    )


def fit(arrays: Mapping[str, NDArray[Any]], inputs: Inputs) -> tuple[onnx.ModelProto, list[str]]:
    """Fit the preprocessing.

    Args:
        arrays: The training split's columns, as `to_arrays` gives them.
        inputs: The names of their columns.

    Returns:
        A graph from these arrays to `features` float32 [n, d], and the names of the features [d].

    Raises:
        UserError: A column of text has no text.
    """
    parts, features = {}, []
    for kind, array in arrays.items():
        names = inputs[kind]
        if kind == "image":
            parts[kind] = make_image(array)
            features += [f"{names[0]}[{i}]" for i in range(prod(array.shape[1:]))]
            continue
        if kind == "text":
            for name, column in zip(names, array.T, strict=True):
                if not any(column):
                    raise UserError(f"column {name} has no text in the training split: ignore it")
        transformer = MAKE[kind](array)
        transformer.fit(array)
        parts[kind] = _export(transformer, kind, array)
        features += _name_features(transformer, kind, names)
    return concatenate(parts), features


MAKE = {"numbers": make_numbers, "categories": make_categories, "text": make_text}


def _export(transformer: Any, kind: str, array: NDArray[Any]) -> onnx.ModelProto:
    import warnings

    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    type = FloatTensorType if kind == "numbers" else StringTensorType
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The conversion of CountVectorizer")  # tested here
        model: onnx.ModelProto = to_onnx(
            transformer,
            initial_types=[(kind, type([None, array.shape[1]]))],
            target_opset={"": 21, "ai.onnx.ml": 3},
        )
    return model


def _name_features(transformer: Any, kind: str, names: list[str]) -> list[str]:
    if kind == "numbers":
        return names
    if kind == "categories":
        return [
            f"{name}={value}"
            for name, values in zip(names, transformer.categories_, strict=True)
            for value in values
        ]
    return [
        f"{name}: {term!r}"
        for i, name in enumerate(names)
        for term in transformer.named_transformers_[str(i)].get_feature_names_out()
    ]
