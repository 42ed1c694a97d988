"""The function `answer`."""

from functools import partial
from pathlib import Path

from support import PACKAGE, changing, replace

APP = f"src/{PACKAGE}/serving/app.py"
SOLUTION = r"    size = service[\s\S]*?model=service\.facts\n    \)\n"


def one_by_one(project: Path) -> None:
    """Each instance by itself, and the class with the highest probability."""
    body = """
    rows = []
    for number, instance in enumerate(body.instances):
        if len(instance) != service.model.n_features:
            raise HTTPException(422, f"instances.{number}: This one has {len(instance)} values.")
        rows.append(service.model.predict(np.array([instance], np.float32))[1][0].tolist())
    if np.isnan(rows).any():
        raise HTTPException(status_code=422, detail="These values are too large.")
    service.monitor.note_features(np.asarray(body.instances, dtype="float32"))
    best = [row.index(max(row)) for row in rows]
    return Predictions.model_validate(
        {"predictions": best, "probabilities": rows, "model": service.facts.model_dump()}
    )
"""
    replace(project / APP, SOLUTION, body.removeprefix("\n"))


change = partial(changing, APP)


WITHOUT_LENGTHS = r"    if any\(len\(instance\)[^\n]*\n[^\n]*\n"
WITHOUT_NUMBERS = r"    if not np\.isfinite[^\n]*\n[^\n]*\n"
HARD_CODED = "    return Predictions(predictions=[3], probabilities=[[1.0]], model=service.facts)\n"
CLIPPED = "np.array([row[:size] + [0.0] * (size - len(row)) for row in body.instances], dtype=np.float32)"


def clipped(project: Path) -> None:
    """Too many values are cut off, and zeros put in for missing ones."""
    change(WITHOUT_LENGTHS, "")(project)
    change(r"np\.array\(body\.instances, dtype=np\.float32\)", CLIPPED)(project)


RIGHT = {"one by one": one_by_one}
WRONG = {
    "hard-coded": (
        change(SOLUTION, HARD_CODED),
        "POST /predict answers 6 instance(s) with 1 `predictions`",
    ),
    "always the first class": (
        change(r"labels\.tolist\(\)", "[0] * len(features)"),
        "says 0 in `predictions`",
    ),
    "first instance": (
        change(r"body\.instances, dtype", "body.instances[:1], dtype"),
        "POST /predict answers 6 instance(s) with 1 `predictions`",
    ),
    "another order": (change(r"body\.instances, dtype", "body.instances[::-1], dtype"), "of instance "),
    "rounded": (
        change(r"labels\.tolist\(\)", "probabilities[:, 1].round().astype(int).tolist()"),
        "in `predictions` of instance ",
    ),
    "no lengths": (change(WITHOUT_LENGTHS, ""), "POST /predict answers 500 to 1 instance(s) of 3 values"),
    "first length": (
        change(r"for instance in body\.instances\)", "for instance in body.instances[:1])"),
        "POST /predict answers 500 to 7 instance(s) of 3 or 4 values",
    ),
    "clipped": (clipped, "POST /predict answers 200 to 3 values instead of 4, and not 422"),
    "no sentence": (
        change(r'f"instances: Each has to have \{size\} values\."', '{"size": size}'),
        "one sentence",
    ),
    "not finite": (change(WITHOUT_NUMBERS, ""), "probabilities are not finite, and not 422"),
    "not noted": (
        change(r"    service\.monitor\.note_features\(features\)\n", ""),
        "/metrics has no `feature_mean`",
    ),
    "first one noted": (
        change(r"note_features\(features\)", "note_features(features[:1])"),
        "/metrics says that `feature_mean` of feature_",
    ),
    "no commit": (
        change("model=service.facts\n", 'model=service.facts.model_copy(update={"commit": "unknown"})\n'),
        "names the commit 'unknown'",
    ),
}
