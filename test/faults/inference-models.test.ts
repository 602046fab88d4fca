import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect as connectTcp } from "node:net";
import {
  loopGraph,
  logarithmGraph,
  lookupGraph,
  scalingGraph,
} from "../../src/inference/tensor-graphs.testing.js";
import { floatOutputs } from "../../src/serving/grpc/grpc-server.testing.js";
import {
  ask,
  floatsBody,
  floatsCall,
  numbersOf,
  serveInference,
  until,
  type InferenceServer,
} from "../support/inference-server.js";

/** Models that fail, and callers that do, over HTTP and gRPC. What each graph computes, its comment says. */

let server: InferenceServer;

const probesOf = (inputs: object) => ({ probes: [{ inputs }] });
const limitMs = 1000;

beforeAll(async () => {
  server = await serveInference(
    [
      { name: "scale", graph: scalingGraph(2) },
      { name: "lookup", graph: lookupGraph([10, 20, 30]), probes: probesOf({ ids: [0, 2] }) },
      { name: "log", graph: logarithmGraph(), probes: probesOf({ x: [1, 2] }) },
      { name: "loop", graph: loopGraph(), probes: probesOf({ x: [1], trips: 3 }) },
    ],
    {
      serving: {
        models: { log: { rejectNaN: true }, loop: { placement: "worker", limitMs } },
      },
    },
  );
});
afterAll(() => server.close());

const infer = (model: string) => `${server.url}/v2/models/${model}/infer`;
const ids = (values: readonly number[]) => ({
  inputs: [{ name: "ids", datatype: "INT64", shape: [values.length], data: values }],
});
const longs = (values: readonly number[]) => Buffer.from(BigInt64Array.from(values, BigInt).buffer);
const idsCall = (values: readonly number[]) => ({
  model_name: "lookup",
  inputs: [{ name: "ids", datatype: "INT64", shape: [values.length] }],
  raw_input_contents: [longs(values)],
});

describe("one poisoned row", () => {
  test("over HTTP and gRPC: its batch-mates are answered, each with its own rows", async () => {
    const client = server.client();
    const rows = Array.from({ length: 40 }, (_, i) => (i % 10 === 3 ? 99 : i % 3));
    const http = rows.map((id) => ask(infer("lookup"), ids([id, 1])));
    const grpc = rows.map((id) => client.call("ModelInfer", idsCall([id, 1])));
    const found = (id: number) => [10 * (id + 1), 20];
    for (const [i, answer] of (await Promise.all(http)).entries()) {
      if (rows[i] === 99) expect(answer).toMatchObject({ status: 500, code: "MW0705" });
      else expect([answer.status, numbersOf(answer, "found")]).toEqual([200, found(rows[i])]);
    }
    for (const [i, outcome] of (await Promise.all(grpc)).entries()) {
      if (rows[i] === 99) expect(outcome).toMatchObject({ status: 13, code: "MW0705" });
      else expect("answer" in outcome && floatOutputs(outcome.answer).found).toEqual(found(rows[i]));
    }
  });
});

describe("a model that gives NaN", () => {
  test("is refused where the configuration says so, and the call beside it is answered", async () => {
    const client = server.client();
    const [bad, good] = await Promise.all([
      ask(infer("log"), floatsBody("x", [2], [1, -1])),
      ask(infer("log"), floatsBody("x", [2], [1, 1])),
    ]);
    expect(bad).toMatchObject({ status: 500, code: "MW0718" });
    expect([good.status, numbersOf(good, "y")]).toEqual([200, [0, 0]]);
    const [worse, better] = await Promise.all([
      client.call("ModelInfer", floatsCall("log", ["x", [1]], [-1])),
      client.call("ModelInfer", floatsCall("log", ["x", [1]], [1])),
    ]);
    expect(worse).toMatchObject({ status: 13, code: "MW0718" });
    expect("answer" in better && floatOutputs(better.answer).y).toEqual([0]);
  });
});

describe("a model that hangs", () => {
  const loopBody = (trips: number) => ({
    inputs: [
      { name: "x", datatype: "FP32", shape: [1], data: [1] },
      { name: "trips", datatype: "INT64", shape: [], data: [trips] },
    ],
  });
  const loopCall = (trips: number) => ({
    model_name: "loop",
    inputs: [
      { name: "x", datatype: "FP32", shape: [1] },
      { name: "trips", datatype: "INT64", shape: [] },
    ],
    raw_input_contents: [Buffer.from(Float32Array.of(1).buffer), longs([trips])],
  });

  test("is ended at its limit; others are answered meanwhile, and its next call works", async () => {
    const client = server.client();
    const endless = ask(infer("loop"), loopBody(2 ** 52));
    const meanwhile = await ask(infer("scale"), floatsBody("x", [1, 2], [3, 4]));
    expect(numbersOf(meanwhile, "y")).toEqual([6, 8]);
    expect(await endless).toMatchObject({ status: 503, code: "MW0708" });
    expect(numbersOf(await ask(infer("loop"), loopBody(5)), "y")).toEqual([6]);
    const again = client.call("ModelInfer", loopCall(2 ** 52));
    expect(await again).toMatchObject({ code: "MW0708" });
    const next = await client.call("ModelInfer", loopCall(7));
    expect("answer" in next && floatOutputs(next.answer).y).toEqual([8]);
  });

  test("and what waits behind it can be given up, which leaves the others their places", async () => {
    const endless = ask(infer("loop"), loopBody(2 ** 52));
    const controllers = Array.from({ length: 8 }, () => new AbortController());
    const waiting = controllers.map(({ signal }) => ask(infer("loop"), loopBody(2), { signal }));
    const ends = Promise.allSettled(waiting);
    const pending = () => server.host.find("loop").statistics().pending;
    await until(() => pending() === 8);
    controllers.forEach((controller, i) => i % 2 === 0 && controller.abort());
    await until(() => pending() === 4);
    expect(await endless).toMatchObject({ status: 503, code: "MW0708" });
    const outcomes = (await ends).map((end) =>
      end.status === "fulfilled" ? numbersOf(end.value, "y") : "gone",
    );
    expect(outcomes).toEqual(controllers.map((_, i) => (i % 2 === 0 ? "gone" : [3])));
  });
});

describe("a slow or dead client", () => {
  const head = (length: number) =>
    `POST /v2/models/scale/infer HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;

  test("that sends half a request and goes, or sends and never reads, keeps nobody waiting", async () => {
    const { hostname, port } = new URL(server.url);
    const text = JSON.stringify(floatsBody("x", [1, 2], [3, 4]));
    const dead = Array.from({ length: 20 }, (_, i) => {
      const socket = connectTcp(Number(port), hostname);
      socket.on("error", () => undefined);
      socket.write(head(text.length));
      // Half of them say no more; the others are answered, and never read.
      socket.write(i % 2 === 0 ? text.slice(0, 10) : text);
      socket.pause();
      return socket;
    });
    const answers = await Promise.all(dead.map(() => ask(infer("scale"), floatsBody("x", [1, 2], [3, 4]))));
    expect(answers.map((answer) => numbersOf(answer, "sum"))).toEqual(dead.map(() => [14]));
    for (const socket of dead) socket.destroy();
    const inFlight = async () =>
      /^millwright_in_flight_requests (\d+)/m.exec(await (await fetch(`${server.url}/metrics`)).text())?.[1];
    await until(async () => (await inFlight()) === "0");
  });
});
