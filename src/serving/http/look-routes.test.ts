import { describe, expect, it } from "vitest";
import { predictPath, serve } from "./http-server.testing.js";
import { flight } from "./live-project.testing.js";

describe("models", () => {
  it("lists what is served", async () => {
    const { get } = await serve();
    const { status, body } = await get("/v1/models");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      models: [{ name: "arrival-delay", version: "3", predicts: "the probability that delay > 15" }],
    });
  });

  it("describes one model with the schema of its requests", async () => {
    const { get } = await serve();
    const { body } = await get("/v1/models/arrival-delay");
    expect(body).toMatchObject({
      name: "arrival-delay",
      request: {
        required: ["origin", "distance", "date"],
        properties: { distance: { type: "integer", maximum: 6000 } },
      },
    });
  });
});

describe("health", () => {
  it("is live", async () => {
    const { get } = await serve();
    expect(await get("/health/live")).toMatchObject({ status: 200, body: { live: true } });
  });

  it("is ready when the project is, and says why when not", async () => {
    const { get, live } = await serve();
    expect(await get("/health/ready")).toMatchObject({ status: 200, body: { ready: true, reasons: [] } });
    live.notReady("no champion of arrival-delay");
    const refused = await get("/health/ready");
    expect(refused).toMatchObject({
      status: 503,
      body: { ready: false, reasons: ["no champion of arrival-delay"] },
    });
  });
});

describe("metrics", () => {
  it("counts predictions, events, feedback, errors and answers, and measures latency by route and version", async () => {
    const { get, post } = await serve();
    await post(predictPath, flight);
    await post(predictPath, {});
    await post("/v1/feedback", { items: [{ id: "p1", label: true }, {}] });
    await post("/v1/events/flights", { events: [{ date: 1, origin: "JFK" }, {}, {}] });
    const { status, headers, text } = await get("/metrics");
    expect(status).toBe(200);
    expect(headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    const route = 'route="/v1/models/{model}/predict"';
    for (const line of [
      `millwright_http_request_duration_seconds_count{${route},model="arrival-delay",version="3"} 1`,
      `millwright_http_request_duration_seconds_bucket{le="+Inf",${route},model="",version=""} 1`,
      `millwright_http_responses_total{${route},status="400"} 1`,
      'millwright_predictions_total{model="arrival-delay",version="3",protocol="v1"} 1',
      'millwright_errors_total{code="MW9901"} 1',
      'millwright_errors_total{code="MW9902"} 1',
      'millwright_feedback_total{result="accepted"} 1',
      'millwright_feedback_total{result="rejected"} 1',
      'millwright_events_total{source="flights"} 1',
      'millwright_events_quarantined_total{source="flights"} 2',
      "millwright_in_flight_requests 0",
    ]) {
      expect(text.split("\n")).toContain(line);
    }
    expect(Number(/^process_resident_memory_bytes (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(1e7);
    expect(Number(/^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(text)?.[1])).toBeGreaterThanOrEqual(0);
  });

  it("never puts what a caller wrote into a label", async () => {
    const { get, post } = await serve();
    await post("/v1/models/invented/predict", flight);
    await post("/v1/events/invented", {});
    await get("/invented");
    expect((await get("/metrics")).text).not.toContain("invented");
  });

  it("shows the requests in flight", async () => {
    const { get, post, live } = await serve();
    const release = live.hold();
    const answers = [post(predictPath, flight), post(predictPath, flight)];
    await live.begun(2);
    expect((await get("/metrics")).text).toContain("millwright_in_flight_requests 2");
    release();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe("index", () => {
  it("lists the routes", async () => {
    const { get } = await serve();
    const { body } = await get("/");
    expect(body).toMatchObject({ project: "flights", models: ["arrival-delay"] });
    expect(body?.routes).toContainEqual({
      route: "POST /v1/models/{model}/predict",
      summary: "Predict for one request, or for many as rows",
    });
  });
});
