"""One bare ONNX Runtime session per model, with one thread each: what every Python server here answers with."""

import os
from pathlib import Path

import numpy as np
import onnxruntime

SHAPES = {"trees": (32,), "network": (32,), "image": (3, 224, 224)}


def open_session(name):
    """A function from a float32 array of rows to the array of the model's outputs."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    path = str(Path(os.environ["BENCH_MODELS"], f"{name}.onnx"))
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    run = lambda rows: session.run(["output"], {"input": rows})[0]
    run(np.zeros((1, *SHAPES[name]), np.float32))
    return run


def rows_of(data, name):
    """The rows in the bytes of a little-endian float32 tensor."""
    return np.frombuffer(data, np.float32).reshape(-1, *SHAPES[name])
