"""XGBoost: classes, regression and ranking."""

from __future__ import annotations

import json

import numpy as np
import onnxruntime
import xgboost as xgb

from ..job import Job
from ..matrix import Matrix
from ..result import ModelRefused, Result
from ..rows import Rows
from ..trees import Ensemble, Leaf, Split
from .options import check_objective, check_params, link, rounds_of

_OBJECTIVES = {
    "binary": ("binary:logistic",),
    "multiclass": ("multi:softprob",),
    "regression": (
        "reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "reg:quantileerror",
        "count:poisson", "reg:gamma", "reg:tweedie",
    ),
    "ranking": ("rank:ndcg", "rank:map", "rank:pairwise"),
}  # fmt: skip
_POSITIVE = frozenset(("count:poisson", "reg:gamma", "reg:tweedie"))
_OURS = "Millwright sets it from the task, the seed and the threads"
_REFUSED = {
    "num_class": _OURS, "seed": _OURS, "random_state": _OURS, "nthread": _OURS, "n_jobs": _OURS,
    "device": _OURS, "booster": "only trees are taken over", "missing": "missing is NaN",
    "multi_strategy": "one tree per output",
}  # fmt: skip


def train(job: Job) -> Result:
    given = dict(job.options["params"])
    stop = given.pop("early_stopping_rounds", None)
    check_params(given, _REFUSED)
    objective = given.get("objective", _OBJECTIVES[job.task][0])
    check_objective(objective, job, _OBJECTIVES)
    params = {"verbosity": 0, **given, "objective": objective, "seed": job.seed, "nthread": job.threads}
    params |= {"device": "cpu"}
    if job.task == "multiclass":
        params["num_class"] = len(job.classes)
    matrix = job.matrix()
    rounds = rounds_of(job)
    watched = [] if job.validation is None else [(_data(job.validation, matrix.of(job.validation), job), "validation")]
    booster = xgb.train(
        params, _data(job.train, matrix.of_training(), job), rounds, evals=watched, verbose_eval=False,
        early_stopping_rounds=stop, callbacks=[_Teller(job, rounds)],
    )  # fmt: skip
    if stop is not None:
        booster = booster[: booster.best_iteration + 1]
    return _result(booster, matrix, (objective, job))


def _data(rows: Rows, values: np.ndarray, job: Job) -> xgb.DMatrix:
    data = xgb.DMatrix(values, rows.target, nthread=job.threads)
    if rows.group_sizes is not None:
        data.set_group(rows.group_sizes)
    if rows.weight is not None:
        # Of a ranking, groups have weights and not rows: the mean of theirs.
        weight = rows.weight
        if rows.group_sizes is not None:
            starts = np.r_[0, np.cumsum(rows.group_sizes)[:-1]]
            weight = np.add.reduceat(weight, starts) / rows.group_sizes
        data.set_weight(weight)
    return data


class _Teller(xgb.callback.TrainingCallback):
    def __init__(self, job: Job, rounds: int) -> None:
        self._job = job
        self._rounds = rounds

    def after_iteration(self, model: xgb.Booster, epoch: int, evals_log: dict) -> bool:
        self._job.progress(epoch + 1, self._rounds)
        for part, metrics in evals_log.items():
            for name, values in metrics.items():
                self._job.metric(f"{part} {name}", epoch, values[-1])
        return False


def _result(booster: xgb.Booster, matrix: Matrix, trained: tuple[str, Job]) -> Result:
    objective, job = trained
    outputs = len(job.classes) if job.task == "multiclass" else 1
    ensemble = Ensemble("BRANCH_LT", outputs)
    parallel = _parallel(booster)
    for i, dump in enumerate(booster.get_dump(dump_format="json")):
        ensemble.add(_tree(json.loads(dump), i // parallel % outputs))
    base = _base_of(booster, ensemble, (matrix, job))
    graph, value = matrix.graph()
    answer = link(graph, ensemble.add_to(graph, value, base), objective, _POSITIVE)
    gains = booster.get_score(importance_type="total_gain")
    splits = booster.get_score(importance_type="weight")
    names = [f"f{i}" for i in range(matrix.width)]
    return Result(
        graph.finish(answer, job.task, len(job.classes)),
        lambda rows: booster.predict(xgb.DMatrix(matrix.of(rows), nthread=job.threads)),
        matrix.importances(
            [gains.get(name, 0.0) for name in names], [int(splits.get(name, 0)) for name in names]
        ),
    )


def _parallel(booster: xgb.Booster) -> int:
    """Trees per output and round: more than one in a boosted forest."""
    config = json.loads(booster.save_config())["learner"]["gradient_booster"]
    return int(config["gbtree_model_param"]["num_parallel_tree"])


def _base_of(booster: xgb.Booster, ensemble: Ensemble, trained: tuple[Matrix, Job]) -> np.ndarray:
    """What XGBoost adds to the trees' sum; its form in the configuration differs from version to version."""
    matrix, job = trained
    rows = job.train.take(np.arange(min(job.train.count, 64)))
    data = xgb.DMatrix(matrix.of(rows), nthread=job.threads)
    margin = booster.predict(data, output_margin=True).reshape(rows.count, -1).astype(np.float64)
    graph, value = matrix.graph()
    # "multiclass" only names the shape here: raw scores per output.
    raw = graph.finish(ensemble.add_to(graph, value, np.zeros(ensemble.outputs)), "multiclass", ensemble.outputs)
    session = onnxruntime.InferenceSession(raw.SerializeToString(), providers=["CPUExecutionProvider"])
    feeds = {"numeric": rows.numeric, "text": rows.text}
    asked = {one.name: feeds[one.name] for one in session.get_inputs()}
    return np.median(margin - session.run(None, asked)[0], axis=0)


def _tree(node: dict, output: int) -> Split | Leaf:
    if "leaf" in node:
        return Leaf(((output, float(node["leaf"])),))
    if "split_condition" not in node:
        raise ModelRefused("a split of XGBoost is not understood")
    children = {child["nodeid"]: child for child in node["children"]}
    return Split(
        int(node["split"].removeprefix("f")),
        float(node["split_condition"]),
        node["missing"] == node["yes"],
        _tree(children[node["yes"]], output),
        _tree(children[node["no"]], output),
    )
