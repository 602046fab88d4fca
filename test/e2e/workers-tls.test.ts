import { writeFileSync } from "node:fs";
import { once } from "node:events";
import { Agent, request as httpsRequest, type RequestOptions } from "node:https";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { credentials } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { scalingGraph } from "../../src/inference/tensor-graphs.testing.js";
import { PlainClient } from "../../src/serving/grpc/grpc-server.testing.js";
import { inferenceService } from "../../src/serving/grpc/protocol.js";
import { openssl, selfSigned } from "../support/certificate.js";
import { runJson, startCommand, type Running } from "../support/command.js";
import { floatsBody, floatsCall, until } from "../support/inference-server.js";
import { temporaryFolders } from "../support/trips.js";

/** Two workers speak TLS over connections that another process accepted. */

const config = `
import { defineProject } from "millwright";
export default defineProject({ name: "tensors", models: [] });
`;

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
}

async function read(response: IncomingMessage): Promise<Answer> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += String(chunk);
  return { status: response.statusCode, text };
}

const inference = JSON.stringify(floatsBody("x", [1, 2], [3, 4]));
const call = floatsCall("scale", ["x", [1, 2]], [3, 4]);

describe.skipIf(openssl === undefined)("two workers with TLS", () => {
  const folders = temporaryFolders();
  let running: Running;
  let certificate: Buffer;
  let url = "";
  let grpcUrl = "";
  beforeAll(async () => {
    const folder = await folders.make({ "millwright.config.ts": config });
    writeFileSync(join(folder, "scale.onnx"), scalingGraph(2));
    await runJson(folder, ["models", "import", "scale.onnx"]);
    const { keyFile, certFile, cert } = selfSigned(folder);
    certificate = cert;
    const tls = ["--tls-key", keyFile, "--tls-cert", certFile];
    const ports = ["--port", "0", "--grpc-port", "0"];
    const args = ["--workers", "2", ...ports, ...tls, "--model", "scale@1", "--json", "--quiet"];
    running = startCommand(folder, "serve", ...args);
    const told = JSON.parse(await running.firstLine) as { readonly url: string; readonly grpc: string };
    [url, grpcUrl] = [told.url, told.grpc];
  });
  afterAll(async () => {
    running.child.kill("SIGKILL");
    await folders.removeAll();
  });

  /** A request on a connection of its own unless an agent is given. */
  const ask = (path: string, options: RequestOptions = {}) =>
    httpsRequest(`${url}${path}`, { ca: certificate, agent: false, ...options });

  async function asked(path: string, body?: string, options: RequestOptions = {}): Promise<Answer> {
    const request = ask(path, { method: body === undefined ? "GET" : "POST", ...options }).end(body);
    const [response] = (await once(request, "response")) as [IncomingMessage];
    return read(response);
  }

  function client(channel = credentials.createSsl(certificate)): PlainClient {
    const made = new PlainClient(grpcUrl, channel);
    onTestFinished(() => made.close());
    return made;
  }

  test("answer who speaks it on both protocols, and at SIGTERM what is in flight", async () => {
    expect(url).toMatch(/^https:/);
    await answersBoth();
    await drains();
  });

  async function answersBoth(): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    onTestFinished(() => agent.destroy());
    const infer = () => asked("/v2/models/scale/infer", inference, { agent });
    for (const { status, text } of await Promise.all(Array.from({ length: 12 }, infer))) {
      expect([status, JSON.parse(text)]).toMatchObject([200, { model_version: "1" }]);
      expect(text).toContain('"data":[6,8]');
    }
    expect((await asked("/metrics")).text).toMatch(/^millwright_serving_processes 2$/m);
    // Two channels are two connections: one for each worker.
    const answers = await Promise.all([client(), client()].map((one) => one.call("ModelInfer", call)));
    for (const answer of answers) expect(answer).toMatchObject({ answer: { model_name: "scale" } });

    await expect(asked("/v2/health/live", undefined, { ca: [] })).rejects.toThrow("self-signed");
    await expect(fetch(`${url.replace("https", "http")}/v2/health/live`)).rejects.toThrow();
    expect(await client(credentials.createInsecure()).call("ServerLive", {})).toMatchObject({ status: 14 });
    expect(await client(credentials.createSsl()).call("ServerLive", {})).toMatchObject({ status: 14 });
  }

  /** Streams end after their last answer. */
  async function drains(): Promise<void> {
    const method = inferenceService.ModelStreamInfer;
    const { path, requestSerialize, responseDeserialize } = method;
    const stream = client().makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    stream.write(call);
    await once(stream, "data");
    const ended = once(stream.resume(), "error");
    // Told to go on, the request was let in.
    const request = ask("/v2/models/scale/infer", {
      method: "POST",
      headers: { expect: "100-continue", "content-length": inference.length },
    });
    request.flushHeaders();
    await once(request, "continue");
    running.child.kill("SIGTERM");
    expect(await ended).toMatchObject([{ code: 14, details: expect.stringContaining("MW0811") as string }]);
    // Both have begun to close: whoever comes now hears so.
    await until(async () => (await asked("/v2/health/ready")).status === 503);
    expect(await asked("/v2/models/scale/infer", inference)).toMatchObject({ status: 503 });
    request.end(inference);
    const [response] = (await once(request, "response")) as [IncomingMessage];
    expect(await read(response)).toMatchObject({
      status: 200,
      text: expect.stringContaining("[6,8]") as string,
    });
    expect((await running.ended).code).toBe(0);
    await expect(asked("/v2/health/live")).rejects.toThrow();
  }
});
