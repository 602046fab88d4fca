"""The Python side of Millwright's trainers.

A script for ``python({ script })`` defines ``train(job)`` and returns a :class:`Result`::

    from millwright_trainer import Job, Result

    def train(job: Job) -> Result:
        matrix = job.matrix()
        model = fit(matrix.of_training(), job.train.target)
        return matrix.result(onnx_of(model), lambda rows: model.predict(matrix.of(rows)))
"""

from .job import Job
from .matrix import Matrix
from .result import ModelRefused, Result
from .rows import Rows

__all__ = ["Job", "Matrix", "ModelRefused", "Result", "Rows"]
