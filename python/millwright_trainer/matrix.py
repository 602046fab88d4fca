"""All features as one float32 matrix, in Python and inside a graph."""

from __future__ import annotations

from typing import Callable, Mapping, Sequence

import numpy as np
import onnx

from .graph import Graph, answer_of
from .result import Importance, Result
from .rows import Rows

#: Rows' worth of the mean of all rows that every category's mean is drawn towards.
_SMOOTHING_ROWS = 20

#: Categories of at least so many rows keep the mean over all of them: it holds next to nothing of one row.
_FREQUENT_ROWS = 100

_FOLDS = 5


class Matrix:
    """float32 [N, width]: the numbers as they are, then per text its category's smoothed mean target.

    A category's value is ``(sum + 20 · mean) / (rows + 20)`` over the training rows, with one column per
    class for a multiclass task and the category's share of all rows where there is no target. A category
    that training never saw gets the mean of all rows; the empty text is missing: NaN.

    To learn from, ``of_training()`` gives the same columns for the training rows, but the mean of a rare
    category is taken over the rows of the other four of five folds: it would otherwise hold the row's own
    target, which a learner takes for knowledge (Micci-Barreca 2001; as in scikit-learn's TargetEncoder).
    """

    def __init__(self, rows: Rows, task: str, classes: int) -> None:
        self.task = task
        self._classes = classes
        self._numbers = rows.numeric.shape[1]
        self._texts = rows.text.shape[1]
        goals = _goals(rows, task, classes)
        # Without a target, goals are all 1, and a category's mean is its share of all rows.
        shares = rows.target is None
        self._means = [_category_means(rows.text[:, i], goals, shares) for i in range(self._texts)]
        self._training = rows
        self._goals = None if shares else goals
        unseen = [1 / rows.count] if shares else goals.mean(axis=0)
        self._unseen = np.asarray(unseen, np.float32)
        #: The feature that each column stands for.
        self.names: tuple[str, ...] = rows.numeric_names + tuple(
            name for name in rows.text_names for _ in self._unseen
        )

    @property
    def width(self) -> int:
        return len(self.names)

    def of(self, rows: Rows) -> np.ndarray:
        """The matrix of rows."""
        out = np.empty((rows.count, self.width), np.float32)
        out[:, : self._numbers] = rows.numeric
        at = self._numbers
        missing = np.full(len(self._unseen), np.nan, np.float32)
        for i, means in enumerate(self._means):
            known = {**means, "": missing}
            for row, text in enumerate(rows.text[:, i]):
                out[row, at : at + len(missing)] = known.get(text, self._unseen)
            at += len(missing)
        return out

    def of_training(self) -> np.ndarray:
        """The matrix of the rows that it was made from, to be learned from."""
        out = self.of(self._training)
        if self._goals is None or self._texts == 0:
            return out
        folds = (np.arange(len(out), dtype=np.uint64) * np.uint64(2654435761) >> np.uint64(7)) % _FOLDS
        at = self._numbers
        for i in range(self._texts):
            means, rare = _other_folds(self._training.text[:, i], self._goals, folds)
            out[rare, at : at + means.shape[1]] = means[rare]
            at += means.shape[1]
        return out

    def add_to(self, graph: Graph) -> str:
        """Adds the same computation to a graph; returns its value of shape [N, width]."""
        parts = ["numeric"] if self._numbers > 0 else []
        for i, means in enumerate(self._means):
            text = graph.columns("text", [i])
            for k, unseen in enumerate(self._unseen):
                parts.append(_encoder(graph, text, means, (k, float(unseen))))
        return parts[0] if len(parts) == 1 else graph.add("Concat", *parts, axis=1)

    def graph(self) -> tuple[Graph, str]:
        """A graph that has computed the matrix, and the matrix in it."""
        graph = Graph(self._numbers, self._texts)
        return graph, self.add_to(graph)

    def result(
        self,
        model: onnx.ModelProto,
        predict: Callable[[Rows], np.ndarray],
        *,
        output: str | None = None,
        importances: Sequence[float] = (),
    ) -> Result:
        """Wraps a graph that reads this matrix as its only input.

        Its output (the first, if none is named) is [N, K] of probabilities for K classes (2 of a binary
        task), otherwise [N] or [N, 1].
        """
        graph, value = self.graph()
        outputs = graph.embed(model, {model.graph.input[0].name: value})
        name = output or model.graph.output[0].name
        answer = answer_of(graph, outputs[name], self.task)
        return Result(
            graph.finish(answer, self.task, self._classes), predict, self.importances(importances)
        )

    def importances(self, gains: Sequence[float], splits: Sequence[int] = ()) -> Mapping[str, Importance]:
        """Adds up what the columns of a feature brought."""
        total: dict[str, Importance] = {}
        for i, gain in enumerate(gains):
            one = total.get(self.names[i], Importance(0.0))
            count = int(splits[i]) if len(splits) > 0 else 0
            total[self.names[i]] = Importance(one.gain + float(gain), one.splits + count)
        return total


def _goals(rows: Rows, task: str, classes: int) -> np.ndarray:
    """What the categories are told apart by: [N, columns]."""
    if rows.target is None:
        return np.ones((rows.count, 1))
    if task == "multiclass":
        return np.eye(classes)[rows.target]
    return rows.target.astype(np.float64)[:, None]


def _category_means(texts: np.ndarray, goals: np.ndarray, shares: bool) -> dict[str, np.ndarray]:
    categories, codes = np.unique(texts.astype(str), return_inverse=True)
    counts = np.bincount(codes, minlength=len(categories))[:, None]
    sums = np.stack(
        [np.bincount(codes, goal, minlength=len(categories)) for goal in goals.T], axis=1
    )
    if shares:
        values = counts / len(texts)
    else:
        values = (sums + _SMOOTHING_ROWS * goals.mean(axis=0)) / (counts + _SMOOTHING_ROWS)
    found = {str(c): v for c, v in zip(categories, values.astype(np.float32), strict=True)}
    found.pop("", None)
    return found


def _other_folds(texts: np.ndarray, goals: np.ndarray, folds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per row its category's mean over the other folds, and whether the category is rare."""
    categories, codes = np.unique(texts.astype(str), return_inverse=True)
    cells = codes * _FOLDS + folds.astype(np.int64)
    size = len(categories) * _FOLDS

    def elsewhere(values: np.ndarray | None) -> np.ndarray:
        inside = np.bincount(cells, values, minlength=size)
        return np.bincount(codes, values, minlength=len(categories))[codes] - inside[cells]

    sums = np.stack([elsewhere(goal) for goal in goals.T], axis=1)
    counts = elsewhere(None)[:, None]
    means = (sums + _SMOOTHING_ROWS * goals.mean(axis=0)) / (counts + _SMOOTHING_ROWS)
    rare = (np.bincount(codes)[codes] < _FREQUENT_ROWS) & (texts.astype(str) != "")
    return means.astype(np.float32), rare


def _encoder(
    graph: Graph, text: str, means: Mapping[str, np.ndarray], column: tuple[int, float]
) -> str:
    k, unseen = column
    return graph.add(
        "LabelEncoder",
        text,
        domain="ai.onnx.ml",
        keys_strings=["", *means],
        values_floats=[float("nan"), *(float(mean[k]) for mean in means.values())],
        default_float=unseen,
    )
