"""Holds a graph to Millwright's convention and to the estimator's own predictions."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime

from .graph import OUTPUTS
from .result import ModelRefused, Result
from .rows import Rows

#: Rows of each part that are compared, evenly spaced.
_SAMPLE = 4096
_RELATIVE = 1e-4
_ABSOLUTE = 1e-5


def verify(result: Result, parts: list[Rows], task: str, classes: int) -> tuple[bytes, dict]:
    """The graph's bytes and how well it agrees. Raises ModelRefused."""
    if not isinstance(result, Result):
        raise ModelRefused(f"the script returned {type(result).__name__}, not a millwright_trainer.Result")
    if not isinstance(result.onnx, onnx.ModelProto):
        raise ModelRefused(f"Result.onnx is {type(result.onnx).__name__}, not an onnx.ModelProto")
    data = result.onnx.SerializeToString(deterministic=True)
    session = _open(data, result.onnx)
    _check_signature(session, parts[0], task, classes)
    compared, worst = 0, 0.0
    for part in parts:
        index = np.linspace(0, part.count - 1, min(part.count, _SAMPLE)).astype(np.int64)
        rows = part.take(index)
        worst = max(worst, _compare(session, rows, np.asarray(result.predict(rows)), task))
        compared += rows.count
    first = parts[0].take(np.zeros(1, np.int64))
    _compare(session, first, np.asarray(result.predict(first)), task)
    runtime = f"onnxruntime {onnxruntime.__version__}"
    return data, {"rows": compared, "maxDifference": worst, "runtime": runtime}


def _open(data: bytes, model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    try:
        onnx.checker.check_model(model, full_check=True)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 4
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as cause:
        raise ModelRefused(f"the graph does not load: {cause}") from cause


def _check_signature(session: onnxruntime.InferenceSession, rows: Rows, task: str, classes: int) -> None:
    wanted = {}
    if rows.numeric_names:
        wanted["numeric"] = ("tensor(float)", len(rows.numeric_names))
    if rows.text_names:
        wanted["text"] = ("tensor(string)", len(rows.text_names))
    found = {one.name: (one.type, one.shape[1] if len(one.shape) == 2 else None) for one in session.get_inputs()}
    if found != wanted:
        raise ModelRefused(f"the graph's inputs are {found}, not {wanted}")
    if any(isinstance(one.shape[0], int) for one in session.get_inputs()):
        raise ModelRefused("the graph's inputs have a fixed number of rows")
    output = session.get_outputs()[0]
    if output.name != OUTPUTS[task] or output.type != "tensor(float)":
        raise ModelRefused(
            f"the graph's first output is {output.name}, {output.type}, not {OUTPUTS[task]}, tensor(float)"
        )
    shape = list(output.shape[1:])
    if shape != ([classes] if task == "multiclass" else []):
        raise ModelRefused(f"the graph's output has the shape {output.shape}")


def _compare(session: onnxruntime.InferenceSession, rows: Rows, expected: np.ndarray, task: str) -> float:
    feeds = {"numeric": np.ascontiguousarray(rows.numeric), "text": rows.text}
    names = {one.name for one in session.get_inputs()}
    try:
        found = session.run(None, {name: value for name, value in feeds.items() if name in names})[0]
    except Exception as cause:
        raise ModelRefused(f"the graph does not run on {rows.count} rows: {cause}") from cause
    expected = expected.astype(np.float64)
    if found.shape != expected.shape:
        raise ModelRefused(f"the graph answers {found.shape}, the model itself {expected.shape}")
    if not np.all(np.isfinite(expected)) or not np.all(np.isfinite(found)):
        raise ModelRefused("a prediction is not a finite number")
    if task in ("binary", "multiclass") and (found.min() < -_ABSOLUTE or found.max() > 1 + _ABSOLUTE):
        raise ModelRefused(f"a probability is outside 0 to 1: {found.min()} to {found.max()}")
    difference = np.abs(found - expected)
    scale = 1.0 if task in ("binary", "multiclass") else max(float(np.abs(expected).max()), 1e-30)
    wrong = difference > _ABSOLUTE * scale + _RELATIVE * np.abs(expected)
    if wrong.any():
        at = np.unravel_index(int(np.argmax(difference)), difference.shape)
        raise ModelRefused(
            f"the graph and the model disagree in {int(wrong.sum())} of {wrong.size} values: "
            f"row {at[0]} of the sample is {found[at]:.7g} in ONNX Runtime and {expected[at]:.7g} in the model"
        )
    return float(difference.max())
