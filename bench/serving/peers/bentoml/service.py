"""One service, two workers, adaptive batching with the sizes and times that BentoML has from itself."""

from __future__ import annotations

import bentoml
import numpy as np

from onnx_sessions import SHAPES, open_session


@bentoml.service(workers=2, traffic={"timeout": 30}, logging={"access": {"enabled": False}})
class Models:
    def __init__(self) -> None:
        self.sessions = {name: open_session(name) for name in SHAPES}

    @bentoml.api(batchable=True)
    def trees(self, inputs: np.ndarray) -> np.ndarray:
        return self.sessions["trees"](inputs.astype(np.float32))

    @bentoml.api(batchable=True)
    def network(self, inputs: np.ndarray) -> np.ndarray:
        return self.sessions["network"](inputs.astype(np.float32))

    @bentoml.api(batchable=True)
    def image(self, inputs: np.ndarray) -> np.ndarray:
        return self.sessions["image"](inputs.astype(np.float32))
