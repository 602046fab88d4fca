"""scikit-learn: any estimator or pipeline that skl2onnx can convert."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.base import BaseEstimator, is_classifier, is_outlier_detector, is_regressor
from sklearn.pipeline import Pipeline, make_pipeline

from ..graph import Graph, answer_of
from ..job import Job
from ..matrix import Matrix
from ..result import Importance, ModelRefused, Result
from ..rows import Rows
from ..script import function_of, named
from .sklearn_trees import add_trees, is_known

_FITS = {
    "binary": (is_classifier, "a classifier"),
    "multiclass": (is_classifier, "a classifier"),
    "regression": (is_regressor, "a regressor"),
    "anomaly": (is_outlier_detector, "an outlier detector"),
}


def train(job: Job) -> Result:
    estimator = _estimator(job)
    is_one, words = _FITS[job.task]
    if not is_one(estimator):
        raise ValueError(f"{type(estimator).__name__} is not {words}, for task {job.task}")
    _seed(estimator, job)
    inputs = _Inputs(job)
    estimator.fit(inputs.of_training(job.train), job.train.target, **_weights(estimator, job.train))
    job.progress(1, 1)
    return _result(estimator, inputs, job)


def _estimator(job: Job) -> BaseEstimator:
    """From the configuration, or from a script's function, which may read the job."""
    if job.script is not None:
        made = function_of(job.script, job.options["function"])(job)
        if not isinstance(made, BaseEstimator):
            raise TypeError(f"{job.options['function']}() returned {type(made).__name__}, not an estimator")
        return made
    steps = [named(step["estimator"])(**step["params"]) for step in job.options["pipeline"]]
    return steps[0] if len(steps) == 1 else make_pipeline(*steps)


def _seed(estimator: BaseEstimator, job: Job) -> None:
    """Every random_state that is not given, however deep."""
    missing = {
        name: job.seed
        for name, value in estimator.get_params(deep=True).items()
        if name.split("__")[-1] == "random_state" and value is None
    }
    estimator.set_params(**missing)


def _weights(estimator: BaseEstimator, rows: Rows) -> dict[str, np.ndarray]:
    if rows.weight is None:
        return {}
    name = "sample_weight"
    return {f"{estimator.steps[-1][0]}__{name}" if isinstance(estimator, Pipeline) else name: rows.weight}


class _Inputs:
    """How an estimator sees rows: as one matrix, or as a data frame with a column per feature."""

    def __init__(self, job: Job) -> None:
        self.matrix: Matrix | None = job.matrix() if job.options["input"] == "matrix" else None

    def of(self, rows: Rows) -> Any:
        return rows.frame() if self.matrix is None else self.matrix.of(rows)

    def of_training(self, rows: Rows) -> Any:
        """The training rows, to be learned from."""
        return rows.frame() if self.matrix is None else self.matrix.of_training()

    def types(self, rows: Rows) -> list[tuple[str, Any]]:
        if self.matrix is not None:
            return [("matrix", FloatTensorType([None, self.matrix.width]))]
        numbers = set(rows.numeric_names)
        return [
            (name, (FloatTensorType if name in numbers else StringTensorType)([None, 1]))
            for name in rows.names
        ]

    def embed(self, model: onnx.ModelProto, rows: Rows) -> tuple[Graph, dict[str, str]]:
        if self.matrix is not None:
            graph, value = self.matrix.graph()
            return graph, graph.embed(model, {"matrix": value})
        # skl2onnx spells the inputs' names its own way and keeps their order.
        graph = Graph(len(rows.numeric_names), len(rows.text_names))
        asked = [one.name for one in model.graph.input]
        if len(asked) != len(rows.names):
            raise ModelRefused(f"skl2onnx left out inputs: {asked} of {list(rows.names)}")
        numbers = {name: i for i, name in enumerate(rows.numeric_names)}
        texts = {name: i for i, name in enumerate(rows.text_names)}
        values = {
            inner: graph.columns("numeric", [numbers[name]])
            if name in numbers
            else graph.columns("text", [texts[name]])
            for inner, name in zip(asked, rows.names, strict=True)
        }
        return graph, graph.embed(model, values)


