"""Boosted trees as one TreeEnsembleRegressor whose outputs are raw scores."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .graph import Graph


@dataclass(frozen=True)
class Leaf:
    """What a leaf adds to each output; an output that is not named gets nothing."""

    values: tuple[tuple[int, float], ...]

    @staticmethod
    def of(values: np.ndarray) -> Leaf:
        return Leaf(tuple((output, float(value)) for output, value in enumerate(values)))


@dataclass(frozen=True)
class Split:
    feature: int
    #: Compared in float32: with "BRANCH_LEQ" a value goes to `yes` if it is at most this, with "BRANCH_LT" below.
    threshold: float
    missing_to_yes: bool
    yes: Split | Leaf
    no: Split | Leaf


def floor32(value: float) -> float:
    """The largest float32 that is at most ``value``: float32 numbers compare to both alike."""
    rounded = np.float32(value)
    return float(np.nextafter(rounded, np.float32(-np.inf)) if rounded > value else rounded)


@dataclass
class Ensemble:
    """Trees whose leaves are added up per output."""

    mode: str
    outputs: int
    _columns: dict[str, list] = field(default_factory=lambda: {name: [] for name in _NODE + _LEAF})
    _trees: int = 0

    def add(self, root: Split | Leaf) -> None:
        """Adds a tree."""
        pending: list[tuple[Split | Leaf, int]] = [(root, 0)]
        next_id = 1
        while pending:
            node, node_id = pending.pop()
            if isinstance(node, Split):
                self._node(node_id, node, (next_id, next_id + 1))
                pending += [(node.yes, next_id), (node.no, next_id + 1)]
                next_id += 2
            else:
                self._leaf(node_id, node)
        self._trees += 1

    def add_to(self, graph: Graph, value: str, base: np.ndarray) -> str:
        """[N, width] to raw scores [N, outputs]; `base` is added to every row."""
        attributes = {name: values for name, values in self._columns.items()}
        return graph.add(
            "TreeEnsembleRegressor",
            value,
            domain="ai.onnx.ml",
            n_targets=self.outputs,
            base_values=[float(x) for x in base],
            post_transform="NONE",
            **attributes,
        )

    def _node(self, node_id: int, node: Split, children: tuple[int, int]) -> None:
        row = (self._trees, node_id, node.feature, self.mode, float(node.threshold))
        self._append(_NODE, (*row, children[0], children[1], int(node.missing_to_yes)))

    def _leaf(self, node_id: int, leaf: Leaf) -> None:
        self._append(_NODE, (self._trees, node_id, 0, "LEAF", 0.0, 0, 0, 0))
        for output, value in leaf.values:
            self._append(_LEAF, (self._trees, node_id, output, value))

    def _append(self, names: tuple[str, ...], values: tuple) -> None:
        for name, value in zip(names, values, strict=True):
            self._columns[name].append(value)


_NODE = (
    "nodes_treeids",
    "nodes_nodeids",
    "nodes_featureids",
    "nodes_modes",
    "nodes_values",
    "nodes_truenodeids",
    "nodes_falsenodeids",
    "nodes_missing_value_tracks_true",
)
_LEAF = ("target_treeids", "target_nodeids", "target_ids", "target_weights")
