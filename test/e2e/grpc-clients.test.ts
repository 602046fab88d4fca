import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { HostedModel } from "../../src/lifecycle/index.js";
import { startGrpcServer, type GrpcServer } from "../../src/serving/grpc/server.js";
import { doorOf, hostOf, scaleModel } from "../../src/serving/grpc/grpc-server.testing.js";
import { requireProgram } from "../require-program.js";
import { clientPython, hasClientPython, installMs, runClient } from "../support/inference-clients.js";

/** The official clients, unmodified, against a server on a real graph: y = 2x, and sum = all of y. */

const openssl = requireProgram("openssl", "apt-get install openssl");

let server: GrpcServer;

beforeAll(async () => {
  await clientPython();
  server = await startGrpcServer(doorOf(hostOf(await scaleModel())));
}, installMs);

afterAll(() => server.close());

const head = `
import asyncio, json, queue, sys
import numpy as np
url = sys.argv[1]
x = np.array([[1, 2], [3, 4]], dtype=np.float32)
`;

const triton = `${head}
import tritonclient.grpc as grpc
import tritonclient.grpc.aio as aio
from tritonclient.utils import InferenceServerException

def given():
    one = grpc.InferInput("x", [2, 2], "FP32")
    one.set_data_from_numpy(x)
    return [one]

def lists(result):
    return {"y": result.as_numpy("y").tolist(), "sum": result.as_numpy("sum").tolist()}
`;

const sync = `${triton}
client = grpc.InferenceServerClient(url)
wanted = [grpc.InferRequestedOutput("y")]
one = client.infer("scale", given(), model_version="1", request_id="7", outputs=wanted, priority=1, timeout=5000000)
try:
    client.infer("none", given())
    refused = None
except InferenceServerException as error:
    refused = [error.status(), error.message()[:6]]
facts = {
    "live": client.is_server_live(), "ready": client.is_server_ready(),
    "model": [client.is_model_ready("scale"), client.is_model_ready("none")],
    "server": client.get_server_metadata().name,
    "inputs": [i.name for i in client.get_model_metadata("scale").inputs],
    "config": [client.get_model_config("scale").config.max_batch_size,
               client.get_model_config("scale").config.input[0].data_type],
    "count": client.get_inference_statistics("scale").model_stats[0].inference_count > 0,
}
client.unload_model("scale")
unloaded = client.is_model_ready("scale")
client.load_model("scale")
index = client.get_model_repository_index(as_json=True)
print(json.dumps({"all": lists(client.infer("scale", given())), "one": one.as_numpy("y").tolist(),
                  "id": one.get_response().id, "missing": one.as_numpy("sum") is None, "refused": refused,
                  "facts": facts, "unloaded": unloaded, "index": index["models"]}))
`;

const asynchronous = `${triton}
async def run():
    async with aio.InferenceServerClient(url) as client:
        answers = await asyncio.gather(*[client.infer("scale", given()) for _ in range(20)])
        return [lists(answer) for answer in answers]
print(json.dumps(asyncio.run(run())))
`;

const streaming = `${triton}
answers = queue.Queue()
with grpc.InferenceServerClient(url) as client:
    client.start_stream(callback=lambda result, error: answers.put((result, error)))
    for i in range(30):
        client.async_stream_infer("none" if i == 10 else "scale", given(), request_id=str(i))
    got = [answers.get(timeout=60) for _ in range(30)]
    client.stop_stream()
print(json.dumps([str(error)[:6] if error else result.get_response().id for result, error in got]))
`;

const kserve = `${head}
from kserve import InferenceGRPCClient, InferInput, InferRequest
async def run():
    async with InferenceGRPCClient(url) as client:
        given = InferInput("x", [2, 2], "FP32")
        given.set_data_from_numpy(x, binary_data=sys.argv[2] == "raw")
        answer = await client.infer(InferRequest(model_name="scale", infer_inputs=[given]))
        return {"live": await client.is_server_live(), "ready": await client.is_server_ready(),
                "model": await client.is_model_ready("scale"), "name": answer.model_name,
                "outputs": {output.name: output.as_numpy().tolist() for output in answer.outputs}}
print(json.dumps(asyncio.run(run())))
`;

