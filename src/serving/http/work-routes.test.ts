import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../kernel/index.js";
import { exchangeRaw, predictPath, serve } from "./http-server.testing.js";
import { flight, projectErrors } from "./live-project.testing.js";

const json = { "content-type": "application/json" };

// The fixture's probability is distance / 6000: 2586 / 6000 = 0.431 exactly in decimal.
describe("predict", () => {
  it("answers one request", async () => {
    const { post } = await serve();
    const { status, body } = await post(predictPath, flight);
    expect(status).toBe(200);
    expect(body).toEqual({ id: "p1", model: "arrival-delay", version: "3", probability: 0.431 });
  });

  it("says what stood in for the model, in a batch too", async () => {
    const { post, live } = await serve();
    const fallback = { by: "simple@3", because: "MW0715" };
    live.standIn(fallback);
    expect((await post(predictPath, flight)).body).toMatchObject({ probability: 0.431, fallback });
    expect((await post(predictPath, { rows: [flight] })).body).toMatchObject({ predictions: [{ fallback }] });
  });

  it("gives the model the server's time limit, and a signal that fires when the connection ends", async () => {
    const { server, live } = await serve();
    const release = live.hold();
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    const body = JSON.stringify(flight);
    socket.write(`POST ${predictPath} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await live.begun(1);
    const { signal, deadlineMs } = live.patience() ?? {};
    expect(deadlineMs).toBeGreaterThan(0);
    expect(signal?.aborted).toBe(false);
    const fired = new Promise((resolve) => signal?.addEventListener("abort", resolve));
    socket.destroy();
    await fired;
    release();
  });

  it("gives the model the priority and the time limit that a caller wishes for", async () => {
    const { post, live } = await serve();
    const wish = async (headers: Record<string, string>) => {
      const beforeMs = systemClock.monotonicMs();
      const { status } = await post(predictPath, flight, { ...json, ...headers });
      expect(status).toBe(200);
      const { priority, deadlineMs = NaN } = live.patience() ?? {};
      return { priority, limitMs: deadlineMs - beforeMs };
    };
    expect((await wish({})).priority).toBe(0);
    for (const [wished, priority] of Object.entries({ 0: 0, 1: 0, 3: 2, 10: 9 }))
      expect((await wish({ "millwright-priority": wished })).priority).toBe(priority);
    const { limitMs } = await wish({ "millwright-timeout-ms": "5000" });
    expect(limitMs >= 5000 && limitMs < 10_000).toBe(true);
    // A caller may shorten the server's limit of ten seconds, not lengthen it.
    expect((await wish({ "millwright-timeout-ms": "3600000" })).limitMs).toBeLessThan(3_600_000);
  });

  it("answers a caller in the time that it gave, one request or many", async () => {
    const { post, live } = await serve();
    const release = live.hold();
    // One that gives more time than there is waits as long as the server does.
    const patient = post(predictPath, flight, { ...json, "millwright-timeout-ms": "999999999999999" });
    await live.begun(1);
    const headers = { ...json, "millwright-timeout-ms": "30" };
    for (const body of [flight, { rows: [flight] }])
      expect(await post(predictPath, body, headers)).toMatchObject({
        status: 504,
        body: { error: { code: "MW0808", details: { timeoutMs: 30 } } },
      });
    release();
    expect((await patient).status).toBe(200);
  });

  it.each([
    ["millwright-priority", "-1"],
    ["millwright-priority", "high"],
    ["millwright-priority", "11"],
    ["millwright-timeout-ms", "1.5"],
    ["millwright-timeout-ms", "1e3"],
    ["millwright-timeout-ms", "9999999999999999"],
  ])("refuses the wish %s: %s", async (name, value) => {
    const { post } = await serve();
    expect(await post(predictPath, flight, { ...json, [name]: value })).toMatchObject({
      status: 400,
      body: { error: { code: "MW0828", expected: expect.stringContaining(name) as string } },
    });
  });

  it("takes a body without a content type for JSON", async () => {
    const { server } = await serve();
    const body = JSON.stringify(flight);
    const head = `POST ${predictPath} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`;
    const answer = await exchangeRaw(server.url, head + body);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer).toContain('"probability":0.431');
  });

  it("answers many rows in order, each judged alone", async () => {
    const { post, get } = await serve();
    const rows = [flight, { ...flight, distance: 9000 }, 7, { ...flight, distance: 600 }];
    const { status, body } = await post(predictPath, { rows });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      predictions: [
        { probability: 0.431 },
        { error: { code: "MW9901", details: { problems: [{ field: "distance", kind: "range" }] } } },
        { error: { code: "MW9901" } },
        { probability: 0.1 },
      ],
    });
    expect((await get("/metrics")).text).toContain('millwright_errors_total{code="MW9901"} 2');
  });

  it("answers an empty batch", async () => {
    const { post } = await serve();
    expect((await post(predictPath, { rows: [] })).body).toEqual({ predictions: [] });
  });

  it("reports all problems of a refused request", async () => {
    const { post } = await serve();
    const { status, body } = await post(predictPath, { origin: 7, distance: "NaN", dates: "2001-06-01" });
    expect(status).toBe(400);
    const kinds = [
      { field: "origin", kind: "type" },
      { field: "distance", kind: "type" },
      { field: "date", kind: "missing" },
      { field: "dates", kind: "unknown" },
    ];
    expect(body).toMatchObject({ error: { code: "MW9901", details: { problems: kinds } } });
  });

  it("keeps an unforeseen failure of one row from the others, and out of the answer", async () => {
    const { post, live, log } = await serve();
    live.failWith(new Error("secret"));
    const { status, body, text } = await post(predictPath, { rows: [flight, flight] });
    expect(status).toBe(200);
    expect(body).toMatchObject({ predictions: [{ error: { code: "MW0809" } }, { probability: 0.431 }] });
    expect(text).not.toContain("secret");
    expect(log).toHaveLength(1);
  });

  it("answers each of many concurrent requests with its own result", async () => {
    const { post } = await serve();
    const distances = Array.from({ length: 300 }, (_, i) => 6 * (i + 1));
    const answers = await Promise.all(
      distances.map((distance) => post(predictPath, { ...flight, distance })),
    );
    // 6k / 6000 = k / 1000.
    expect(answers.map(({ body }) => body?.probability)).toEqual(distances.map((_, i) => (i + 1) / 1000));
    expect(new Set(answers.map(({ body }) => body?.id)).size).toBe(300);
  });
});

describe("feedback", () => {
  it("takes one label", async () => {
    const { post, live } = await serve();
    await post(predictPath, flight);
    const { status, body } = await post("/v1/feedback", { id: "p1", label: true });
    expect({ status, body }).toEqual({ status: 200, body: { accepted: 1, rejected: [] } });
    expect(live.taken.labels).toBe(1);
  });

  it("refuses one label for an unknown prediction with its error", async () => {
    const { post } = await serve();
    const { status, body } = await post("/v1/feedback", { id: "p1", label: true });
    expect(status).toBe(404);
    expect(body).toMatchObject({ error: { code: "MW9902", title: "unknown prediction" } });
  });

  it("judges the items of a batch alone", async () => {
    const { post } = await serve();
    await post(predictPath, flight);
    const { status, body } = await post("/v1/feedback", {
      items: [
        { id: "x", label: true },
        { id: "p1", label: false },
      ],
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ accepted: 1, rejected: [{ index: 0, error: { code: "MW9902" } }] });
  });
});

describe("events", () => {
  const event = { date: "2001-06-01", origin: "JFK", delay: 12 };

  it("takes one event", async () => {
    const { post } = await serve();
    const { status, body } = await post("/v1/events/flights", event);
    const receipt = {
      accepted: 1,
      duplicates: 0,
      quarantined: [],
      warned: [],
      sequence: { first: 1, last: 1 },
    };
    expect({ status, body }).toEqual({ status: 200, body: receipt });
  });

  it("answers 200 for a batch of which some is quarantined", async () => {
    const { post } = await serve();
    const { status, body } = await post("/v1/events/flights", { events: [event, { ...event, origin: 3 }] });
    expect(status).toBe(200);
    expect(body).toMatchObject({ accepted: 1, quarantined: [{ index: 1, reasons: ["origin: a text"] }] });
  });

  it("takes newline-delimited JSON, blank lines and Windows line ends included", async () => {
    const { post } = await serve();
    const lines = `${JSON.stringify(event)}\r\n\n${JSON.stringify({ date: 1 })}\n`;
    const { body } = await post("/v1/events/flights", lines, {
      "content-type": "application/x-ndjson; charset=utf-8",
    });
    expect(body).toMatchObject({ accepted: 1, quarantined: [{ index: 1 }] });
  });

  it("takes nothing of newline-delimited JSON with a malformed line, and names the line", async () => {
    const { post, live } = await serve();
    const lines = `${JSON.stringify(event)}\n{"date":\n`;
    const { status, body } = await post("/v1/events/flights", lines, {
      "content-type": "application/x-ndjson",
    });
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: { code: "MW0801", details: { line: 2 } } });
    expect(live.taken.events).toBe(0);
  });

  const ndjson = { "content-type": "application/x-ndjson" };
  const linesOf = (events: readonly object[]) => events.map((one) => `${JSON.stringify(one)}\n`).join("");

  it("takes lines far beyond the limit of a JSON body, in groups, and answers with one receipt", async () => {
    const { post, live } = await serve({ maxBatchItems: 100, bodyLimitBytes: 10_000 });
    const events = Array.from({ length: 2000 }, (_, i) =>
      i % 500 === 250 ? { ...event, origin: i } : event,
    );
    const body = linesOf(events);
    expect(body.length).toBeGreaterThan(60_000);
    const answer = await post("/v1/events/flights", body, ndjson);
    expect(answer).toMatchObject({
      status: 200,
      body: {
        accepted: 1996,
        quarantined: [250, 750, 1250, 1750].map((index) => ({ index })),
        sequence: { first: 1, last: 1996 },
      },
    });
    expect(live.taken.events).toBe(2000);
  });

  it("names the first thousand remarks of a long body", async () => {
    const { post } = await serve();
    const answer = await post("/v1/events/flights", linesOf(Array<object>(2500).fill({})), ndjson);
    expect(answer.body).toMatchObject({ accepted: 0, sequence: null });
    expect(answer.body?.quarantined).toHaveLength(1000);
  });

  it("tells what was taken before a malformed line, and before a refusal", async () => {
    const { post, live } = await serve({ maxBatchItems: 10 });
    const body = `${linesOf(Array<object>(25).fill(event))}{"date":\n${linesOf([event])}`;
    const answer = await post("/v1/events/flights", body, ndjson);
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { code: "MW0801", details: { line: 26, taken: { events: 20, accepted: 20 } } } },
    });
    expect(live.taken.events).toBe(20);
    live.failAfter(2, projectErrors.error("MW9905", { expected: "room", found: "none", remedy: "Wait." }));
    const refused = await post("/v1/events/flights", linesOf(Array<object>(100).fill(event)), ndjson);
    expect(refused).toMatchObject({
      status: 429,
      body: {
        error: { code: "MW9905", details: { taken: { events: 20, sequence: { first: 21, last: 40 } } } },
      },
    });
    expect(refused.headers.get("retry-after")).toBe("1");
  });

  it("refuses a line over the limit, and a body of lines without any", async () => {
    const { post } = await serve({ bodyLimitBytes: 1000 });
    const long = await post(
      "/v1/events/flights",
      linesOf([event, { ...event, origin: "x".repeat(2000) }]),
      ndjson,
    );
    expect(long).toMatchObject({ status: 413, body: { error: { code: "MW0806", details: { line: 2 } } } });
    for (const body of ["\n \n", "\n"]) {
      expect(await post("/v1/events/flights", body, ndjson)).toMatchObject({
        status: 400,
        body: { error: { code: "MW0803" } },
      });
    }
  });

  it("refuses an unknown source with the project's error", async () => {
    const { post } = await serve();
    const { status, body } = await post("/v1/events/flight", event);
    expect(status).toBe(404);
    expect(body).toMatchObject({ error: { code: "MW9903" } });
  });
});
