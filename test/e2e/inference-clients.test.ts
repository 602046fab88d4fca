import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startOipServer, type OipServer } from "../../src/serving/oip/oip-server.testing.js";
import { clientPython, hasClientPython, installMs, runClient } from "../support/inference-clients.js";

/** The official clients, unmodified, against the routes of the Open Inference Protocol over real graphs. */

let server: OipServer;

beforeAll(async () => {
  await clientPython();
  server = await startOipServer();
}, installMs);
afterAll(() => server.close());

const address = () => server.url.replace("http://", "");

describe.skipIf(!hasClientPython)("tritonclient over HTTP", () => {
  it("asks for health, metadata, configuration, statistics and the repository", async () => {
    const told = await runClient(
      `
import json, sys
import tritonclient.http as triton
client = triton.InferenceServerClient(sys.argv[1])
told = {
  "live": client.is_server_live(), "ready": client.is_server_ready(),
  "model": client.is_model_ready("scale"), "version": client.is_model_ready("scale", "1"),
  "nobody": client.is_model_ready("nobody"),
  "server": client.get_server_metadata(), "metadata": client.get_model_metadata("scale"),
  "config": client.get_model_config("scale", "2"),
}
client.unload_model("log")
told["unloaded"] = client.is_model_ready("log")
told["index"] = [entry["state"] for entry in client.get_model_repository_index() if entry["name"] == "log"]
client.load_model("log")
told["loaded"] = client.is_model_ready("log")
told["statistics"] = client.get_inference_statistics("log")["model_stats"][0]["inference_stats"]["success"]
told["all"] = len(client.get_inference_statistics()["model_stats"])
try:
  client.get_model_metadata("nobody")
except triton.InferenceServerException as error:
  told["error"] = [error.status(), error.message()]
print(json.dumps(told))`,
      address(),
    );
    expect(told).toMatchObject({
      ...{ live: true, ready: true, model: true, version: true, nobody: false },
      server: { name: "millwright" },
      metadata: { versions: ["1", "2"], inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }] },
      config: { max_batch_size: 8, input: [{ data_type: "TYPE_FP32", dims: [2] }] },
      ...{ unloaded: false, index: ["UNAVAILABLE"], loaded: true },
      ...{ statistics: { count: 0, ns: 0 }, all: 6 },
      error: ["404", expect.stringContaining("MW1160") as string],
    });
  });

  it("infers with every datatype, in binary and as JSON", async () => {
    const told = await runClient(
      `
import json, sys
import numpy as np
import tritonclient.http as triton
client = triton.InferenceServerClient(sys.argv[1])
values = {
  "float32": np.array([1.5, -0.1, np.float32(3e38)], np.float32),
  "float64": np.array([1.5, 1e-300, -0.1]),
  "float16": np.array([1.5, 65504, -2], np.float16),
  "int8": np.array([-128, 0, 127], np.int8), "uint8": np.array([0, 1, 255], np.uint8),
  "int16": np.array([-32768, 0, 32767], np.int16), "uint16": np.array([0, 1, 65535], np.uint16),
  "int32": np.array([-2**31, 0, 2**31 - 1], np.int32), "uint32": np.array([0, 1, 2**32 - 1], np.uint32),
  "int64": np.array([-2**63, 2**53 + 1, 2**63 - 1], np.int64),
  "uint64": np.array([0, 2**53 + 1, 2**64 - 1], np.uint64),
  "bool": np.array([True, False, True]),
  "string": np.array(["", "né", "\\U0001f600"], np.object_),
}
from tritonclient.utils import np_to_triton_dtype
def ask(binary_in, binary_out):
  inputs, outputs = [], []
  for name, value in values.items():
    half = name == "float16"
    tensor = triton.InferInput(name, list(value.shape), np_to_triton_dtype(value.dtype))
    tensor.set_data_from_numpy(value, binary_data=binary_in or half)
    inputs.append(tensor)
    outputs.append(triton.InferRequestedOutput(name + "_out", binary_data=binary_out or half))
  result = client.infer("types", inputs, outputs=outputs, request_id="seven")
  wrong = []
  for name, value in values.items():
    found = result.as_numpy(name + "_out")
    if name == "string": found = np.array([v if isinstance(v, str) else v.decode() for v in found], np.object_)
    expected = ~value if name == "bool" else value
    if found.dtype != expected.dtype or not (found == expected).all(): wrong.append([name, str(found)])
  return [result.get_response()["id"], wrong]
print(json.dumps([ask(a, b) for a in (True, False) for b in (True, False)]))`,
      address(),
    );
    expect(told).toEqual(Array(4).fill(["seven", []]));
  });

  it("infers compressed, by priority, in parallel, with what is not finite, and shows errors", async () => {
    const told = await runClient(
      `
import json, sys
import numpy as np
import tritonclient.http as triton
client = triton.InferenceServerClient(sys.argv[1], concurrency=4)
def tensor(value, binary=True):
  found = triton.InferInput("x", list(value.shape), "FP32")
  return [found.set_data_from_numpy(value, binary_data=binary)]
rows = np.arange(20000, dtype=np.float32).reshape(-1, 2)
told = {}
for coding in ("gzip", "deflate"):
  result = client.infer("scale", tensor(rows), priority=2, timeout=5000000,
    request_compression_algorithm=coding, response_compression_algorithm=coding)
  told[coding] = bool((result.as_numpy("y") == rows * 3).all())
calls = [client.async_infer("scale", tensor(rows[:n + 1]), model_version="1") for n in range(8)]
told["parallel"] = [float(call.get_result().as_numpy("sum")) for call in calls]
numbers = np.array([0, -1, 1, np.nan, np.inf], np.float32)
told["json"] = str(client.infer("log", tensor(numbers, False),
  outputs=[triton.InferRequestedOutput("y", binary_data=False)]).as_numpy("y"))
told["binary"] = str(client.infer("log", tensor(numbers, False)).as_numpy("y"))
try:
  client.infer("log", tensor(rows))
except triton.InferenceServerException as error:
  told["error"] = [error.status(), error.message()]
print(json.dumps(told))`,
      address(),
    );
    const sums = Array.from({ length: 8 }, (_, n) => 2 * (2 * n + 1) * (n + 1));
    expect(told).toEqual({
      ...{ gzip: true, deflate: true, parallel: sums },
      // The logarithm of 0 is minus infinity, which JSON does not have.
      ...{ json: "[nan nan  0. nan nan]", binary: "[-inf  nan   0.  nan  inf]" },
      error: ["400", expect.stringContaining("MW0707") as string],
    });
  });

  it("works with asyncio", async () => {
    const told = await runClient(
      `
import asyncio, json, sys
import numpy as np
import tritonclient.http.aio as triton
async def main():
  async with triton.InferenceServerClient(sys.argv[1]) as client:
    rows = np.arange(40000, dtype=np.float32).reshape(-1, 2)
    told = {"live": await client.is_server_live(), "ready": await client.is_model_ready("scale")}
    for binary in (True, False):
      value = triton.InferInput("x", list(rows.shape), "FP32").set_data_from_numpy(rows, binary_data=binary)
      result = await client.infer("scale", [value], outputs=[triton.InferRequestedOutput("y", binary_data=binary)])
      told[str(binary)] = bool((result.as_numpy("y") == rows * 3).all())
    value = triton.InferInput("x", [1, 2], "FP32").set_data_from_numpy(rows[:1])
    told["many"] = len(await asyncio.gather(*[client.infer("scale", [value]) for _ in range(20)]))
    told["metadata"] = (await client.get_model_metadata("scale"))["platform"]
    print(json.dumps(told))
asyncio.run(main())`,
      address(),
    );
    const asked = { live: true, ready: true, many: 20, metadata: "onnxruntime_onnx" };
    expect(told).toEqual({ ...asked, True: true, False: true });
  });
});

