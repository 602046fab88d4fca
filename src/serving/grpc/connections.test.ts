import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { requireProgram } from "../../../test/require-program.js";
import type { HostedModel } from "../../lifecycle/index.js";
import {
  doorOf,
  hostOf,
  PlainClient,
  refusal,
  scaleModel,
  scaleRequest,
  served,
} from "./grpc-server.testing.js";

let model: HostedModel;
beforeAll(async () => {
  model = await scaleModel();
});

const openssl = requireProgram("openssl", "apt-get install openssl");

describe.skipIf(openssl === undefined)("TLS over gRPC", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "millwright-grpc-tls-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A key and a certificate that it signed itself. */
  function pair(name: string): { readonly key: Buffer; readonly cert: Buffer } {
    const [keyFile, certFile] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
    execFileSync(
      openssl as string,
      [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"],
        ...["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"],
        ...["-keyout", keyFile, "-out", certFile],
      ],
      { stdio: "ignore" },
    );
    return { key: readFileSync(keyFile), cert: readFileSync(certFile) };
  }

  it("asks clients for a certificate where it is told who signs them, and refuses all others", async () => {
    const [own, friend, stranger] = [pair("server"), pair("friend"), pair("stranger")];
    const options = { tls: { ...own, clientCa: friend.cert } };
    await served(
      doorOf(hostOf(model)),
      async (plain, { url }) => {
        const ask = async (channel: ReturnType<typeof credentials.createSsl>) => {
          const client = new PlainClient(url, channel);
          onTestFinished(() => client.close());
          return client.call("ModelInfer", scaleRequest([1, 2]));
        };
        expect(await ask(credentials.createSsl(own.cert, friend.key, friend.cert))).toHaveProperty("answer");
        const unavailable = { status: 14 };
        expect(await ask(credentials.createSsl(own.cert, stranger.key, stranger.cert))).toMatchObject(
          unavailable,
        );
        expect(await ask(credentials.createSsl(own.cert))).toMatchObject(unavailable);
        expect(await ask(credentials.createSsl(stranger.cert, friend.key, friend.cert))).toMatchObject(
          unavailable,
        );
        expect(await plain.call("ServerLive", {})).toMatchObject(unavailable);
      },
      options,
    );
  });

  it("does not start with a key that is none", async () => {
    const { cert } = pair("server");
    const started = served(doorOf(hostOf(model)), async () => undefined, { tls: { cert, key: "none" } });
    await expect(started).rejects.toMatchObject({ code: "MW0815" });
  });
});

/** HTTP/2 (RFC 9113): the preface, and a SETTINGS frame without a setting. */
const hello = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);
const ping = 6;

/** The types of the frames in a stream of bytes: a header has nine, of which the first three say how much follows. */
function frameTypes(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) types.push(bytes[at + 3]);
  return types;
}

describe("keepalive over gRPC", () => {
  const keepalive = { timeMs: 20, timeoutMs: 50 };

  it("cuts a connection whose other end does not answer pings", async () => {
    await served(
      doorOf(hostOf(model)),
      async (_client, { port }) => {
        const socket = connect(port, "127.0.0.1", () => socket.write(hello));
        const received: Buffer[] = [];
        socket.on("data", (bytes) => received.push(bytes)).on("error", () => undefined);
        await once(socket, "close");
        expect(frameTypes(Buffer.concat(received))).toContain(ping);
      },
      { keepalive },
    );
  });

  it("keeps one that answers them", async () => {
    await served(
      doorOf(hostOf(model)),
      async (_client, { url }) => {
        // Node's client answers pings by itself.
        const session = connectHttp2(`http://${url}`);
        for (let pings = 0; pings < 5; pings++) await once(session, "ping");
        expect([session.closed, session.destroyed]).toEqual([false, false]);
        session.close();
      },
      { keepalive: { ...keepalive, timeoutMs: 10_000 } },
    );
  });
});

describe("a caller's deadline over gRPC", () => {
  it("answers the caller in time, and gives the work up", async () => {
    const seen: (number | undefined)[] = [];
    let gaveUp = (): void => undefined;
    const cancelled = new Promise<void>((resolve) => (gaveUp = resolve));
    const infer: HostedModel["infer"] = (_inputs, { signal, deadlineMs } = {}) => {
      seen.push(deadlineMs);
      return new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => {
          gaveUp();
          reject(refusal(499));
        });
      });
    };
    const host = hostOf({ ...model, infer });
    const door = doorOf(host);
    await served(door, async (client) => {
      const nowMs = door.clock.monotonicMs();
      const outcome = await client.call("ModelInfer", scaleRequest([1, 2]), { deadlineMs: 200 });
      expect(outcome).toMatchObject({ status: 4 });
      await cancelled;
      // The model was told: the caller's limit, less the way to the server, and not the server's ten seconds.
      expect(seen).toHaveLength(1);
      expect(seen[0]).toBeGreaterThan(nowMs - 1);
      expect(seen[0]).toBeLessThan(nowMs + 1000);
    });
  });
});
