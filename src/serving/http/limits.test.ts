import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { scalingGraph } from "../../inference/tensor-graphs.testing.js";
import { manualClock, systemClock } from "../../kernel/index.js";
import type { ModelHost } from "../../lifecycle/index.js";
import { graphHost } from "../oip/graph-host.testing.js";
import { exchangeRaw, predictPath, serve, type Answer, type Served } from "./http-server.testing.js";
import { fixtureProject, flight } from "./live-project.testing.js";
import { startHttpServer } from "./server.js";

const code = (answer: Answer) => (answer.body?.error as { code: string } | undefined)?.code;

describe("time limits", () => {
  it("answers 504 when the project takes too long, and serves on", async () => {
    const { post, live } = await serve({ requestTimeoutMs: 400 });
    const release = live.hold();
    const answer = await post(predictPath, flight);
    expect(answer).toMatchObject({
      status: 504,
      body: { error: { code: "MW0808", details: { timeoutMs: 400 } } },
    });
    expect(answer.headers.get("retry-after")).toBe("1");
    release();
    expect((await post(predictPath, flight)).status).toBe(200);
  });

  it.each([
    ["the typed API", predictPath, ""],
    ["tensors in their lane", "/v2/models/scale/infer", ""],
    ["tensors", "/v2/models/scale/infer", "te: trailers\r\n"],
  ])("count from a request's head on, however slowly its body comes: %s", async (_what, path, more) => {
    const host = await graphHost([{ name: "scale", version: "1", graph: scalingGraph(2) }]);
    onTestFinished(() => host.close());
    const clock = manualClock();
    const tensors = { host, server: { name: "millwright", version: "1" } };
    const { server, get, live } = await serve({ clock, tensors, requestTimeoutMs: 10_000 });
    const input = { name: "x", datatype: "FP32", shape: [1, 2], data: [1, 2] };
    const body = JSON.stringify(path === predictPath ? flight : { inputs: [input] });
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname).setEncoding("utf8");
    onTestFinished(() => void socket.destroy());
    const arrivedMs = clock.monotonicMs();
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n${more}\r\n`);
    await expect.poll(async () => (await get("/metrics")).text).toContain("millwright_in_flight_requests 1");
    clock.advance(4000);
    socket.write(body);
    const [answer] = (await once(socket, "data")) as [string];
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    const given = path === predictPath ? live.patience() : host.calls[0];
    expect(given?.deadlineMs).toBe(arrivedMs + 10_000);
  });

  it("waits for a model to load as long as the caller does", async () => {
    const graphs = await graphHost([{ name: "scale", version: "1", graph: scalingGraph(2) }]);
    onTestFinished(() => graphs.close());
    let loaded = (): void => undefined;
    const waits = new Promise<void>((resolve) => (loaded = resolve));
    const host: ModelHost = {
      ...graphs,
      async load(name, version) {
        await waits;
        return graphs.load(name, version);
      },
    };
    const tensors = { host, server: { name: "millwright", version: "1" } };
    const { post, live } = await serve({ requestTimeoutMs: 50, tensors });
    const load = post("/v2/repository/models/scale/load", {});
    // A prediction that came later is too late already, and with it whatever the limit is for.
    const release = live.hold();
    expect((await post(predictPath, flight)).status).toBe(504);
    release();
    loaded();
    expect(await load).toMatchObject({ status: 200, body: { name: "scale", version: "1", state: "READY" } });
  });

  it("tells the limit of tensors for tensors", async () => {
    const host = await graphHost([{ name: "scale", version: "1", graph: scalingGraph(2) }]);
    onTestFinished(() => host.close());
    const tensors = { host, server: { name: "millwright", version: "1" }, bodyLimitBytes: 2000 };
    const { post } = await serve({ bodyLimitBytes: 1000, tensors });
    const { status, body } = await post("/v2/models/scale/infer", "x".repeat(3000));
    expect(status).toBe(413);
    expect(body?.error).toContain("at most 2000 bytes");
  });

  it("ends a body that never comes to its end", async () => {
    const { server, get } = await serve({ requestTimeoutMs: 50 });
    const head = `POST ${predictPath} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`;
    const answer = await exchangeRaw(server.url, head);
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toContain('"code":"MW0810"');
    expect(answer.toLowerCase()).toContain("connection: close");
    expect((await get("/metrics")).text).toContain("millwright_in_flight_requests 0");
  });

  it("ends headers that never come to their end", async () => {
    const { server } = await serve({ requestTimeoutMs: 50 });
    const answer = await exchangeRaw(server.url, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toContain('"code":"MW0810"');
  });
});

describe("the limit of requests in flight", () => {
  it("refuses early with Retry-After, keeps answering health, and recovers", async () => {
    const { post, get, live } = await serve({ maxInFlight: 2 });
    const release = live.hold();
    const held = [post(predictPath, flight), post(predictPath, flight)];
    await live.begun(2);
    const refused = await post("/v1/events/flights", {});
    expect(refused).toMatchObject({
      status: 503,
      body: { error: { code: "MW0807", details: { maxInFlight: 2 } } },
    });
    expect(refused.headers.get("retry-after")).toBe("1");
    expect((await get("/health/live")).status).toBe(200);
    release();
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await post(predictPath, flight)).status).toBe(200);
  });

  it("frees the place of a client that went away", async () => {
    const { server, live, post, get } = await serve({ maxInFlight: 1 });
    const release = live.hold();
    const gone = new AbortController();
    const abandoned = fetch(server.url + predictPath, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(flight),
      signal: gone.signal,
    });
    await live.begun(1);
    gone.abort();
    await expect(abandoned).rejects.toThrow();
    release();
    await expect.poll(async () => (await get("/metrics")).text).toContain("millwright_in_flight_requests 0");
    expect((await post(predictPath, flight)).status).toBe(200);
  });
});

describe("closing", () => {
  it("turns unready, refuses new work, answers what is in flight, then closes", async () => {
    const { post, get, live, server } = await serve();
    const release = live.hold();
    const held = Array.from({ length: 50 }, () => post(predictPath, flight));
    await live.begun(50);
    const closed = server.close();
    const ready = await get("/health/ready");
    expect(ready).toMatchObject({
      status: 503,
      body: { ready: false, reasons: ["the server is shutting down"] },
    });
    expect(ready.headers.get("connection")).toBe("close");
    const refused = await post(predictPath, flight);
    expect(refused).toMatchObject({ status: 503, body: { error: { code: "MW0811" } } });
    release();
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual(Array(50).fill(200));
    await closed;
    await expect(get("/health/live")).rejects.toThrow("fetch failed");
    expect(live.taken.predictions).toBe(50);
  });

  it("loses no request under load: each is answered, or refused by code", async () => {
    const { live, server, post } = await serve();
    const release = live.hold("SLOW");
    const slow = post(predictPath, { ...flight, origin: "SLOW" });
    let answered = 0;
    const client = async (): Promise<string | undefined> => {
      for (;;) {
        const answer = await post(predictPath, flight);
        if (answer.status !== 200) return code(answer);
        answered++;
      }
    };
    const clients = Array.from({ length: 16 }, client);
    await live.begun(200);
    const closed = server.close();
    expect(await Promise.all(clients)).toEqual(Array(16).fill("MW0811"));
    release();
    expect((await slow).status).toBe(200);
    await closed;
    expect(live.taken.predictions).toBe(answered + 1);
    expect(answered).toBeGreaterThanOrEqual(199 - 16);
  });

  it("takes work for drainMs after it turned unready", async () => {
    const { post, get, server } = await serve({ drainMs: 500 });
    const closed = server.close();
    expect((await get("/health/ready")).status).toBe(503);
    const answer = await post(predictPath, flight);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("connection")).toBe("close");
    await closed;
    await expect(get("/health/live")).rejects.toThrow("fetch failed");
  });

  it("closes connections that stay idle, whether they ever sent a request or not", async () => {
    const { server } = await serve();
    const silent = await openSocket(server.url);
    const used = await openSocket(server.url);
    used.write("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
    await new Promise((resolve) => used.once("data", resolve));
    const ends = [silent, used].map((socket) => new Promise((resolve) => socket.once("close", resolve)));
    await server.close();
    expect(await Promise.all(ends)).toHaveLength(2);
  });

  it("closes once, however often it is asked, and when its signal fires", async () => {
    const controller = new AbortController();
    const server = await startHttpServer(fixtureProject(), { clock: systemClock }, controller.signal);
    controller.abort();
    const again = server.close();
    expect(server.close()).toBe(again);
    await again;
    await expect(fetch(server.url)).rejects.toThrow("fetch failed");
  });
});

function openSocket(url: Served["server"]["url"]): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => resolve(socket));
    socket.once("error", reject);
    onTestFinished(() => void socket.destroy());
  });
}
