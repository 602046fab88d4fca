import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../kernel/index.js";
import { openssl, selfSigned } from "../../test/support/certificate.js";
import { floatsCall } from "../../test/support/inference-server.js";
import type { Connections } from "./connections.js";
import { doorOf, hostOf, PlainClient, scaleModel } from "./grpc/grpc-server.testing.js";
import { startGrpcServer } from "./grpc/server.js";
import { fixtureProject, flight } from "./http/live-project.testing.js";
import { predictPath } from "./http/http-server.testing.js";
import { startHttpServer } from "./http/server.js";

/** Connections that another server accepts, and how all of them end. */

const log = { info: () => undefined, error: () => undefined };

/** Accepts connections in place of a server. */
async function acceptFor(): Promise<Connections & { readonly port: number }> {
  let take: ((socket: Socket) => void) | undefined;
  const front = createServer((socket) => (take === undefined ? socket.destroy() : take(socket)));
  front.listen(0, "127.0.0.1");
  await once(front, "listening");
  onTestFinished(() => void front.close());
  return {
    port: (front.address() as AddressInfo).port,
    open: (to) => void (take = to),
    close: () => void (take = undefined),
  };
}

/** All that a peer says to some bytes, until it ends the connection. */
async function told(port: number, bytes: string, end: boolean): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  if (end) socket.end(bytes);
  else socket.write(bytes);
  await once(socket, "close");
  return text;
}

async function serve(requestTimeoutMs = 10_000) {
  const connections = await acceptFor();
  const live = fixtureProject();
  const server = await startHttpServer(live, { clock: systemClock, log, requestTimeoutMs, connections });
  onTestFinished(() => server.close());
  return { ...{ live, server }, port: connections.port };
}

test("whoever ends its half after the request is answered", async () => {
  const { server, port } = await serve();
  expect(server.url).toBe("");
  const body = JSON.stringify(flight);
  const request = `POST ${predictPath} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  expect(await told(port, request, true)).toMatch(/^HTTP\/1\.1 200 OK/);
});

test("headers that do not come to an end are refused in time", async () => {
  const { port } = await serve(100);
  expect(await told(port, "GET /health/live HTTP/1.1\r\nHost:", false)).toMatch(/^HTTP\/1\.1 408 /);
});

test("closing answers what is in flight, ends idle connections, and takes no more", async () => {
  const { live, server, port } = await serve();
  const url = `http://127.0.0.1:${port}`;
  const idle = connect(port, "127.0.0.1");
  idle.write("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
  await once(idle, "data");
  const idleEnds = once(idle.resume(), "close");
  const release = live.hold();
  const asked = fetch(`${url}${predictPath}`, {
    ...{ method: "POST", body: JSON.stringify(flight) },
    headers: { "content-type": "application/json" },
  });
  await live.begun(1);
  const closed = server.close();
  release();
  expect((await asked).status).toBe(200);
  await Promise.all([closed, idleEnds]);
  await expect(fetch(`${url}/health/live`)).rejects.toThrow();
});

test("a server of gRPC answers over them, and ends a connection that says nothing", async () => {
  const connections = await acceptFor();
  const host = hostOf(await scaleModel());
  const server = await startGrpcServer(doorOf(host), { connections });
  onTestFinished(() => server.close());
  const client = new PlainClient(`127.0.0.1:${connections.port}`);
  onTestFinished(() => client.close());
  const answer = await client.call("ModelInfer", floatsCall("scale", ["x", [1, 2]], [3, 4]));
  expect(answer).toMatchObject({ answer: { model_name: "scale" } });
  const silent = connect(connections.port, "127.0.0.1").resume();
  await once(silent, "connect");
  const ends = once(silent, "close");
  await server.close();
  await ends;
});

/** Connects, says nothing more, and waits for the other end to end it. */
async function silence(socket: Socket, connected = "connect"): Promise<{ readonly end: Promise<unknown> }> {
  socket.on("error", () => undefined).resume();
  await once(socket, connected);
  return { end: new Promise((resolve) => socket.once("close", resolve)) };
}

function tlsFiles() {
  const folder = mkdtempSync(join(tmpdir(), "millwright-connections-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { keyFile, cert } = selfSigned(folder);
  return { cert, key: readFileSync(keyFile) };
}

const protocols = {
  HTTP: async (tls?: { cert: Buffer; key: Buffer }) => {
    const server = await startHttpServer(fixtureProject(), { clock: systemClock, log, ...(tls && { tls }) });
    return { server, port: Number(new URL(server.url).port) };
  },
  gRPC: async (tls?: { cert: Buffer; key: Buffer }) => {
    const server = await startGrpcServer(doorOf(hostOf(await scaleModel())), { ...(tls && { tls }) });
    return { server, port: server.port };
  },
} as const;

describe.each(["HTTP", "gRPC"] as const)("a server of %s that accepts its connections itself", (protocol) => {
  test("closes although one says nothing", async () => {
    const { server, port } = await protocols[protocol]();
    const ends = [await silence(connect(port, "127.0.0.1")), await silence(connect(port, "127.0.0.1"))];
    await server.close();
    await Promise.all(ends.map(({ end }) => end));
    await expect(once(connect(port, "127.0.0.1"), "connect")).rejects.toThrow("ECONNREFUSED");
  });

  test.skipIf(openssl === undefined)("closes although one shakes no hands, and one only that", async () => {
    const tls = tlsFiles();
    const { server, port } = await protocols[protocol](tls);
    const before = await silence(connect(port, "127.0.0.1"));
    const secure = connectTls({
      ...{ port, host: "127.0.0.1", servername: "localhost", ca: tls.cert },
      ALPNProtocols: ["h2", "http/1.1"],
    });
    const after = await silence(secure, "secureConnect");
    await server.close();
    await Promise.all([before.end, after.end]);
    await expect(once(connect(port, "127.0.0.1"), "connect")).rejects.toThrow("ECONNREFUSED");
  });
});

test("a host's name is all of its addresses", async () => {
  const server = await startHttpServer(fixtureProject(), { clock: systemClock, log, host: "localhost" });
  onTestFinished(() => server.close());
  const { hostname, port } = new URL(server.url);
  expect(["127.0.0.1", "[::1]"]).toContain(hostname);
  expect((await fetch(`http://localhost:${port}/health/live`)).status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200);
});
