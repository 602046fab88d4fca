"""Trees and forests of scikit-learn as one ensemble.

skl2onnx 1.20 sends missing values of trees the wrong way and fails on histogram boosting with today's ONNX.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.ensemble._iforest import _average_path_length
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor

from ..graph import Graph
from ..trees import Ensemble, Leaf, Split, floor32

_FORESTS = (ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor)
_TREES = (DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor)
_BOOSTED = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
_POSITIVE_LOSSES = ("poisson", "gamma")


def is_known(estimator: Any) -> bool:
    """Exactly these classes: one derived from them may predict otherwise."""
    if type(estimator) in _BOOSTED:
        return estimator.is_categorical_ is None
    return type(estimator) in (*_FORESTS, *_TREES, IsolationForest)


def add_trees(estimator: Any, graph: Graph, value: str) -> str:
    """[N, width] to what the estimator answers: [N, classes] of probabilities, or [N, 1]."""
    if type(estimator) is IsolationForest:
        return _add_isolation(estimator, graph, value)
    if type(estimator) in _BOOSTED:
        return _add_boosted(estimator, graph, value)
    trees = estimator.estimators_ if type(estimator) in _FORESTS else [estimator]
    outputs = trees[0].tree_.value.shape[2]
    ensemble = Ensemble("BRANCH_LEQ", outputs)
    for one in trees:
        ensemble.add(_tree(one.tree_, len(trees)))
    return ensemble.add_to(graph, value, np.zeros(outputs))


def _tree(tree: Any, trees: int) -> Split | Leaf:
    """From the leaves up: children come after their parents."""
    made: list[Any] = [None] * tree.node_count
    for i in range(tree.node_count - 1, -1, -1):
        left, right = tree.children_left[i], tree.children_right[i]
        if left < 0:
            # Shares of the classes, or the mean: this tree's part of the forest's mean.
            shares = tree.value[i, 0]
            total = shares.sum() if len(shares) > 1 else 1.0
            made[i] = Leaf.of(shares / total / trees)
            continue
        to_left = bool(tree.missing_go_to_left[i])
        made[i] = Split(int(tree.feature[i]), floor32(tree.threshold[i]), to_left, made[left], made[right])
    return made[0]


def _add_isolation(estimator: IsolationForest, graph: Graph, value: str) -> str:
    """Its decision_function: −2^(−mean depth / expected depth) − offset, as in Liu, Ting, Zhou (2008)."""
    ensemble = Ensemble("BRANCH_LEQ", 1)
    whole = len(estimator.estimators_) * float(_average_path_length([estimator._max_samples])[0])
    for one, features in zip(estimator.estimators_, estimator.estimators_features_, strict=True):
        ensemble.add(_isolation_tree(one.tree_, features, whole))
    depth = ensemble.add_to(graph, value, np.zeros(1))
    strangeness = graph.add("Exp", graph.add("Mul", depth, graph.constant(-np.log(2), np.float32)))
    offset = graph.constant(-estimator.offset_, np.float32)
    return graph.add("Sub", offset, strangeness)


def _isolation_tree(tree: Any, features: np.ndarray, whole: float) -> Split | Leaf:
    depths = np.zeros(tree.node_count)
    for i in range(tree.node_count):
        for child in (tree.children_left[i], tree.children_right[i]):
            if child >= 0:
                depths[child] = depths[i] + 1
    rest = _average_path_length(tree.n_node_samples)
    made: list[Any] = [None] * tree.node_count
    for i in range(tree.node_count - 1, -1, -1):
        left, right = tree.children_left[i], tree.children_right[i]
        if left < 0:
            made[i] = Leaf(((0, float(depths[i] + rest[i]) / whole),))
            continue
        feature, to_left = int(features[tree.feature[i]]), bool(tree.missing_go_to_left[i])
        made[i] = Split(feature, floor32(tree.threshold[i]), to_left, made[left], made[right])
    return made[0]


def _add_boosted(estimator: Any, graph: Graph, value: str) -> str:
    base = np.asarray(estimator._baseline_prediction, np.float64).reshape(-1)
    ensemble = Ensemble("BRANCH_LEQ", len(base))
    for of_round in estimator._predictors:
        for output, predictor in enumerate(of_round):
            ensemble.add(_boosted_tree(predictor.nodes, output))
    raw = ensemble.add_to(graph, value, base)
    if isinstance(estimator, HistGradientBoostingRegressor):
        return graph.add("Exp", raw) if estimator.loss in _POSITIVE_LOSSES else raw
    if len(base) > 1:
        return graph.add("Softmax", raw, axis=1)
    positive = graph.add("Sigmoid", raw)
    negative = graph.add("Sub", graph.constant(1, np.float32), positive)
    return graph.add("Concat", negative, positive, axis=1)


def _boosted_tree(nodes: np.ndarray, output: int) -> Split | Leaf:
    made: list[Any] = [None] * len(nodes)
    for i in range(len(nodes) - 1, -1, -1):
        node = nodes[i]
        if node["is_leaf"]:
            made[i] = Leaf(((output, float(node["value"])),))
            continue
        yes, no = made[node["left"]], made[node["right"]]
        threshold = floor32(float(node["num_threshold"]))
        made[i] = Split(int(node["feature_idx"]), threshold, bool(node["missing_go_to_left"]), yes, no)
    return made[0]