def _result(estimator: BaseEstimator, inputs: _Inputs, job: Job) -> Result:
    graph, value = _converted(estimator, inputs, job.train)
    columns = None
    if is_classifier(estimator):
        order = {int(label): column for column, label in enumerate(estimator.classes_)}
        columns = [order.get(label, -1) for label in range(max(2, len(job.classes)))]
    elif job.task == "anomaly":
        # scikit-learn: the lower, the stranger.
        value = graph.add("Neg", value)
    answer = answer_of(graph, value, job.task, columns)
    return Result(
        graph.finish(answer, job.task, len(job.classes)),
        lambda rows: _predict(estimator, inputs.of(rows), (job.task, columns)),
        _importances(estimator, inputs, job),
    )


def _converted(estimator: Any, inputs: _Inputs, rows: Rows) -> tuple[Graph, str]:
    """A graph with the estimator's answer: [N, classes], or [N, 1]."""
    steps = estimator.steps if isinstance(estimator, Pipeline) else [("only", estimator)]
    if not is_known(steps[-1][1]):
        return _by_skl2onnx(estimator, inputs, rows)
    before = estimator[:-1] if len(steps) > 1 else None
    if before is not None:
        graph, value = _by_skl2onnx(before, inputs, rows)
        return graph, add_trees(steps[-1][1], graph, graph.floats(value))
    if inputs.matrix is None:
        raise ValueError("trees alone read a matrix; for a frame put a ColumnTransformer before them")
    graph, value = inputs.matrix.graph()
    return graph, add_trees(estimator, graph, value)


def _by_skl2onnx(estimator: Any, inputs: _Inputs, rows: Rows) -> tuple[Graph, str]:
    options = {id(estimator): {"zipmap": False}} if is_classifier(estimator) else None
    model = to_onnx(estimator, initial_types=inputs.types(rows), options=options, target_opset=_opsets())
    graph, outputs = inputs.embed(model, rows)
    name = "probabilities" if is_classifier(estimator) else "scores" if "scores" in outputs else None
    return graph, outputs[name or next(iter(outputs))]


def _opsets() -> dict[str, int]:
    return {"": 17, "ai.onnx.ml": 3}


def _predict(estimator: Any, x: Any, head: tuple[str, list[int] | None]) -> np.ndarray:
    task, columns = head
    if task == "anomaly":
        return -estimator.decision_function(x).reshape(-1)
    if columns is None:
        return np.asarray(estimator.predict(x)).reshape(-1)
    found = estimator.predict_proba(x)
    padded = np.c_[found, np.zeros(len(found))]
    return padded[:, columns[1]] if task == "binary" else padded[:, columns]


def _importances(estimator: BaseEstimator, inputs: _Inputs, job: Job) -> dict[str, Importance]:
    """Of trees their own; of linear models |weight| per standard deviation; none where columns have no name."""
    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    before = estimator[:-1] if isinstance(estimator, Pipeline) and len(estimator.steps) > 1 else None
    rows = job.train.take(np.linspace(0, job.train.count - 1, min(job.train.count, 10_000)).astype(np.int64))
    x = inputs.of(rows)
    seen = x if before is None else before.transform(x)
    gains = _gains(last, seen)
    names = _column_names(before, inputs, job)
    if gains is None or len(gains) != len(names) or None in names:
        return {}
    total: dict[str, float] = {}
    for name, gain in zip(names, gains, strict=True):
        total[str(name)] = total.get(str(name), 0.0) + float(gain)
    return {name: Importance(gain) for name, gain in total.items()}


def _gains(last: Any, seen: Any) -> np.ndarray | None:
    if hasattr(last, "feature_importances_"):
        return np.asarray(last.feature_importances_)
    if not hasattr(last, "coef_"):
        return None
    dense = np.asarray(seen.todense() if hasattr(seen, "todense") else seen, np.float64)
    return np.abs(np.atleast_2d(last.coef_)).mean(axis=0) * np.nanstd(dense, axis=0)


def _column_names(before: Pipeline | None, inputs: _Inputs, job: Job) -> list[str | None]:
    own = list(inputs.matrix.names) if inputs.matrix is not None else list(job.train.names)
    if before is None:
        return own
    if inputs.matrix is not None:
        # Scalers keep the columns; what makes other ones has no names to go by.
        keeps = all(getattr(step, "n_features_in_", 0) == len(own) for _, step in before.steps)
        return own if keeps else []
    try:
        made = [str(name).split("__")[-1] for name in before.get_feature_names_out()]
    except (AttributeError, ValueError):
        return []
    by_length = sorted(own, key=len, reverse=True)
    return [next((f for f in by_length if name == f or name.startswith(f + "_")), None) for name in made]


