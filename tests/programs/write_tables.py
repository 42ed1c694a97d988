"""Write, into the current folder, data that scikit-learn loads, and sentences of two packages."""

import importlib
import inspect
from pathlib import Path

import polars as pl
from PIL import Image
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

wine, tumours = load_wine(), load_breast_cancer()
pl.DataFrame(wine.data, schema=wine.feature_names).with_columns(cultivar=pl.Series(wine.target)).write_csv(
    "wine.csv"
)
pl.DataFrame(tumours.data, schema=list(tumours.feature_names)).with_columns(
    malignant=pl.Series(["no" if benign else "yes" for benign in tumours.target])
).write_csv("tumours.csv")

# What people wrote above their classes: does a sentence come from scikit-learn or from matplotlib?
MODULES = {
    "sklearn": [
        "ensemble",
        "linear_model",
        "metrics",
        "model_selection",
        "preprocessing",
        "svm",
        "tree",
        "utils",
    ],
    "matplotlib": [
        "artist",
        "axes",
        "collections",
        "figure",
        "lines",
        "patches",
        "text",
        "transforms",
        "ticker",
    ],
}
sentences = {}
for package, modules in MODULES.items():
    for module in modules:
        for _, member in inspect.getmembers(importlib.import_module(f"{package}.{module}")):
            for thing in (member, *(vars(member).values() if inspect.isclass(member) else ())):
                text = inspect.getdoc(thing) if callable(thing) else None
                if text and package in (getattr(thing, "__module__", None) or ""):
                    sentences[text.splitlines()[0]] = package
table = pl.DataFrame({"sentence": list(sentences), "package": list(sentences.values())})
table.sort("sentence").write_csv("sentences.csv")

digits = load_digits()
for number, (image, label) in enumerate(zip(digits.images[:500], digits.target[:500], strict=True)):
    Path(f"digits/{label}").mkdir(parents=True, exist_ok=True)
    Image.fromarray((image * 15).astype("uint8")).save(f"digits/{label}/{number}.png")
