import { connect as connectTcp, type Socket } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { scalingGraph } from "../../src/inference/tensor-graphs.testing.js";
import { floatOutputs, type PlainClient } from "../../src/serving/grpc/grpc-server.testing.js";
import {
  ask,
  floatsBody,
  floatsCall,
  numbersOf,
  serveInference,
  until,
  type InferenceServer,
} from "../support/inference-server.js";

/** Many callers of one model at once: y = 2x and sum = all of y, so that every answer can be told from its own question. */

let server: InferenceServer;
let clients: PlainClient[];
beforeAll(async () => {
  server = await serveInference([{ name: "scale", graph: scalingGraph(2) }], {
    serving: { models: { scale: { batching: { maxQueuedRows: 100_000 } } } },
    // None is shed: what is asked here at once is more than a machine with other work answers in ten seconds.
    http: { requestTimeoutMs: 3_600_000 },
  });
  clients = [server.client(), server.client(), server.client()];
});
afterAll(() => server.close());

const path = "/v2/models/scale/infer";

/** One request of a caller. */
interface Asked {
  readonly by: "json" | "binary" | "grpc";
  readonly rows: number;
  /** Of the first element; the others count on, in steps that float32 holds. */
  readonly start: number;
  readonly id: number;
  /** Given up so many turns of the event loop after it was sent; undefined for one that is not. */
  readonly cancelAfter: number | undefined;
  /** Turns of the event loop before it is sent. */
  readonly wait: number;
}

const asked: fc.Arbitrary<Asked> = fc.record({
  by: fc.constantFrom("json", "binary", "grpc"),
  rows: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 90 })),
  start: fc.integer({ min: -1000, max: 1000 }),
  id: fc.integer({ min: 0, max: 1e9 }),
  cancelAfter: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined, freq: 4 }),
  wait: fc.integer({ min: 0, max: 8 }),
});

const valuesOf = ({ rows, start }: Pick<Asked, "rows" | "start">) =>
  Array.from({ length: 2 * rows }, (_, i) => start + i / 4);

const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** What came back: the id, the outputs. */
interface Back {
  readonly id: unknown;
  readonly y: readonly (number | null)[] | undefined;
  readonly sum: readonly (number | null)[] | undefined;
}

function binaryBody(one: Pick<Asked, "rows" | "start" | "id">): { head: string; body: Buffer } {
  const bytes = Buffer.from(Float32Array.from(valuesOf(one)).buffer);
  const head = JSON.stringify({
    id: `${one.id}`,
    inputs: [
      { name: "x", datatype: "FP32", shape: [one.rows, 2], parameters: { binary_data_size: bytes.length } },
    ],
    parameters: { binary_data_output: true },
  });
  return { head, body: Buffer.concat([Buffer.from(head), bytes]) };
}

/** An answer whose tensors are binary: y, then sum, behind the JSON. */
function readBinary(bytes: Buffer, jsonBytes: number): Back {
  const { id } = JSON.parse(bytes.toString("utf8", 0, jsonBytes)) as { readonly id: unknown };
  const floats = [...new Float32Array(Uint8Array.from(bytes.subarray(jsonBytes)).buffer)];
  return { id, y: floats.slice(0, -1), sum: floats.slice(-1) };
}

async function send(one: Asked, signal: AbortSignal): Promise<Back> {
  const { rows, id } = one;
  if (one.by === "json") {
    const body = { id: `${id}`, ...floatsBody("x", [rows, 2], valuesOf(one)) };
    const answer = await ask(server.url + path, body, { signal });
    expect(answer.status).toBe(200);
    return { id: answer.body.id, y: numbersOf(answer, "y"), sum: numbersOf(answer, "sum") };
  }
  const { head, body } = binaryBody(one);
  const headers = { "inference-header-content-length": `${head.length}` };
  const answer = await fetch(server.url + path, {
    method: "POST",
    body: new Uint8Array(body),
    headers,
    signal,
  });
  expect(answer.status).toBe(200);
  const jsonBytes = Number(answer.headers.get("inference-header-content-length"));
  return readBinary(Buffer.from(await answer.arrayBuffer()), jsonBytes);
}

/** Undefined for one that was given up in time. */
async function exchange(one: Asked, i: number): Promise<Back | undefined> {
  const controller = new AbortController();
  const { signal } = controller;
  await turns(one.wait);
  if (one.cancelAfter !== undefined) void turns(one.cancelAfter).then(() => controller.abort());
  if (one.by === "grpc") {
    const call = { id: `${one.id}`, ...floatsCall("scale", ["x", [one.rows, 2]], valuesOf(one)) };
    const outcome = await clients[i % clients.length].call("ModelInfer", call, { signal });
    if (!("answer" in outcome)) {
      // CANCELLED, by this side alone.
      expect([outcome.status, signal.aborted]).toEqual([1, true]);
      return undefined;
    }
    const { y, sum } = floatOutputs(outcome.answer);
    return { id: outcome.answer.id, y, sum };
  }
  return send(one, signal).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
}

const expected = (one: Asked): Back => {
  const y = valuesOf(one).map((value) => 2 * value);
  return { id: `${one.id}`, y, sum: [y.reduce((sum, value) => sum + value, 0)] };
};

