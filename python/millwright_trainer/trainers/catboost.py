"""CatBoost, over its own ONNX export."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import onnx
from catboost import CatBoost, Pool

from ..job import Job
from ..matrix import Matrix
from ..result import ModelRefused, Result
from ..rows import Rows
from .options import check_objective, check_params, rounds_of

_OBJECTIVES = {
    "binary": ("Logloss",),
    "multiclass": ("MultiClass",),
    "regression": ("RMSE", "MAE", "Quantile", "MAPE", "Huber"),
    "ranking": ("YetiRank", "YetiRankPairwise", "QueryRMSE", "QuerySoftMax", "PairLogit"),
}
_OURS = "Millwright sets it from the task, the seed and the threads"
_REFUSED = {
    "random_seed": _OURS, "random_state": _OURS, "thread_count": _OURS, "iterations": _OURS,
    "task_type": _OURS, "classes_count": _OURS, "cat_features": "texts are encoded as numbers",
}  # fmt: skip


def train(job: Job) -> Result:
    given = dict(job.options["params"])
    check_params(given, _REFUSED)
    loss = given.get("loss_function", _OBJECTIVES[job.task][0])
    check_objective(loss.split(":")[0], job, _OBJECTIVES)
    rounds = rounds_of(job)
    params = {
        "logging_level": "Silent", **given, "loss_function": loss, "random_seed": job.seed,
        "thread_count": job.threads, "iterations": rounds, "allow_writing_files": False,
    }  # fmt: skip
    if job.task == "multiclass":
        params["classes_count"] = len(job.classes)
    matrix = job.matrix()
    watched = None if job.validation is None else _pool(job.validation, matrix.of(job.validation))
    model = CatBoost(params)
    model.fit(_pool(job.train, matrix.of_training()), eval_set=watched, callbacks=[_Teller(job, rounds)])
    return _result(model, matrix, job)


def _pool(rows: Rows, values: np.ndarray) -> Pool:
    groups = None
    weights: dict[str, Any] = {"weight": rows.weight}
    if rows.group_sizes is not None:
        groups = np.repeat(np.arange(len(rows.group_sizes)), rows.group_sizes)
        if rows.weight is not None:
            starts = np.r_[0, np.cumsum(rows.group_sizes)[:-1]]
            means = np.add.reduceat(rows.weight, starts) / rows.group_sizes
            weights = {"group_weight": np.repeat(means, rows.group_sizes)}
    return Pool(values, rows.target, group_id=groups, **weights)


class _Teller:
    def __init__(self, job: Job, rounds: int) -> None:
        self._job = job
        self._rounds = rounds

    def after_iteration(self, info: Any) -> bool:
        self._job.progress(info.iteration, self._rounds)
        for part, metrics in (info.metrics or {}).items():
            if part == "validation":
                for name, values in metrics.items():
                    self._job.metric(f"validation {name}", info.iteration - 1, values[-1])
        return True


def _result(model: CatBoost, matrix: Matrix, job: Job) -> Result:
    path = "catboost.onnx"
    model.save_model(path, format="onnx")
    graph = onnx.load(path)
    os.remove(path)
    _keep_probabilities(graph)
    kind = "Probability" if job.task in ("binary", "multiclass") else "RawFormulaVal"

    def predict(rows: Rows) -> np.ndarray:
        answer = np.asarray(model.predict(Pool(matrix.of(rows)), prediction_type=kind))
        return answer[:, 1] if job.task == "binary" else answer

    gains = model.get_feature_importance(_pool(job.train, matrix.of_training()), type="PredictionValuesChange")
    return matrix.result(graph, predict, importances=gains)


def _keep_probabilities(model: onnx.ModelProto) -> None:
    """Of a classifier: its matrix of probabilities as the only output, not the list of maps made of it."""
    maps = [node for node in model.graph.node if node.op_type == "ZipMap"]
    if not maps:
        return
    if len(maps) != 1:
        raise ModelRefused("CatBoost's graph has a form that is not known")
    name = maps[0].input[0]
    model.graph.node.remove(maps[0])
    del model.graph.output[:]
    model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
