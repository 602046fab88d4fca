"""A model of Triton's own Python backend, the only one in the wheel, that runs ONNX Runtime on whole batches."""

import os
import sys

# The stub has a Python of its own that takes nothing from PYTHONPATH.
sys.path[:0] = os.environ["PYTHONPATH"].split(":")

import numpy as np
import triton_python_backend_utils as triton

from onnx_sessions import open_session


class TritonPythonModel:
    def initialize(self, args):
        self.run = open_session(args["model_name"])

    def execute(self, requests):
        inputs = [triton.get_input_tensor_by_name(request, "input").as_numpy() for request in requests]
        outputs = self.run(inputs[0] if len(inputs) == 1 else np.concatenate(inputs))
        ends = np.cumsum([len(rows) for rows in inputs])
        return [
            triton.InferenceResponse([triton.Tensor("output", outputs[end - len(rows) : end])])
            for rows, end in zip(inputs, ends)
        ]
