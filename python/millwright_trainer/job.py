"""What a trainer is asked to do, and how it tells of its work."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .channel import Channel
from .matrix import Matrix
from .rows import Rows, read_rows
from .schema import check


@dataclass(frozen=True)
class Job:
    #: "binary", "multiclass", "regression", "ranking" or "anomaly"
    task: str
    #: The classes' names by number; empty unless the task is multiclass.
    classes: tuple[str, ...]
    seed: int
    #: Threads to compute with.
    threads: int
    #: The trainer's options as the configuration gives them.
    options: dict[str, Any]
    train: Rows
    #: Rows to watch but not to learn from.
    validation: Rows | None
    script: str | None
    _channel: Channel

    def matrix(self) -> Matrix:
        """All features as one float32 matrix, texts encoded by what the training rows say of them."""
        return Matrix(self.train, self.task, len(self.classes))

    def progress(self, done: float, total: float) -> None:
        """Tells how far the training is, in any unit."""
        self._channel.progress(done, total)

    def metric(self, name: str, round_: int, value: float) -> None:
        """Records a figure of a round; rounds count from 0. Raises ValueError for NaN and infinity."""
        self._channel.send("metric", name=name, round=round_, value=float(value))

    def log(self, text: str) -> None:
        self._channel.send("log", text=text[:10_000])


def read_job(folder: Path, channel: Channel) -> tuple[dict, Job]:
    """Reads job.json and the rows that it names."""
    given = json.loads((folder / "job.json").read_text("utf-8"))
    check(given, "job")
    task = given["task"]
    validation = given["validation"]
    return given, Job(
        task=task,
        classes=tuple(given["classes"]),
        seed=given["seed"],
        threads=given["threads"],
        options=given["options"],
        train=read_rows(given["train"], given["features"], task),
        validation=None if validation is None else read_rows(validation, given["features"], task),
        script=given["script"],
        _channel=channel,
    )
