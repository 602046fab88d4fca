"""LightGBM: classes, regression and ranking."""

from __future__ import annotations

from typing import Any

import lightgbm as lgb
import numpy as np

from ..job import Job
from ..matrix import Matrix
from ..result import ModelRefused, Result
from ..rows import Rows
from ..trees import Ensemble, Leaf, Split, floor32
from .options import check_objective, check_params, link, rounds_of

_OBJECTIVES = {
    "binary": ("binary",),
    "multiclass": ("multiclass",),
    "regression": (
        "regression", "regression_l1", "huber", "fair", "quantile", "mape", "poisson", "gamma", "tweedie",
    ),
    "ranking": ("lambdarank", "rank_xendcg"),
}  # fmt: skip
_POSITIVE = frozenset(("poisson", "gamma", "tweedie"))
_OURS = "Millwright sets it from the task, the seed and the threads"
_REFUSED = {
    "num_class": _OURS, "seed": _OURS, "random_state": _OURS, "num_threads": _OURS, "n_jobs": _OURS,
    "deterministic": _OURS, "force_row_wise": _OURS, "force_col_wise": _OURS, "device": _OURS,
    "linear_tree": "a graph of trees has no linear leaves", "reg_sqrt": "a graph of trees has no square",
    "zero_as_missing": "missing is NaN", "categorical_feature": "texts are encoded as numbers",
}  # fmt: skip


def train(job: Job) -> Result:
    given = dict(job.options["params"])
    check_params(given, _REFUSED)
    objective = given.get("objective", _OBJECTIVES[job.task][0])
    check_objective(objective, job, _OBJECTIVES)
    if given.get("boosting", "gbdt") not in ("gbdt", "dart", "goss"):
        raise ValueError("boosting is one of gbdt, dart and goss")
    params = {"verbosity": -1, **given, "objective": objective, "seed": job.seed, "deterministic": True}
    params |= {"force_row_wise": True, "num_threads": job.threads}
    if job.task == "multiclass":
        params["num_class"] = len(job.classes)
    matrix = job.matrix()
    own = _dataset(job.train, matrix, matrix.of_training())
    watched = [] if job.validation is None else [_dataset(job.validation, matrix, matrix.of(job.validation), own)]
    rounds = rounds_of(job)
    booster = lgb.train(
        params, own, rounds, valid_sets=watched, valid_names=["validation"] * len(watched),
        callbacks=[_teller(job, rounds)],
    )  # fmt: skip
    return _result(booster, matrix, job)


def _dataset(
    rows: Rows, matrix: Matrix, values: np.ndarray, reference: lgb.Dataset | None = None
) -> lgb.Dataset:
    names = [f"f{i}" for i in range(matrix.width)]
    return lgb.Dataset(
        values, rows.target, weight=rows.weight, group=rows.group_sizes, feature_name=names,
        reference=reference, categorical_feature=[],
    )  # fmt: skip


def _teller(job: Job, rounds: int) -> Any:
    def tell(state: Any) -> None:
        job.progress(state.iteration + 1, rounds)
        for part, name, value, *_ in state.evaluation_result_list or []:
            job.metric(f"{part} {name}", state.iteration, value)

    return tell


def _result(booster: lgb.Booster, matrix: Matrix, job: Job) -> Result:
    dump = booster.dump_model(num_iteration=booster.best_iteration)
    objective, slope = _objective_of(dump)
    outputs = len(job.classes) if job.task == "multiclass" else 1
    ensemble = Ensemble("BRANCH_LEQ", outputs)
    for i, tree in enumerate(dump["tree_info"]):
        ensemble.add(_tree(tree["tree_structure"], i % outputs))
    graph, value = matrix.graph()
    raw = ensemble.add_to(graph, value, np.zeros(outputs))
    answer = link(graph, raw, objective, _POSITIVE, slope)
    return Result(
        graph.finish(answer, job.task, len(job.classes)),
        lambda rows: np.asarray(booster.predict(matrix.of(rows))),
        matrix.importances(
            booster.feature_importance("gain", booster.best_iteration),
            booster.feature_importance("split", booster.best_iteration),
        ),
    )


def _objective_of(dump: dict) -> tuple[str, float]:
    """The objective's name and the slope of its sigmoid: LightGBM writes "binary sigmoid:1"."""
    name, *rest = dump["objective"].split()
    slopes = [float(part.split(":")[1]) for part in rest if part.startswith("sigmoid:")]
    return name, slopes[0] if slopes else 1.0


def _tree(node: dict, output: int) -> Split | Leaf:
    """Depth is bounded by the leaves of a tree, so recursion is; LightGBM itself recurses over it."""
    if "split_index" not in node:
        return Leaf(((output, float(node["leaf_value"])),))
    if node["decision_type"] != "<=" or node["missing_type"] == "Zero":
        raise ModelRefused(f"a split of LightGBM is not understood: {node['decision_type']}")
    threshold = floor32(node["threshold"])
    # A feature that missed no value in training counts a missing one as 0.
    to_yes = node["default_left"] if node["missing_type"] == "NaN" else 0 <= node["threshold"]
    yes, no = _tree(node["left_child"], output), _tree(node["right_child"], output)
    return Split(node["split_feature"], threshold, bool(to_yes), yes, no)
