import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { serve } from "../serving/http/http-server.testing.js";
import { flight } from "../serving/http/live-project.testing.js";
import type { HttpServerOptions } from "../serving/index.js";
import { createClient, MillwrightClientError, type ClientOptions } from "./index.js";

async function connected(server: Partial<HttpServerOptions> = {}, options: Partial<ClientOptions> = {}) {
  const { live, server: opened } = await serve(server);
  const { url } = opened;
  return { live, url, client: createClient({ url, ...options }) };
}

/** A server that is none of ours. */
async function other(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("the client against the server", () => {
  it("predicts", async () => {
    const { client } = await connected();
    const answer = await client.predict("arrival-delay", flight);
    // The fixture's probability is distance / 6000.
    expect(answer).toEqual({ id: "p1", model: "arrival-delay", version: "3", probability: 0.431 });
    const dated = await client.predict("arrival-delay", { ...flight, date: new Date("2001-06-01") });
    expect(dated.id).toBe("p2");
  });

  it("predicts many, each judged alone", async () => {
    const { client } = await connected();
    const results = await client.predictMany("arrival-delay", [flight, { ...flight, distance: 0 }]);
    expect(results[0]).toMatchObject({ ok: true, prediction: { probability: 0.431 } });
    expect(results[1]).toMatchObject({
      ok: false,
      error: { code: "MW9901", details: { problems: [{ kind: "range" }] } },
    });
    expect(results[1].ok || results[1].error).toBeInstanceOf(MillwrightClientError);
  });

  it("gives feedback", async () => {
    const { client } = await connected();
    const { id } = await client.predict("arrival-delay", flight);
    await expect(client.feedback(id, true)).resolves.toBeUndefined();
    await expect(client.feedback("p9", true)).rejects.toMatchObject({ code: "MW9902", status: 404 });
    const receipt = await client.feedbackMany([
      { id, label: false },
      { id: "p9", label: true },
    ]);
    expect(receipt).toMatchObject({ accepted: 1, rejected: [{ index: 1, error: { code: "MW9902" } }] });
  });

  it("ingests events", async () => {
    const { client } = await connected();
    const receipt = await client.ingest("flights", [
      { date: "2001-06-01", origin: "JFK" },
      { origin: "JFK" },
    ]);
    expect(receipt).toMatchObject({ accepted: 1, quarantined: [{ index: 1 }] });
  });

  it("lists models and tells readiness", async () => {
    const { client, live } = await connected();
    expect(await client.models()).toMatchObject([{ name: "arrival-delay", request: { type: "object" } }]);
    expect(await client.ready()).toEqual({ ready: true, reasons: [] });
    live.notReady("loading");
    expect(await client.ready()).toEqual({ ready: false, reasons: ["loading"] });
  });

  it("rejects with the server's coded error", async () => {
    const { client } = await connected();
    const refused = client.predict("arival-delay", flight);
    await expect(refused).rejects.toBeInstanceOf(MillwrightClientError);
    await expect(refused).rejects.toMatchObject({
      code: "MW0814",
      title: "unknown model",
      status: 404,
      remedy: 'Did you mean "arrival-delay"?',
      details: { model: "arival-delay" },
    });
  });

  it("escapes names in paths", async () => {
    const { client } = await connected();
    await expect(client.predict("a/../b?c", flight)).rejects.toMatchObject({
      code: "MW0814",
      details: { model: "a/../b?c" },
    });
  });

  it("sends the request again after Retry-After, when told to", async () => {
    const { client, url, live } = await connected({ maxInFlight: 1 }, { retries: 3 });
    const release = live.hold();
    const first = client.predict("arrival-delay", flight);
    await live.begun(1);
    const refused = createClient({ url }).predict("arrival-delay", flight);
    await expect(refused).rejects.toMatchObject({ code: "MW0807", status: 503 });
    const second = client.predict("arrival-delay", flight);
    release();
    expect((await Promise.all([first, second])).map(({ probability }) => probability)).toEqual([
      0.431, 0.431,
    ]);
  });
});

describe("how a call wants to be served", () => {
  it("is told to the server", async () => {
    const { client, live } = await connected();
    await client.predict("arrival-delay", flight, { priority: 3, timeoutMs: 5000 });
    expect(live.patience()).toMatchObject({ priority: 2 });
    const release = live.hold();
    const late = client.predictMany("arrival-delay", [flight], { timeoutMs: 30 });
    // Whoever of the two notices first.
    await expect(late).rejects.toMatchObject({ code: expect.stringMatching(/MW0808|MW1302/) as string });
    release();
  });

  it.each([{ priority: -1 }, { priority: 1.5 }, { timeoutMs: 0 }])(
    "MW1306: %j is not sent",
    async (options) => {
      const { client, live } = await connected();
      const refused = client.predict("arrival-delay", flight, options);
      await expect(refused).rejects.toMatchObject({ code: "MW1306" });
      expect(live.taken.predictions).toBe(0);
    },
  );

  it.each([429, 503])("sends again what was refused with %i before any work", async (status) => {
    let asked = 0;
    const url = await other((_request, response) => {
      const isFirst = asked++ === 0;
      response.writeHead(isFirst ? status : 200, { "retry-after": "0" });
      response.end(isFirst ? "{}" : '{"ready":true,"reasons":[]}');
    });
    expect(await createClient({ url, retries: 1 }).ready()).toMatchObject({ ready: true });
    expect(asked).toBe(2);
  });
});

describe("the client's own errors", () => {
  it("MW1301: nobody listens, or the answer breaks off", async () => {
    const url = await other((_request, response) =>
      response.writeHead(200, { "content-length": 9 }).write("{", () => response.destroy()),
    );
    await expect(createClient({ url }).models()).rejects.toMatchObject({ code: "MW1301" });
    const { server } = await serve();
    await server.close();
    const nobody = createClient({ url: server.url }).models();
    await expect(nobody).rejects.toMatchObject({ code: "MW1301", status: undefined });
  });

  it("MW1302: no answer within timeoutMs", async () => {
    const url = await other(() => undefined);
    const late = createClient({ url, timeoutMs: 30 }).models();
    await expect(late).rejects.toMatchObject({ code: "MW1302", details: { timeoutMs: 30 } });
  });

  it.each([
    ["HTML", 200, "<html>"],
    ["HTML with an error status", 502, "<html>Bad Gateway"],
    ["nothing", 204, ""],
    ["a list", 200, "[]"],
    ["another service's JSON", 200, '{"hello":1}'],
    ["a member of another type", 200, '{"models":{}}'],
    ["an error of another service", 404, '{"error":"not found"}'],
  ])("MW1303: the answer is %s", async (_name, status, text) => {
    const url = await other((_request, response) => response.writeHead(status).end(text));
    await expect(createClient({ url }).models()).rejects.toMatchObject({ code: "MW1303", status });
  });

  it.each([NaN, Infinity, new Date(NaN), 1n])(
    "MW1304: a request with %s is not sent as another",
    async (value) => {
      const { client, live } = await connected();
      const refused = client.predict("arrival-delay", { ...flight, load: value });
      await expect(refused).rejects.toMatchObject({ code: "MW1304" });
      expect(live.taken.predictions).toBe(0);
    },
  );

  it("MW1305: the caller's signal, before, during and between attempts", async () => {
    const { client, live } = await connected();
    const early = client.predict("arrival-delay", flight, { signal: AbortSignal.abort("no longer needed") });
    await expect(early).rejects.toMatchObject({ code: "MW1305", cause: "no longer needed" });
    const release = live.hold();
    const controller = new AbortController();
    const during = client.predict("arrival-delay", flight, controller);
    await live.begun(1);
    controller.abort();
    await expect(during).rejects.toMatchObject({ code: "MW1305" });
    release();
    let asked = (): void => undefined;
    const onceAsked = new Promise<void>((resolve) => (asked = resolve));
    const url = await other((_request, response) => {
      response.writeHead(503, { "retry-after": "3600" }).end("{}", asked);
    });
    const between = new AbortController();
    const waiting = createClient({ url, retries: 1 }).models(between);
    await onceAsked;
    between.abort();
    await expect(waiting).rejects.toMatchObject({ code: "MW1305" });
  });

  it.each([
    [{ url: "127.0.0.1:80" }],
    [{ url: "ftp://x" }],
    [{ url: "http://x", timeoutMs: 0 }],
    [{ url: "http://x", retries: 0.5 }],
  ])("MW1306: options %j", (options) => {
    expect(() => createClient(options)).toThrow(expect.objectContaining({ code: "MW1306" }) as Error);
  });

  it("sends its headers below its path, with the fetch it was given", async () => {
    const seen: unknown[] = [];
    const url = await other((request, response) => {
      seen.push(request.method, request.url, request.headers["x-key"], request.headers["content-type"]);
      response.end('{"ready":true,"reasons":[]}');
    });
    let calls = 0;
    const counting: typeof fetch = (...args) => {
      calls++;
      return fetch(...args);
    };
    await createClient({ url: `${url}/ml`, headers: { "x-key": "k" }, fetch: counting }).ready();
    expect({ seen, calls }).toEqual({ seen: ["GET", "/ml/health/ready", "k", undefined], calls: 1 });
  });
});
