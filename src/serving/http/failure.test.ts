import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { projectErrors, flight } from "./live-project.testing.js";
import { exchangeRaw, predictPath, serve } from "./http-server.testing.js";
import { startHttpServer } from "./server.js";
import { manualClock, MillwrightError, systemClock } from "../../kernel/index.js";

const errorOf = (code: string) => ({ error: { code } });

describe("bodies", () => {
  it.each([
    ["a cut object", '{"origin":'],
    ["NaN", '{"distance":NaN}'],
    ["a trailing comma", '{"distance":1,}'],
    ["two values", "{}{}"],
    ["__proto__", '{"__proto__":{"admin":true}}'],
    ["escaped __proto__", '{"\\u005f_proto__":{"admin":true}}'],
    ["constructor.prototype", '{"constructor":{"prototype":{"admin":true}}}'],
    ["deep nesting", "[".repeat(100_000)],
    ["deep nesting, closed", "[".repeat(65) + "]".repeat(65)],
  ])("refuses %s as malformed JSON, and keeps the connection", async (_name, body) => {
    const { post } = await serve();
    const { status, body: answer, headers } = await post(predictPath, body);
    expect(status).toBe(400);
    expect(answer).toMatchObject(errorOf("MW0801"));
    expect(headers.get("connection")).not.toBe("close");
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it("takes 64 levels of nesting and brackets inside texts", async () => {
    const { post } = await serve();
    const nested = await post(predictPath, "[".repeat(64) + "]".repeat(64));
    expect(nested.body).toMatchObject(errorOf("MW9901"));
    const texts = await post(predictPath, { ...flight, origin: `"${"[{\\".repeat(100)}` });
    expect(texts.status).toBe(200);
  });

  it.each([
    ["with a content type", { "content-type": "application/json" }],
    ["without one", {}],
  ])("refuses an empty body %s", async (_name, headers) => {
    const { server } = await serve();
    const response = await fetch(server.url + predictPath, { method: "POST", headers });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject(errorOf("MW0803"));
  });

  it.each(["text/plain", "application/x-ndjson", "multipart/form-data; boundary=x", "nonsense"])(
    "refuses predictions as %s",
    async (type) => {
      const { post } = await serve();
      const { status, body } = await post(predictPath, "{}", { "content-type": type });
      expect(status).toBe(415);
      expect(body).toMatchObject({ error: { code: "MW0802", expected: "application/json", found: type } });
    },
  );

  it.each([
    [predictPath, "application/json"],
    ["/v1/events/flights", "application/json"],
    ["/v1/events/flights", "application/x-ndjson"],
  ])("refuses a compressed body at %s as %s", async (path, type) => {
    const { server } = await serve();
    const response = await fetch(server.url + path, {
      ...{ method: "POST", body: gzipSync("{}") },
      headers: { "content-type": type, "content-encoding": "gzip" },
    });
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({
      error: {
        ...{ code: "MW0802", expected: "a body without Content-Encoding", found: "Content-Encoding gzip" },
      },
    });
  });

  it("takes a body whose coding is none", async () => {
    const { post } = await serve();
    const headers = { "content-type": "application/json", "content-encoding": "identity" };
    expect((await post(predictPath, flight, headers)).status).toBe(200);
  });

  it("refuses a body over the limit and says both sizes", async () => {
    const { post } = await serve({ bodyLimitBytes: 1000 });
    const { status, body } = await post(predictPath, `"${"x".repeat(999)}"`);
    expect(status).toBe(413);
    expect(body).toMatchObject({
      error: {
        code: "MW0806",
        expected: "at most 1000 bytes",
        details: { limitBytes: 1000, foundBytes: 1001 },
      },
    });
    expect((await post(predictPath, `"${"x".repeat(998)}"`)).body).toMatchObject(errorOf("MW9901"));
  });

  it("refuses a body over the limit that announces no length", async () => {
    const { server } = await serve({ bodyLimitBytes: 100 });
    const chunk = `64\r\n${"x".repeat(100)}\r\n`;
    const head = `POST ${predictPath} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n`;
    const body = `Connection: close\r\n\r\n${chunk}${chunk}0\r\n\r\n`;
    const answer = await exchangeRaw(server.url, head + body);
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toContain('"found":"more"');
  });

  it("lets a client that sends far too much read the refusal", async () => {
    const { post } = await serve();
    const { status, body } = await post(predictPath, "x".repeat(30_000_000));
    expect(status).toBe(413);
    expect(body).toMatchObject({ error: { code: "MW0806", details: { foundBytes: 30_000_000 } } });
  });

  it.each([
    ["too many rows", predictPath, { rows: [1, 2, 3] }],
    ["rows beside other keys", predictPath, { rows: [1], model: "x" }],
    ["too many items", "/v1/feedback", { items: [1, 2, 3] }],
    ["too many events", "/v1/events/flights", { events: [1, 2, 3] }],
  ])("refuses %s", async (_name, path, body) => {
    const { post } = await serve({ maxBatchItems: 2 });
    const answer = await post(path, body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject(errorOf("MW0812"));
  });
});

describe("routes", () => {
  it.each([
    ["/v1/model/arrival-delay/predict", 'Did you mean "/v1/models/arrival-delay/predict"?'],
    ["/metric", 'Did you mean "/metrics"?'],
    ["/v1/event/flights?x=1", 'Did you mean "/v1/events/flights"?'],
    ["/something/quite/different", "GET / lists the routes."],
  ])("names the nearest route for %s", async (path, remedy) => {
    const { post } = await serve();
    const { status, body } = await post(path, "not JSON either");
    expect(status).toBe(404);
    expect(body).toMatchObject({ error: { code: "MW0804", remedy } });
  });

  it.each([
    ["GET", predictPath, "POST"],
    ["DELETE", "/v1/models", "GET, HEAD"],
    ["PUT", "/v1/feedback", "POST"],
    ["OPTIONS", "/health/ready", "GET, HEAD"],
  ])("refuses %s %s and allows %s", async (method, path, allow) => {
    const { server } = await serve();
    const response = await fetch(server.url + path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")?.replaceAll(",", ", ").replaceAll("  ", " ")).toBe(allow);
    expect(await response.json()).toMatchObject(errorOf("MW0805"));
  });

  it.each(["/v1/models/arival-delay", "/v1/models/arival-delay/predict"])(
    "names the nearest model at %s",
    async (path) => {
      const { get, post } = await serve();
      const { status, body } = await (path.endsWith("predict") ? post(path, flight) : get(path));
      expect(status).toBe(404);
      expect(body).toMatchObject({ error: { code: "MW0814", remedy: 'Did you mean "arrival-delay"?' } });
    },
  );

  it.each(["constructor", "__proto__", "a%2Fb", "%F0%9F%9B%A9"])("knows no model %s", async (name) => {
    const { post } = await serve();
    expect(await post(`/v1/models/${name}/predict`, flight)).toMatchObject({
      status: 404,
      body: errorOf("MW0814"),
    });
  });

  it("clips an overlong name or path in its answer", async () => {
    const { post } = await serve();
    const name = await post(`/v1/models/${"x".repeat(8000)}/predict`, flight);
    expect(name).toMatchObject({ status: 404, body: errorOf("MW0814") });
    const path = await post(`/${"x".repeat(8000)}`, flight);
    expect(path).toMatchObject({ status: 404, body: errorOf("MW0804") });
    expect(Math.max(name.text.length, path.text.length)).toBeLessThan(1000);
  });

  it("refuses a path with a bad percent escape", async () => {
    const { server } = await serve();
    const answer = await exchangeRaw(
      server.url,
      "GET /v1/models/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain('"code":"MW0813"');
  });
});

describe("below the routes", () => {
  it("answers what is not HTTP", async () => {
    const { server } = await serve();
    const answer = await exchangeRaw(server.url, "HELO there\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain('"code":"MW0813"');
  });

  it("refuses headers over 16 KiB", async () => {
    const { server } = await serve();
    const answer = await exchangeRaw(
      server.url,
      `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 431 /);
    expect(answer).toContain('"code":"MW0816"');
  });

  it("refuses a second server on its port, and leaves the first alone", async () => {
    const { server, get, live, log } = await serve();
    const port = Number(new URL(server.url).port);
    const second = startHttpServer(live, { clock: systemClock, port });
    await expect(second).rejects.toMatchObject({ code: "MW0815", details: { port } });
    expect((await get("/health/live")).status).toBe(200);
    expect(log).toEqual([]);
  });

  it("refuses options that it does not know or cannot meet", async () => {
    const { live } = await serve();
    const misspelt = { clock: systemClock, bodyLimitByte: 1 };
    await expect(startHttpServer(live, misspelt)).rejects.toMatchObject({ code: "MW0103" });
    await expect(startHttpServer(live, { clock: systemClock, port: 70_000 })).rejects.toMatchObject({
      code: "MW0104",
    });
    const aborted = startHttpServer(live, { clock: systemClock }, AbortSignal.abort());
    await expect(aborted).rejects.toMatchObject({ code: "MW0105" });
  });
});

describe("failures of the project", () => {
  it("passes a coded error on with its status", async () => {
    const { post, live, log } = await serve();
    const facts = { expected: "a", found: "b", remedy: "C.", details: { d: 1 } };
    live.failWith(projectErrors.error("MW9902", facts));
    const { status, body } = await post("/v1/feedback", {});
    expect(status).toBe(404);
    expect(body).toEqual({ error: { code: "MW9902", title: "unknown prediction", ...facts } });
    expect(log).toEqual([]);
  });

  it("passes a coded fault on and logs it", async () => {
    const { post, live, log } = await serve();
    const fault = projectErrors.error("MW9904", { expected: "space", found: "none", remedy: "Make some." });
    live.failWith(fault);
    expect(await post("/v1/events/flights", {})).toMatchObject({ status: 507, body: errorOf("MW9904") });
    expect(log).toMatchObject([{ fields: { err: fault } }]);
  });

  it.each([
    new Error("the secret"),
    "the secret",
    undefined,
    null,
    { statusCode: 418, message: "the secret" },
  ])("logs an unforeseen one (%s) and keeps it back", async (failure) => {
    const { post, live, log } = await serve();
    live.failWith(failure);
    const { status, body, text } = await post("/v1/events/flights", {});
    expect(status).toBe(500);
    expect(body).toMatchObject(errorOf("MW0809"));
    expect(text).not.toContain("secret");
    const { requestId } = (body?.error as { details: { requestId: string } }).details;
    expect(log).toEqual([
      {
        level: "error",
        fields: { err: failure, requestId },
        message: expect.stringContaining("unexpected") as string,
      },
    ]);
  });
});

describe("faults of the project", () => {
  it("that a sound server gives under load are no errors of the log", async () => {
    const { post, live, log } = await serve();
    const late = new MillwrightError(
      "MW0711",
      { title: "deadline passed", exit: 3, http: 504, about: "Too late." },
      { expected: "time", found: "none", remedy: "Wait longer." },
    );
    live.failWith(late);
    expect((await post(predictPath, flight)).status).toBe(504);
    expect(log).toMatchObject([
      { level: "info", message: "a request was refused: deadline passed", fields: { err: late } },
    ]);
  });

  it("are answered each, and logged once a second of each code", async () => {
    const { post, live, log } = await serve({ clock: manualClock() });
    for (const code of ["MW9904", "MW9904", "MW9904"] as const) {
      live.failWith(projectErrors.error(code, { expected: "room", found: "none", remedy: "Make some." }));
      expect((await post(predictPath, flight)).body).toMatchObject(errorOf(code));
    }
    expect(log.map(({ message }) => message)).toEqual(["the project failed to serve a request"]);
  });
});
