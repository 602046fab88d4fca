import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { httpWire } from "./http-wire.js";
import { openLoop, type OpenLoop } from "./open-loop.js";
import { manualTime, slowServer, until, type SlowServer } from "./slow-server.testing.js";

let server: SlowServer;
const closers: (() => Promise<void>)[] = [];
beforeEach(async () => {
  server = await slowServer();
  closers.push(() => server.close());
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

interface Given {
  readonly intendedMs: readonly number[];
  readonly connections?: number;
  readonly timeoutMs?: number;
  readonly url?: string;
}

/** A generator whose time stands still, against the server of the test. */
function generator({ intendedMs, connections = 8, timeoutMs = 1000, url = server.url }: Given) {
  const time = manualTime();
  const wakers = new Set<() => void>();
  let ended = 0;
  const { wire, close } = httpWire({
    ...{ url, path: "/ask", bodies: ['{"row":0}', '{"row":1}'], headers: { "x-api-key": "k" }, connections },
  });
  closers.push(close);
  const loop: OpenLoop = openLoop({
    ...{ intendedMs: Float64Array.from(intendedMs), connections, timeoutMs, wire, ...time },
    onProgress(count) {
      ended = count;
      for (const wake of wakers) wake();
    },
  });
  return { ...loop, pass: time.pass, ended: (count: number) => until(() => ended >= count, wakers) };
}

const latencies = ({ measured }: Pick<OpenLoop, "measured">, intendedMs: readonly number[]) =>
  [...measured().doneMs].map((done, i) => done - intendedMs[i]);
const labels = ({ measured }: Pick<OpenLoop, "measured">) => {
  const { outcome, outcomes } = measured();
  return [...outcome].map((index) => (index === 0 ? "unknown" : outcomes[index - 1].label));
};

/** Every 10 ms from 0 on. */
const evenly = (count: number) => Array.from({ length: count }, (_, i) => i * 10);

describe("a server that stalls", () => {
  test("is charged for every request that was meant to be sent meanwhile", async () => {
    const intendedMs = evenly(10);
    const one = generator({ intendedMs, connections: 1 });
    // Two are answered at once; the third is held from 20 ms on until 90 ms, when all the others are due.
    await server.received(1);
    server.held[0].answer(200);
    await one.ended(1);
    one.pass(10);
    await server.received(2);
    server.held[1].answer(200);
    await one.ended(2);
    one.pass(10);
    await server.received(3);
    one.pass(70);
    server.onRequest((held) => held.answer(200));
    server.held[2].answer(200);
    await one.finished;
    // A generator that waited for the answer would report 70 ms once, and 0 for all others.
    expect(latencies(one, intendedMs)).toEqual([0, 0, 70, 60, 50, 40, 30, 20, 10, 0]);
    expect([...one.measured().waited]).toEqual([0, 0, 0, 1, 1, 1, 1, 1, 1, 1]);
    expect([...one.measured().sentMs].slice(3)).toEqual(Array(7).fill(90));
  });

  test("does not keep others from being sent while connections are free", async () => {
    const one = generator({ intendedMs: evenly(6) });
    one.pass(50);
    await server.received(6);
    expect([...one.measured().sentMs]).toEqual(evenly(6));
    expect([...one.measured().waited]).toEqual(Array(6).fill(0));
    one.pass(30);
    for (const held of server.held) held.answer(200);
    await one.finished;
    expect(latencies(one, evenly(6))).toEqual([80, 70, 60, 50, 40, 30]);
  });

  test("a request that no connection is free for fails at its own time limit", async () => {
    const one = generator({ intendedMs: [0, 5], connections: 1, timeoutMs: 100 });
    await server.received(1);
    one.pass(200);
    await one.finished;
    expect(labels(one)).toEqual(["no answer in 100 ms", "no answer in 100 ms"]);
    expect([...one.measured().doneMs]).toEqual([100, 105]);
    const two = generator({ intendedMs: [0, 0], connections: 1, timeoutMs: 100 });
    two.pass(100);
    await two.finished;
    expect(labels(two)).toEqual(["no answer in 100 ms", "not sent in 100 ms"]);
  });
});

describe("how requests end", () => {
  test("good, refused with Retry-After, failed with its code, dropped", async () => {
    const one = generator({ intendedMs: [0, 0, 0, 0, 0, 0] });
    await server.received(6);
    const ends = [
      () => server.held[0].answer(200),
      () => server.held[1].answer(503, { retryAfter: "1", text: '{"error":{"code":"MW0703"}}' }),
      () => server.held[2].answer(429, { retryAfter: "1", text: '{"error":"MW0811 too many"}' }),
      () => server.held[3].answer(503),
      () => server.held[4].answer(500, { text: '{"error":{"code":"MW0809"}}' }),
      () => server.held[5].drop(),
    ];
    for (const [i, end] of ends.entries()) {
      end();
      await one.ended(i + 1);
    }
    const { outcomes } = one.measured();
    expect(outcomes.map(({ label, kind }) => `${label} ${kind}`)).toEqual([
      ...["200 good", "503 MW0703 refused", "429 MW0811 refused", "503 failed", "500 MW0809 failed"],
      "UND_ERR_SOCKET failed",
    ]);
  });

  test("bodies go in turn, with the headers that were given", async () => {
    server.onRequest((held) => held.answer(200));
    const one = generator({ intendedMs: [0, 0, 0], connections: 1 });
    await one.finished;
    expect(server.held.map(({ body }) => body)).toEqual(['{"row":0}', '{"row":1}', '{"row":0}']);
    expect(server.held[0].headers).toMatchObject({ "x-api-key": "k", "content-type": "application/json" });
  });

  test("a server that is gone fails every request at once", async () => {
    await server.close();
    const one = generator({ intendedMs: [0, 0, 0], connections: 1 });
    await one.finished;
    expect(labels(one)).toEqual(Array(3).fill("ECONNREFUSED"));
  });

  test("a stop keeps what was measured; what is under way is not known", async () => {
    const one = generator({ intendedMs: evenly(5) });
    await server.received(1);
    server.held[0].answer(200);
    await one.ended(1);
    one.pass(25);
    await server.received(3);
    one.stop();
    await one.finished;
    expect(labels(one)).toEqual(["200", ...Array<string>(4).fill("unknown")]);
    expect(one.measured().stoppedMs).toBe(25);
    one.pass(100);
    expect(server.held).toHaveLength(3);
  });

  test("nothing to send is over at once", async () => {
    const one = generator({ intendedMs: [] });
    await one.finished;
    expect(one.measured().outcomes).toEqual([]);
  });
});