test(
  "no answer goes to the wrong request, whatever is asked, mixed and given up",
  { timeout: 60_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { minLength: 150, maxLength: 400 }), async (all) => {
        const answers = await Promise.all(all.map(exchange));
        for (const [i, answer] of answers.entries()) {
          if (answer === undefined) expect(all[i].cancelAfter).toBeDefined();
          else expect(answer).toEqual(expected(all[i]));
        }
      }),
      { numRuns: 8, endOnFailure: true },
    );
    await until(() => server.host.find("scale").statistics().pending === 0);
  },
);

/** Reads one answer of HTTP from a connection. */
function answerOf(
  socket: Socket,
): Promise<{ readonly status: number; readonly headers: string; readonly body: Buffer }> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const broken = () => reject(new Error(`closed after ${bytes.length} bytes`));
    const read = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf("\r\n\r\n");
      if (end < 0) return;
      const headers = bytes.toString("latin1", 0, end).toLowerCase();
      const length = Number(/^content-length: (\d+)$/m.exec(headers)?.[1] ?? 0);
      if (bytes.length < end + 4 + length) return;
      socket.off("data", read).off("close", broken);
      resolve({ status: Number(headers.slice(9, 12)), headers, body: bytes.subarray(end + 4) });
    };
    socket.on("data", read);
    socket.once("close", broken);
  });
}

const open = (): Promise<Socket> => {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const socket = connectTcp(Number(port), hostname, () => resolve(socket));
    socket.setNoDelay(true).once("error", reject);
  });
};

/** Cuts bytes at these places and writes the pieces, a turn or more apart. */
async function writeInPieces(socket: Socket, bytes: Buffer, cuts: readonly number[]): Promise<void> {
  const places = [...new Set(cuts.map((cut) => cut % bytes.length))].sort((a, b) => a - b);
  let from = 0;
  for (const to of [...places, bytes.length]) {
    if (to > from)
      await new Promise<void>((resolve) => socket.write(bytes.subarray(from, to), () => resolve()));
    await turns(1);
    from = to;
  }
}

const cuts = fc.array(fc.nat({ max: 100_000 }), { maxLength: 12 });

const framed = (body: Buffer, headerLength: string): Buffer =>
  Buffer.concat([
    Buffer.from(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n` +
        `Inference-Header-Content-Length: ${headerLength}\r\n\r\n`,
    ),
    body,
  ]);

test("a binary request reads alike wherever the network cuts it, many on one connection", async () => {
  const one = fc.record({
    rows: fc.integer({ min: 1, max: 200 }),
    start: fc.integer({ min: -99, max: 99 }),
    cuts,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 6 }), async (requests) => {
      const socket = await open();
      for (const [id, request] of requests.entries()) {
        const { head, body } = binaryBody({ ...request, id });
        const answer = answerOf(socket);
        await writeInPieces(socket, framed(body, `${head.length}`), request.cuts);
        const { status, headers, body: bytes } = await answer;
        expect(status).toBe(200);
        const jsonBytes = Number(/^inference-header-content-length: (\d+)$/m.exec(headers)?.[1]);
        const { y, sum, ...rest } = expected({
          ...request,
          id,
          by: "binary",
          wait: 0,
          cancelAfter: undefined,
        });
        const back = readBinary(bytes, jsonBytes);
        expect([back.y, back.id]).toEqual([y, rest.id]);
        expect(back.sum?.[0]).toBeCloseTo(sum?.[0] ?? NaN, 1);
      }
      socket.destroy();
    }),
    { numRuns: 30, endOnFailure: true },
  );
});

test("binary framing that does not hold together is a coded refusal, and the connection goes on", async () => {
  const broken = fc.record({
    body: fc.uint8Array({ maxLength: 300 }),
    whole: fc.boolean(),
    flip: fc.nat({ max: 10_000 }),
    to: fc.nat({ max: 255 }),
    headerLength: fc.oneof(
      fc.nat({ max: 400 }).map(String),
      fc.constantFrom("-1", "1e3", "0x10", "9".repeat(30), "NaN", "0"),
    ),
    cuts,
  });
  const socket = await open();
  await fc.assert(
    fc.asyncProperty(broken, async ({ body, whole, flip, to, headerLength, cuts: places }) => {
      const { head, body: right } = binaryBody({ rows: 3, start: 1, id: 1 });
      const bytes = whole ? Buffer.from(right) : Buffer.from(body);
      if (whole) bytes[flip % bytes.length] = to;
      const answer = answerOf(socket);
      await writeInPieces(socket, framed(bytes, whole ? `${head.length}` : headerLength), places);
      const { status, headers, body: text } = await answer;
      expect([200, 400, 404, 413]).toContain(status);
      if (status === 200) return;
      expect(headers).toMatch(/^millwright-code: mw\d{4}$/m);
      expect(JSON.parse(text.toString())).toEqual({ error: expect.stringMatching(/^MW\d{4}/) as string });
    }),
    { numRuns: 250, endOnFailure: true },
  );
  socket.destroy();
});
