"""Runs one job: ``python -m millwright_trainer`` in its scratch folder, messages on file descriptor 3."""

from __future__ import annotations

import hashlib
import importlib
import os
import random
import signal
import sys
import threading
import traceback
from pathlib import Path

import numpy as np

from .channel import Channel
from .job import Job, read_job
from .machine import describe
from .result import ModelRefused, Result
from .script import function_of
from .verify import verify

_HEARTBEAT_S = 1.0


def _watch_parent() -> None:
    """Ends the whole process group when Millwright is gone: its end of standard input closes."""
    watched = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

    def wait() -> None:
        while os.read(watched, 4096):
            pass
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def _beat(channel: Channel) -> None:
    stopped = threading.Event()

    def beat() -> None:
        while not stopped.wait(_HEARTBEAT_S):
            channel.send("heartbeat")

    threading.Thread(target=beat, daemon=True).start()


def _limit_memory(limit: int | None) -> None:
    """A single allocation beyond the limit fails in Python, with a trace; the sum is watched outside."""
    if limit is None or not sys.platform.startswith("linux"):
        return
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _train(trainer: str, job: Job) -> Result:
    random.seed(job.seed)
    np.random.seed(job.seed)
    if trainer == "python":
        return function_of(str(job.script), str(job.options["function"]))(job)
    return importlib.import_module(f"millwright_trainer.trainers.{trainer}").train(job)


def _run(folder: Path, channel: Channel) -> None:
    given, job = read_job(folder, channel)
    _limit_memory(given["memoryBytes"])
    result = _train(given["trainer"], job)
    parts = [job.train] + ([] if job.validation is None else [job.validation])
    if isinstance(result, Result) and hasattr(result.onnx, "graph"):
        _sign(result, given["graph"])
    data, parity = verify(result, parts, job.task, len(job.classes))
    path = folder / "model.onnx"
    path.write_bytes(data)
    channel.send(
        "result",
        file=path.name,
        sha256=hashlib.sha256(data).hexdigest(),
        sizeBytes=len(data),
        importances=result.shares(),
        parity=parity,
    )


def _sign(result: Result, graph: dict) -> None:
    model = result.onnx
    model.producer_name = graph["producer"]
    model.producer_version = graph["producerVersion"]
    model.graph.name = graph["name"]
    model.doc_string = graph["doc"]


def _kind_of(error: BaseException) -> str:
    if isinstance(error, ModelRefused):
        return "model"
    # NumPy's own says so by its class; a library in C++ says it in words.
    out_of_memory = isinstance(error, MemoryError) or "bad_alloc" in str(error)
    return "memory" if out_of_memory or "can't allocate memory" in str(error) else "script"


def main() -> int:
    _watch_parent()
    channel = Channel(3)
    try:
        channel.send("started", protocol=1, environment=describe())
        _beat(channel)
        _run(Path.cwd(), channel)
        return 0
    except BaseException as error:  # Also SystemExit: whatever ends a training early is told.
        text = f"{type(error).__name__}: {error}"
        trace = "".join(traceback.format_exception(error))
        channel.send("failure", kind=_kind_of(error), text=text[:4000], trace=trace[-20_000:])
        return 1


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads and children that the script left behind must not keep the process.
    os._exit(code)
