"""One API for each model, two workers for each; what waits is put together into batches."""

import sys

import litserve
import numpy as np

from onnx_sessions import open_session, rows_of


class Rows(litserve.LitAPI):
    def __init__(self, name, **settings):
        super().__init__(api_path=f"/{name}", **settings)
        self.name = name

    def setup(self, device):
        self.run = open_session(self.name)

    def decode_request(self, request):
        return np.asarray(request["inputs"], np.float32)

    def batch(self, inputs):
        self.sizes = [len(rows) for rows in inputs]
        return np.concatenate(inputs)

    def predict(self, rows):
        return self.run(rows)

    def unbatch(self, outputs):
        return np.split(outputs, np.cumsum(self.sizes)[:-1])

    def encode_response(self, outputs):
        return {"outputs": outputs.tolist()}


class Image(Rows):
    def decode_request(self, request):
        return rows_of(request["inputs"].file.read(), self.name)


if __name__ == "__main__":
    batches = {"max_batch_size": 64, "batch_timeout": 0.0}
    apis = [Rows("trees", **batches), Rows("network", **batches), Image("image", **batches)]
    server = litserve.LitServer(
        apis, accelerator="cpu", workers_per_device=2, fast_queue=True, timeout=30, healthcheck_path="/ready"
    )
    server.run(
        host="127.0.0.1",
        port=int(sys.argv[1]),
        num_api_servers=2,
        log_level="warning",
        access_log=False,
        generate_client_file=False,
    )
