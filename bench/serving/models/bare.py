"""A bare `session.run()` in Python: `bare.py MODEL INPUT ROWS SHAPE COUNT` prints its times in milliseconds."""

import json
import sys
import time

import numpy as np
import onnxruntime

model, data, rows, shape, count = sys.argv[1:]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
values = np.fromfile(data, np.float32).reshape(int(rows), *json.loads(shape))
times = []
for _ in range(int(count)):
    begin = time.perf_counter_ns()
    session.run(["output"], {"input": values})
    times.append((time.perf_counter_ns() - begin) / 1e6)
print(json.dumps({"times": times, "onnxruntime": onnxruntime.__version__}))