describe.skipIf(!hasClientPython)("kserve over REST", () => {
  it("asks for health and infers, in binary and as JSON", async () => {
    const told = await runClient(
      `
import asyncio, json, sys
import numpy as np
from kserve import InferInput, InferOutput, InferRequest, InferenceRESTClient, RESTConfig
from kserve.protocol.infer_type import RequestedOutput
async def main():
  url = sys.argv[1]
  async with InferenceRESTClient(RESTConfig(protocol="v2")) as client:
    told = {
      "live": await client.is_server_live(url), "ready": await client.is_server_ready(url),
      "model": await client.is_model_ready(url, "scale"), "nobody": await client.is_model_ready(url, "nobody"),
    }
    rows = np.array([[1, 2], [3, 4]], np.float32)
    for binary in (True, False):
      value = InferInput("x", [2, 2], "FP32")
      value.set_data_from_numpy(rows, binary_data=binary)
      request = InferRequest("scale", [value], request_id="seven",
        request_outputs=[RequestedOutput("y", {"binary_data": binary})])
      answer = await client.infer(url, request, model_name="scale")
      told[str(binary)] = [answer.id, answer.model_name, answer.outputs[0].as_numpy().tolist()]
    try:
      await client.infer(url, {"inputs": []}, model_name="scale")
    except Exception as error:
      told["error"] = str(error)
    print(json.dumps(told))
asyncio.run(main())`,
      server.url,
    );
    const answer = [
      "seven",
      "scale",
      [
        [3, 6],
        [9, 12],
      ],
    ];
    expect(told).toEqual({
      ...{ live: true, ready: true, model: true, nobody: false, True: answer, False: answer },
      error: expect.stringMatching(/MW0707.*400 Bad Request/) as string,
    });
  });
});
