import { writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failure, startCommand, type Running } from "../support/command.js";
import { openssl, selfSigned } from "../support/certificate.js";
import { temporaryFolders } from "../support/trips.js";

/** A server with TLS: files that are not what they should be, and connections on which nothing comes. */

const folders = temporaryFolders();
const started: Running[] = [];
let folder = "";
let own: ReturnType<typeof selfSigned>;

beforeAll(async () => {
  folder = await folders.make({
    "millwright.config.ts": `import { defineProject } from "millwright";
export default defineProject({ name: "bare", models: [] });
`,
    "garbage.pem": "-----BEGIN CERTIFICATE-----\nZ2FyYmFnZQ==\n-----END CERTIFICATE-----\n",
    "empty.pem": "",
  });
  if (openssl === undefined) return;
  await Promise.all(["own", "other"].map((name) => mkdir(join(folder, name))));
  own = selfSigned(join(folder, "own"));
  selfSigned(join(folder, "other"));
  writeFileSync(join(folder, "chain.pem"), `${own.cert.toString()}-----BEGIN CERTIFICATE-----\nZ2Fy\n`);
});
afterAll(async () => {
  for (const { child } of started) child.kill("SIGKILL");
  await folders.removeAll();
});

describe.skipIf(openssl === undefined)("TLS files that cannot be served with are refused by name", () => {
  const [cert, key] = ["own/cert.pem", "own/key.pem"];
  test.each([
    ["the key of another certificate", cert, "other/key.pem", "other/key.pem"],
    ["garbage for a certificate", "garbage.pem", key, "garbage.pem"],
    ["a chain whose second certificate is cut", "chain.pem", key, "chain.pem"],
    ["a key for a certificate", key, key, key],
    ["a certificate for a key", cert, cert, cert],
    ["garbage for a key", cert, "garbage.pem", "garbage.pem"],
    ["an empty certificate", "empty.pem", key, "empty.pem"],
    ["an empty key", cert, "empty.pem", "empty.pem"],
    ["a certificate that is not there", "none.pem", key, "none.pem"],
    ["a folder for a key", cert, "own", "EISDIR"],
  ])("%s", async (_name, certFile, keyFile, named) => {
    const ports = ["--port", "0", "--workers", named === "empty.pem" ? "2" : "1"];
    const { exit, error } = await failure(folder, [
      ...["serve", ...ports, "--tls-cert", certFile, "--tls-key", keyFile],
    ]);
    expect([exit, error.code]).toEqual([2, "MW1201"]);
    expect(error.found).toContain(named);
  });
});

/** Connects and says nothing more; resolves when the other end has ended it. */
async function silence(socket: Socket, connected = "connect"): Promise<{ readonly end: Promise<unknown> }> {
  socket.on("error", () => undefined).resume();
  await once(socket, connected);
  return { end: new Promise((resolve) => socket.once("close", resolve)) };
}

const host = "127.0.0.1";
const portOf = (url: string): number => Number(url.slice(url.lastIndexOf(":") + 1));

describe.skipIf(openssl === undefined)("SIGTERM ends a server", () => {
  test.each([
    [1, false],
    [1, true],
    [2, false],
    [2, true],
  ])("of %i workers although callers say nothing, with TLS: %s", async (workers, tls) => {
    const options = [
      ...["--port", "0", "--grpc-port", "0", "--workers", `${workers}`, "--live", `${workers}-${tls}`],
      ...(tls ? ["--tls-cert", own.certFile, "--tls-key", own.keyFile] : []),
      // What --drain says is its default.
      ...["--drain", "0"],
    ];
    const running = startCommand(folder, "serve", ...options, "--json", "--quiet");
    started.push(running);
    const told = JSON.parse(await running.firstLine) as { readonly url: string; readonly grpc: string };
    const silent = await Promise.all(
      [told.url, told.grpc].map(portOf).flatMap((port) => [
        ...Array.from({ length: 3 }, () => silence(connect(port, host))),
        ...(tls
          ? [
              silence(
                connectTls({
                  port,
                  host,
                  servername: "localhost",
                  ca: own.cert,
                  ALPNProtocols: ["h2", "http/1.1"],
                }),
                "secureConnect",
              ),
            ]
          : []),
      ]),
    );
    running.child.kill("SIGTERM");
    await Promise.all(silent.map(({ end }) => end));
    expect(await running.ended).toMatchObject({ code: 0, signal: null });
  });
});