const health = `
import json, sys
import grpc
from grpc_health.v1 import health_pb2 as messages, health_pb2_grpc
health = health_pb2_grpc.HealthStub(grpc.insecure_channel(sys.argv[1]))
name = messages.HealthCheckResponse.ServingStatus.Name
asked = lambda service: messages.HealthCheckRequest(service=service)
try:
    health.Check(asked("none"))
    unknown = None
except grpc.RpcError as error:
    unknown = error.code().name
print(json.dumps({
    "check": [name(health.Check(asked(service)).status) for service in ("", "inference.GRPCInferenceService")],
    "unknown": unknown,
    "watch": [name(next(iter(health.Watch(asked(service)))).status) for service in ("", "none")],
}))
`;

/** Over TLS, with keepalive, and with a deadline that a model does not keep. */
const patient = `${triton}
kept = grpc.KeepAliveOptions(keepalive_time_ms=100, keepalive_timeout_ms=20000, keepalive_permit_without_calls=True,
                             http2_max_pings_without_data=0)
client = grpc.InferenceServerClient(url, ssl=True, root_certificates=sys.argv[2], keepalive_options=kept)
first = client.infer("scale", given()).as_numpy("sum").tolist()
try:
    client.infer("stuck", given(), client_timeout=0.5)
    late = None
except InferenceServerException as error:
    late = error.status()
try:
    grpc.InferenceServerClient(url).is_server_live()
    plain = None
except InferenceServerException as error:
    plain = error.status()
print(json.dumps({"first": first, "late": late, "plain": plain,
                  "again": client.infer("scale", given()).as_numpy("sum").tolist()}))
`;

const doubled = [
  [2, 4],
  [6, 8],
];

describe.skipIf(!hasClientPython)("official clients over gRPC", { timeout: 120_000 }, () => {
  it("serves tritonclient", async () => {
    expect(await runClient(sync, server.url)).toEqual({
      ...{ all: { y: doubled, sum: 20 }, one: doubled, id: "7", missing: true },
      refused: ["StatusCode.NOT_FOUND", "MW1160"],
      facts: {
        ...{ live: true, ready: true, model: [true, false], server: "millwright", inputs: ["x"] },
        ...{ config: [8, 11], count: true },
      },
      unloaded: false,
      index: [{ name: "scale", version: "1", state: "READY" }],
    });
  });

  it("serves tritonclient's asynchronous client", async () => {
    expect(await runClient(asynchronous, server.url)).toEqual(Array(20).fill({ y: doubled, sum: 20 }));
  });

  it("serves the standard health client", async () => {
    expect(await runClient(health, server.url)).toEqual({
      check: ["SERVING", "SERVING"],
      unknown: "NOT_FOUND",
      watch: ["SERVING", "SERVICE_UNKNOWN"],
    });
  });

  it.skipIf(openssl === undefined)("keeps to tritonclient's TLS, keepalive and deadline", async () => {
    const folder = await mkdtemp(join(tmpdir(), "millwright-grpc-clients-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    execFileSync(
      openssl as string,
      [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"],
        ...["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
        ...["-keyout", keyFile, "-out", certFile],
      ],
      { stdio: "ignore" },
    );
    const scale = await scaleModel();
    let givenUp = 0;
    const infer: HostedModel["infer"] = (_inputs, { signal } = {}) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => {
          givenUp++;
          reject(new Error("given up"));
        });
      });
    const tls = { key: readFileSync(keyFile), cert: readFileSync(certFile) };
    const secure = await startGrpcServer(doorOf(hostOf(scale, { ...scale, name: "stuck", infer })), { tls });
    onTestFinished(() => secure.close());
    expect(await runClient(patient, secure.url, certFile)).toEqual({
      ...{ first: 20, again: 20 },
      ...{ late: "StatusCode.DEADLINE_EXCEEDED", plain: "StatusCode.UNAVAILABLE" },
    });
    expect(givenUp).toBe(1);
  });

  it("serves tritonclient's stream", async () => {
    const ids = Array.from({ length: 30 }, (_, i) => (i === 10 ? "MW1160" : `${i}`));
    expect(await runClient(streaming, server.url)).toEqual(ids);
  });

  it.each(["raw", "typed"])("serves kserve with %s contents", async (contents) => {
    expect(await runClient(kserve, server.url, contents)).toEqual({
      ...{ live: true, ready: true, model: true, name: "scale" },
      outputs: { y: doubled, sum: 20 },
    });
  });
});
