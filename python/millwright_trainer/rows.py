"""Rows of a training set, as Millwright hands them over in Parquet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    import pandas

TARGET = "__target__"
WEIGHT = "__weight__"
GROUP = "__group__"


@dataclass(frozen=True)
class Rows:
    """``count`` rows. Missing is NaN among numbers and the empty text among texts."""

    #: float32 [count, numbers]
    numeric: np.ndarray
    #: objects of type str [count, texts]
    text: np.ndarray
    numeric_names: tuple[str, ...]
    text_names: tuple[str, ...]
    #: All features' names in the order of the training set.
    names: tuple[str, ...]
    #: 0 or 1 (binary), the number of the class (multiclass), float64 otherwise; None for anomaly.
    target: np.ndarray | None
    #: float32, above 0; None: all alike.
    weight: np.ndarray | None
    #: Rows of each group, one group after the other; None unless the task is ranking.
    group_sizes: np.ndarray | None

    @property
    def count(self) -> int:
        return len(self.numeric)

    def take(self, index: np.ndarray) -> Rows:
        """Some of the rows, for prediction only: without target, weight and groups."""
        return Rows(
            self.numeric[index], self.text[index],
            self.numeric_names, self.text_names, self.names,
            None, None, None,
        )  # fmt: skip

    def frame(self) -> pandas.DataFrame:
        """The features as a pandas data frame: float32 and str columns by their names."""
        import pandas

        columns = {name: self.numeric[:, i] for i, name in enumerate(self.numeric_names)}
        columns |= {name: self.text[:, i] for i, name in enumerate(self.text_names)}
        return pandas.DataFrame({name: columns[name] for name in self.names})


def read_rows(path: str, features: Sequence[dict], task: str) -> Rows:
    table = pq.read_table(path)
    names = {
        kind: tuple(f["name"] for f in features if f["kind"] == kind) for kind in ("number", "text")
    }
    count = table.num_rows
    numeric = np.empty((count, len(names["number"])), np.float32)
    for i, name in enumerate(names["number"]):
        numeric[:, i] = _numbers(table, name)
    text = np.empty((count, len(names["text"])), object)
    for i, name in enumerate(names["text"]):
        text[:, i] = [value or "" for value in table.column(name).to_pylist()]
    target = None if task == "anomaly" else _numbers(table, TARGET)
    if task in ("binary", "multiclass"):
        target = target.astype(np.int64)
    weight = _numbers(table, WEIGHT).astype(np.float32) if WEIGHT in table.column_names else None
    return Rows(
        numeric, text, names["number"], names["text"], tuple(f["name"] for f in features),
        target, weight, _group_sizes(table) if task == "ranking" else None,
    )  # fmt: skip


def _numbers(table: pa.Table, name: str) -> np.ndarray:
    column = table.column(name).cast(pa.float64())
    return column.fill_null(float("nan")).to_numpy().astype(np.float64)


def _group_sizes(table: pa.Table) -> np.ndarray:
    """Rows of a group are neighbours."""
    groups = _numbers(table, GROUP)
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    return np.diff(np.r_[starts, len(groups)])
