"""What the boosting libraries' trainers have in common."""

from __future__ import annotations

from typing import Any, Mapping

from ..graph import Graph
from ..job import Job
import numpy as np


def check_params(params: Mapping[str, Any], refused: Mapping[str, str]) -> None:
    """Raises ValueError for a parameter that the trainer sets itself, or that the graph cannot hold."""
    for name, why in refused.items():
        if name in params:
            raise ValueError(f'the parameter "{name}" cannot be given: {why}')


def check_objective(objective: str, job: Job, known: Mapping[str, tuple[str, ...]]) -> None:
    if objective not in known[job.task]:
        choices = ", ".join(known[job.task])
        raise ValueError(f'the objective "{objective}" is none of {choices}, for task {job.task}')


def link(graph: Graph, raw: str, objective: str, positive: frozenset[str], slope: float = 1.0) -> str:
    """Raw scores as what the objective predicts."""
    if objective in ("binary", "binary:logistic"):
        scaled = raw if slope == 1.0 else graph.add("Mul", raw, graph.constant(slope, np.float32))
        return graph.flat(graph.add("Sigmoid", scaled))
    if objective in ("multiclass", "multi:softprob"):
        return graph.add("Softmax", raw, axis=1)
    return graph.flat(graph.add("Exp", raw) if objective in positive else raw)


def rounds_of(job: Job) -> int:
    return int(job.options["rounds"])
