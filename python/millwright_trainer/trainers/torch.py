"""PyTorch on the CPU: a network that a script defines, trained here and exported by torch.onnx."""

from __future__ import annotations

import io
import warnings
from typing import Any, Iterator

import numpy as np
import onnx
import torch
from torch import nn

from ..job import Job
from ..matrix import Matrix
from ..result import Result
from ..rows import Rows
from ..script import function_of


class _Whole(nn.Module):
    """Standardises, fills missing with the mean, asks the network, and answers as the convention wants."""

    def __init__(self, network: nn.Module, x: np.ndarray, task: str) -> None:
        super().__init__()
        self.network = network
        self.task = task
        counted = np.isfinite(x).sum(axis=0)
        mean = np.where(counted > 0, np.nansum(x.astype(np.float64), axis=0) / np.maximum(counted, 1), 0.0)
        spread = np.sqrt(np.nansum((x - mean) ** 2, axis=0) / np.maximum(counted, 1))
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer("spread", torch.tensor(np.where(spread > 0, spread, 1.0), dtype=torch.float32))
        # A regression learns its target in standard deviations.
        self.register_buffer("centre", torch.tensor(0.0))
        self.register_buffer("scale", torch.tensor(1.0))

    def raw(self, x: torch.Tensor) -> torch.Tensor:
        filled = torch.where(torch.isnan(x), self.mean, x)
        out = self.network((filled - self.mean) / self.spread)
        return out if self.task == "multiclass" else out.reshape(-1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.raw(x)
        if self.task == "multiclass":
            return torch.softmax(out, 1)
        if self.task == "binary":
            positive = torch.sigmoid(out)
            return torch.stack((1 - positive, positive), 1)
        return out * self.scale + self.centre


def train(job: Job) -> Result:
    torch.manual_seed(job.seed)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(job.threads)
    matrix = job.matrix()
    x = matrix.of_training()
    network = function_of(str(job.script), job.options["network"])(job, matrix.width)
    if not isinstance(network, nn.Module):
        raise TypeError(f"{job.options['network']}() returned {type(network).__name__}, not a torch.nn.Module")
    whole = _Whole(network, x, job.task)
    _check_shape(whole, x, job)
    if job.task == "regression":
        whole.centre.fill_(float(job.train.target.mean()))
        whole.scale.fill_(max(float(job.train.target.std()), 1e-30))
    _fit(whole, x, (job, matrix))
    whole.eval()

    def predict(rows: Rows) -> np.ndarray:
        with torch.no_grad():
            answer = whole(torch.from_numpy(matrix.of(rows))).numpy()
        return answer[:, 1] if job.task == "binary" else answer

    return matrix.result(_export(whole, matrix.width), predict)


def _check_shape(whole: _Whole, x: np.ndarray, job: Job) -> None:
    wanted = (2, len(job.classes)) if job.task == "multiclass" else (2,)
    whole.eval()
    with torch.no_grad():
        found = tuple(whole.raw(torch.from_numpy(np.repeat(x[:1], 2, axis=0))).shape)
    if found != wanted:
        raise ValueError(f"the network answers {found} for 2 rows, not {wanted}")


def _fit(whole: _Whole, x: np.ndarray, given: tuple[Job, Matrix]) -> None:
    job, matrix = given
    options = job.options
    target, weight = _tensors(whole, job.train)
    rows = torch.from_numpy(x)
    optimizer = torch.optim.AdamW(
        whole.network.parameters(), lr=options["learningRate"], weight_decay=options["weightDecay"]
    )
    shuffle = torch.Generator().manual_seed(job.seed)
    epochs = int(options["epochs"])
    for epoch in range(epochs):
        whole.train()
        total = 0.0
        for batch in _batches(len(x), int(options["batchSize"]), shuffle):
            optimizer.zero_grad()
            loss = _loss(whole, rows[batch], (target[batch], weight[batch]))
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        job.metric("training loss", epoch, total / len(x))
        if job.validation is not None:
            job.metric("validation loss", epoch, _loss_on(whole, matrix, job.validation))
        job.progress(epoch + 1, epochs)


def _batches(count: int, size: int, shuffle: torch.Generator) -> Iterator[torch.Tensor]:
    """Batches of at least two rows where there are two: normalisation over a batch needs them."""
    order = torch.randperm(count, generator=shuffle)
    batches = list(order.split(size))
    if len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    return iter(batches)


def _tensors(whole: _Whole, rows: Rows) -> tuple[torch.Tensor, torch.Tensor]:
    kind = torch.int64 if whole.task == "multiclass" else torch.float32
    target = torch.tensor(rows.target).to(kind)
    if whole.task == "regression":
        target = (target - whole.centre) / whole.scale
    weight = torch.ones(rows.count) if rows.weight is None else torch.tensor(rows.weight)
    return target, weight


def _loss(whole: _Whole, x: torch.Tensor, known: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    target, weight = known
    losses: dict[str, Any] = {
        "binary": nn.functional.binary_cross_entropy_with_logits,
        "multiclass": nn.functional.cross_entropy,
        "regression": nn.functional.mse_loss,
    }
    each = losses[whole.task](whole.raw(x), target, reduction="none")
    return (each * weight).sum() / weight.sum()


def _loss_on(whole: _Whole, matrix: Matrix, rows: Rows) -> float:
    whole.eval()
    with torch.no_grad():
        return float(_loss(whole, torch.from_numpy(matrix.of(rows)), _tensors(whole, rows)))


def _export(whole: _Whole, width: int) -> onnx.ModelProto:
    """By the TorchScript exporter: it needs no package besides torch and takes a tenth of the other's time."""
    file = io.BytesIO()
    axes = {"matrix": {0: "N"}, "answer": {0: "N"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            whole, (torch.zeros(2, width),), file, dynamo=False, opset_version=17,
            input_names=["matrix"], output_names=["answer"], dynamic_axes=axes,
        )  # fmt: skip
    return onnx.load_from_string(file.getvalue())
