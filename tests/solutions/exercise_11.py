"""The function `answer`."""

from functools import partial
from pathlib import Path

from support import PACKAGE, changing, replace

APP = f"src/{PACKAGE}/serving/app.py"
SOLUTION = r"    records = to_records\(instances, service[\s\S]*?model=service\.facts,\n    \)\n"


def one_by_one(project: Path) -> None:
    """Each instance by itself."""
    body = """
    problem, predictions, rows, noted, ends = service.model.problem, [], [], [], []
    for number, instance in enumerate(instances):
        try:
            found = service.model.predict_records(to_records([instance], service.model.columns))
        except UserError as error:
            raise HTTPException(422, f"instances.{number}: This is too much.") from error
        noted.append(found.arrays)
        predictions.append(found.predicted[0])
        if found.probabilities is not None:
            rows.append([float(share) for share in found.probabilities[0]])
        if found.interval is not None:
            ends.append([float(end) for end in found.interval[0]])
    for arrays in noted:
        service.monitor.note(arrays)
    if ends:
        low, high = map(list, zip(*ends, strict=True))
        return IntervalAnswer(predictions=predictions, model=service.facts, low=low, high=high)
    if not problem.classes:
        return NumberAnswer(predictions=predictions, model=service.facts)
    classes = [*problem.labels.values()]
    predictions = [problem.labels[label] for label in predictions]
    return ClassAnswer(
        predictions=predictions, probabilities=rows, classes=classes, model=service.facts
    )
"""
    replace(project / APP, SOLUTION, body.removeprefix("\n"))


change = partial(changing, APP)


HARD_CODED = (
    "    return ClassAnswer(predictions=[3], probabilities=[[1.0]], classes=[0, 1, 2], model=service.facts)\n"
)
RECORDS = r"to_records\(instances, service\.model\.columns\)"
REFUSAL = r"    try:\n        (answers = .*\n)    except UserError:\n.*\n"
NOTE = r"    service\.monitor\.note\(answers\.arrays\)\n"
LABELS = r"labels\[label\] for label in answers\.predicted"


def noted_first(project: Path) -> None:
    """What is refused counts, too."""
    change(NOTE, "")(project)
    note = "    service.monitor.note(service.model.read_records(records))\n"
    change(rf"(    records = {RECORDS}\n)", rf"\1{note}")(project)


RIGHT = {"one by one": one_by_one}
WRONG = {
    "hard-coded": (
        change(SOLUTION, HARD_CODED),
        "POST /predict answers 6 instance(s) with 1 `predictions`",
    ),
    "always the first class": (
        change(LABELS, "labels[service.model.problem.classes[0]] for _ in answers.predicted"),
        "says 0 in `predictions`",
    ),
    "most likely class": (
        change(LABELS, "[*labels.values()][place] for place in answers.probabilities.argmax(axis=1)"),
        "in `predictions` of instance ",
    ),
    "first instance": (
        change(RECORDS, "to_records(instances[:1], service.model.columns)"),
        "POST /predict answers 6 instance(s) with 1 `predictions`",
    ),
    "another order": (change(RECORDS, "to_records(instances[::-1], service.model.columns)"), "of instance "),
    "rounded": (
        change(r"answers\.probabilities\.tolist\(\)", "answers.probabilities.round().tolist()"),
        "in `probabilities` of instance ",
    ),
    "labels as text": (change(LABELS, "label for label in answers.predicted"), "and the model says "),
    "order of the classes": (change(r"list\(labels\.values\(\)\)", "[*labels.values()][::-1]"), "names the"),
    "classes only": (
        change(r"    if answers\.probabilities is None:\n(?:        .*\n)+", ""),
        "POST /predict answers 500 to 6 instance(s)",
    ),
    "no interval": (
        change(
            r"        if answers\.interval is None:\n    (        return .*\n)[\s\S]*?high=high\)\n", r"\1"
        ),
        "POST /predict answers 500 to 6 instance(s)",
    ),
    "other end": (change(r"low, high = ", "high, low = "), "in `low` of instance "),
    "gaps as zeros": (
        change(RECORDS, r"[dict.fromkeys(service.model.columns, 0) | record for record in \g<0>]"),
        "`feature_mean` of column_0 is",
    ),
    "no refusal": (change(REFUSAL, r"    \1"), "POST /predict answers 500 to 1 instance(s) (UserError"),
    "no sentence": (change(r'"instances: The model has.*"', '{"model": "none"}'), "one sentence"),
    "not noted": (change(NOTE, ""), "/metrics has no `feature_mean`"),
    "first one noted": (
        change(r"note\(.*\)", "note({kind: array[:1] for kind, array in answers.arrays.items()})"),
        "/metrics says that `feature_mean`",
    ),
    "noted first": (noted_first, "note only what it answers"),
    "no commit": (
        change(
            r"classes=(.*)\n        model=service\.facts",
            r"classes=\1\n        model=service.facts.model_copy(update={'commit': 'unknown'})",
        ),
        "names the commit 'unknown'",
    ),
}
