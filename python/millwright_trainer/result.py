"""What a training returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Mapping

import numpy as np
import onnx

from .rows import Rows


class ModelRefused(Exception):
    """The model that a training returned cannot be taken over; the text says why."""


@dataclass(frozen=True)
class Importance:
    """What a feature brought: any unit for gain, the splits that used it."""

    gain: float
    splits: int = 0


@dataclass(frozen=True)
class Result:
    """A graph that keeps Millwright's convention, and what proves it.

    The graph reads ``numeric`` float32 [N, n] (NaN is missing) and ``text`` string [N, m] (empty is
    missing), each only if there are such features. Its first output is ``probability`` [N] (binary),
    ``probabilities`` [N, K] (multiclass), ``value`` [N] (regression) or ``score`` [N] (ranking, anomaly).
    """

    onnx: onnx.ModelProto
    #: The model's own answer for rows, in the shape of the graph's output: what the graph is held to.
    predict: Callable[[Rows], np.ndarray]
    #: By feature; empty where the learner has none.
    importances: Mapping[str, Importance] = field(default_factory=dict)

    def shares(self) -> list[dict]:
        """Importances by falling share; shares sum to 1, or are all 0."""
        total = float(sum(one.gain for one in self.importances.values()))
        listed = [
            {"name": name, "gain": float(one.gain) / total if total > 0 else 0.0, "splits": int(one.splits)}
            for name, one in self.importances.items()
        ]
        return sorted(listed, key=lambda one: -one["gain"])
