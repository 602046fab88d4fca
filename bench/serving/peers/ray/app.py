"""Two replicas of each model behind the proxy of Ray Serve."""

import json
import signal
import sys
import threading

import numpy as np
import ray
from ray import serve
from starlette.requests import Request
from starlette.responses import Response

from onnx_sessions import SHAPES, open_session, rows_of


@serve.deployment(num_replicas=2, max_ongoing_requests=100, ray_actor_options={"num_cpus": 0})
class Model:
    def __init__(self, name):
        self.name = name
        self.run = open_session(name)

    async def __call__(self, request: Request):
        body = await request.body()
        if self.name == "image":
            rows = rows_of(body, self.name)
        else:
            rows = np.asarray(json.loads(body)["inputs"], np.float32)
        outputs = self.run(rows).tolist()
        return Response(json.dumps({"outputs": outputs}), media_type="application/json")


def main(port, folder):
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, _temp_dir=folder)
    serve.start(
        http_options={"host": "127.0.0.1", "port": port},
        logging_config={"enable_access_log": False, "log_level": "WARNING"},
    )
    for name in SHAPES:
        serve.run(Model.bind(name), name=name, route_prefix=f"/{name}")
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    print("ready", flush=True)
    ended.wait()
    serve.shutdown()
    ray.shutdown()


main(int(sys.argv[1]), sys.argv[2])
