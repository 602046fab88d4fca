import { writeFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LoadJob } from "../../lifecycle/index.js";
import { loadTarget } from "./load-target.js";
import { slowServer, type SlowServer } from "./slow-server.testing.js";

let server: SlowServer;
beforeEach(async () => {
  server = await slowServer();
});
afterEach(() => server.close());

/** So many requests at once, and one stage. */
const job = (requests: number, more: Partial<LoadJob> = {}): LoadJob => ({
  ...{ path: "/ask", bodies: ["{}"], timeoutMs: 60_000, connections: 4 },
  plan: {
    stages: [{ kind: "step", share: 1, perSecond: requests, startMs: 0, endMs: 1, first: 0, end: requests }],
    intendedMs: new Float64Array(requests),
  },
  ...more,
});
const target = (module?: URL) =>
  loadTarget({ url: server.url, headers: { "x-api-key": "k" }, ...(module === undefined ? {} : { module }) });
const onProgress = () => undefined;

describe("the thread that sends", () => {
  test("measures every request", async () => {
    server.onRequest((held) => held.answer(held.headers["x-api-key"] === "k" ? 200 : 401));
    const measured = await target().send(job(50), { onProgress });
    expect(measured.outcomes).toEqual([{ label: "200", kind: "good" }]);
    expect([...measured.outcome]).toEqual(Array(50).fill(1));
    expect(measured.doneMs.every((at, i) => at >= measured.sentMs[i])).toBe(true);
    expect(measured.generator.length).toBeGreaterThanOrEqual(1);
    expect(measured).not.toHaveProperty("stoppedMs");
  });

  test("gives back what it has when it is stopped", async () => {
    const controller = new AbortController();
    const sending = target().send(job(50), { onProgress, signal: controller.signal });
    await server.received(4);
    server.held[0].answer(200);
    await server.received(5);
    controller.abort();
    const { outcome, stoppedMs } = await sending;
    expect(outcome.reduce((sum, how) => sum + how, 0)).toBe(1);
    expect(stoppedMs).toBeGreaterThan(0);
    const nothing = await target().send(job(50), { onProgress, signal: AbortSignal.abort() });
    expect(nothing.stoppedMs).toBeDefined();
  });

  test("one that fails, or ends without a word, is an error", async () => {
    const folder = await mkdtemp(join(tmpdir(), "millwright-load-"));
    try {
      for (const [source, message] of [
        ["throw new Error('out of order')", "out of order"],
        ["", "without a result"],
      ]) {
        const file = join(folder, `${message.replaceAll(" ", "-")}.mjs`);
        await writeFile(file, source);
        await expect(target(pathToFileURL(file)).send(job(1), { onProgress })).rejects.toThrow(message);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("the trial request", () => {
  test("gives the answer as it is", async () => {
    server.onRequest((held) => held.answer(422, { text: held.body }));
    expect(await target().try("/ask", '{"a":1}', 60_000)).toEqual({ status: 422, text: '{"a":1}' });
  });

  test("ends at its time limit", async () => {
    await expect(target().try("/ask", "{}", 50)).rejects.toThrow("no answer in 50 ms");
  });
});

test.each(["127.0.0.1:8080", "ftp://127.0.0.1", "http://127.0.0.1/v1", ""])(
  "refuses %j as a server",
  (url) => {
    expect(() => loadTarget({ url, headers: {} })).toThrow(/MW1201.*--url/);
  },
);
