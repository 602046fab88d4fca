import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { MillwrightError, systemClock } from "../../kernel/index.js";
import { stepStream } from "../../inference/index.js";
import { serveOip, type OipServer } from "./oip-server.testing.js";

/** 3 doubled until it is 100 or more: 6, 12, 24, 48, 96, 192. */
const doubling = { state: 3, factor: 2, turn: 0 };
const powers = [6, 12, 24, 48, 96, 192];

async function post({ url }: OipServer, path: string, body: unknown) {
  const response = await fetch(`${url}/v2/models/steps${path}`, {
    method: "POST",
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, type: response.headers.get("content-type"), text };
}

/** The events of a stream. */
const events = (text: string): unknown[] => {
  expect(text.endsWith("\n\n")).toBe(true);
  const chunks = text.split("\n\n").slice(0, -1);
  return chunks.map((chunk) => JSON.parse(chunk.replace(/^data: /, "")) as unknown);
};

describe("a stream", () => {
  it("sends each step as an event, with a field for each output", async () => {
    const server = await serveOip();
    const { status, type, text } = await post(server, "/generate_stream", { id: "a", ...doubling });
    expect({ status, type }).toEqual({ status: 200, type: "text/event-stream; charset=utf-8" });
    expect(events(text)).toEqual(
      powers.map((next, i) => ({ model_name: "steps", model_version: "1", id: "a", next, count: i + 1 })),
    );
    expect(server.answered).toHaveLength(6);
  });

  it("answers an inference request with inferences", async () => {
    const server = await serveOip();
    const inputs = [
      { name: "state", datatype: "FP32", shape: [1, 1], data: [3] },
      { name: "factor", datatype: "FP32", shape: [1, 1], data: [2] },
      { name: "turn", datatype: "INT64", shape: [1], data: ["9007199254740993"] },
    ];
    const { text } = await post(server, "/versions/1/generate_stream", { inputs, parameters: { steps: 2 } });
    expect(text).toContain('"name":"count","datatype":"INT64","shape":[1],"data":[9007199254740995]');
    expect(events(text)).toMatchObject([
      { model_name: "steps", outputs: [{ name: "next", shape: [1, 1], data: [6] }, { name: "count" }] },
      { outputs: [{ data: [12] }, {}] },
    ]);
  });

  it("can be had as its last step, or as all of them", async () => {
    const server = await serveOip();
    const last = await post(server, "/generate", { ...doubling, state: [[3]], factor: [2] });
    expect(JSON.parse(last.text)).toEqual({ model_name: "steps", model_version: "1", next: 192, count: 6 });
    const all = await post(server, "/generate", { ...doubling, parameters: { all_steps: true, steps: 4 } });
    expect(JSON.parse(all.text)).toMatchObject({
      steps: [{ next: 6 }, { next: 12 }, { next: 24 }, { next: 48 }],
    });
  });

  it("keeps the digits of 64-bit numbers", async () => {
    const server = await serveOip();
    const body = '{"state":60,"factor":2,"turn":9007199254740992}';
    const response = await fetch(`${server.url}/v2/models/steps/generate`, { method: "POST", body });
    expect(await response.text()).toContain('"count":9007199254740993');
  });

  it.each<[string, unknown, number, string]>([
    ["an input that is missing", { state: 3, factor: 2 }, 400, "MW0817"],
    ["a text among numbers", { ...doubling, state: "three" }, 400, "MW0818"],
    ["arrays too deep", { ...doubling, turn: [[[0]]] }, 400, "MW0817"],
    ["more steps than the model has", { ...doubling, parameters: { steps: 1001 } }, 400, "MW0817"],
    ["a strange wish", { ...doubling, parameters: { all_steps: 1 } }, 400, "MW0817"],
    ["tensors that do not fit", { ...doubling, turn: [1, 2] }, 400, "MW0707"],
  ])("that fails before its first step has a status: %s", async (_what, body, status, code) => {
    const server = await serveOip();
    const answer = await post(server, "/generate_stream", body);
    expect({ ...answer, text: JSON.parse(answer.text) as unknown }).toEqual({
      ...{ status, type: "application/json", text: { error: expect.stringContaining(code) as string } },
    });
  });

  it("that fails later ends with an event", async () => {
    const server = await serveOip();
    server.host.before = () => {
      if (server.host.calls.length < 3) return;
      const facts = { expected: "a step", found: "none", remedy: "Try again." };
      throw new MillwrightError("MW0705", { title: "engine failed", exit: 3, http: 500, about: "" }, facts);
    };
    const { status, text } = await post(server, "/generate_stream", doubling);
    expect(status).toBe(200);
    expect(events(text)).toMatchObject([
      { next: 6 },
      { next: 12 },
      { error: expect.stringContaining("MW0705") as string },
    ]);
  });

  it("ends where its time ends", async () => {
    let nowMs = 0;
    const server = await serveOip({ clock: { monotonicMs: () => nowMs } });
    server.host.before = () => void (nowMs += 40);
    const { text } = await post(server, "/generate_stream", {
      ...doubling,
      parameters: { timeout: 100_000 },
    });
    expect(events(text)).toMatchObject([
      ...[{ next: 6 }, { next: 12 }, { next: 24 }],
      { error: expect.stringContaining("MW0722") as string },
    ]);
  });
});

/** A stream that does not end by itself, over a socket that this test reads or does not read. */
async function endless(server: OipServer, body: string) {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  socket.write(
    `POST /v2/models/steps/generate_stream HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  return socket;
}

const million = (options: object = {}) =>
  serveOip({
    streamOf: ({ signature }) =>
      stepStream(
        { steps: 1_000_000, feed: { next: "state", count: "turn" }, emit: ["next", "count"] },
        signature,
      ),
    ...options,
  });

/** Resolves when the model's next call begins. */
const nextCall = (server: OipServer) =>
  new Promise<void>((resolve) => {
    server.host.before = () => resolve();
  });

/** Resolves when the signal of the calls fires. */
const whenAborted = (server: OipServer) =>
  new Promise<void>((resolve) => {
    let known: AbortSignal | undefined;
    server.host.before = ({ signal }) => {
      if (signal === known) return;
      known = signal;
      signal?.addEventListener("abort", () => resolve());
    };
  });

describe("a reader", () => {
  it("that is gone ends the computing before the next step", async () => {
    const server = await million();
    const socket = await endless(server, JSON.stringify({ state: 1, factor: 1, turn: 0 }));
    await once(socket, "data");
    const aborted = whenAborted(server);
    await nextTurn();
    socket.destroy();
    await aborted;
    const computed = server.host.calls.length;
    await nextTurn();
    await nextTurn();
    expect(server.host.calls.length).toBe(computed);
  });

  it("that is slow holds up the model, not the memory", async () => {
    const server = await million();
    const rows = Array.from({ length: 2000 }, (_, i) => [1 + i / 3]);
    const socket = await endless(
      server,
      JSON.stringify({ state: rows, factor: rows.map(() => [1]), turn: 0 }),
    );
    socket.pause();
    // Each event has 30 kB; the sockets' buffers take some megabytes, and then the model waits.
    let computed = -1;
    while (computed !== server.host.calls.length) {
      computed = server.host.calls.length;
      for (let turn = 0; turn < 200; turn++) await nextTurn();
    }
    expect(computed).toBeLessThan(1000);
    const goesOn = nextCall(server);
    socket.resume();
    await goesOn;
    socket.destroy();
  });

  it("that reads nothing at all is given up", async () => {
    const server = await million({ requestTimeoutMs: 50, clock: systemClock });
    const rows = Array.from({ length: 2000 }, (_, i) => [1 + i / 3]);
    const socket = await endless(
      server,
      JSON.stringify({ state: rows, factor: rows.map(() => [1]), turn: 0 }),
    );
    const aborted = whenAborted(server);
    socket.pause();
    await aborted;
    expect(server.host.calls.at(-1)?.signal?.aborted).toBe(true);
    socket.destroy();
  });
});

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
