import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Protocol, ToPrimary } from "./messages.js";
import { Reception } from "./reception.js";

/** Says its name on every connection that it takes, or takes none; tells of those that end. */
const program = `
let open = 0;
process.on("message", ({ id }, socket) => {
  const taken = process.argv[2] === "takes";
  if (taken) open++;
  process.send({ to: "primary", kind: "took", id, taken, open });
  if (!taken) return socket.destroy();
  socket.on("error", () => undefined).on("close", () => process.send({ to: "primary", kind: "closed", open: --open }));
  socket.resume().write(String(process.pid));
});
process.send("ready");
`;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millwright-reception-"));
  await writeFile(join(folder, "worker.mjs"), program);
});
afterAll(() => rm(folder, { recursive: true }));

async function reception(waitMs?: number) {
  const made = new Reception(waitMs);
  onTestFinished(() => made.close());
  const listen = (protocol: Protocol) => made.listen(protocol, { host: "127.0.0.1", port: 0 });
  return { made, port: await listen("http"), grpcPort: await listen("grpc") };
}

async function start(to: Reception, ...args: readonly string[]): Promise<ChildProcess> {
  const worker = fork(join(folder, "worker.mjs"), args);
  onTestFinished(() => void worker.kill("SIGKILL"));
  await once(worker, "message");
  worker.on("message", (message: ToPrimary) => {
    if (message.kind === "took") to.answered(worker, message);
    if (message.kind === "closed") to.counted(worker, message.open);
  });
  worker.once("close", () => to.lost(worker));
  to.join(worker);
  return worker;
}

function open(port: number): Socket {
  const socket = connect(port, "127.0.0.1").on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** Who answers a connection; undefined when it is closed instead. */
async function asked(port: number, socket = open(port)): Promise<number | undefined> {
  const answer = once(socket, "data").then(([name]: unknown[]) => Number(name));
  return Promise.race([answer, once(socket, "close").then(() => undefined)]);
}

test("connections that come at once are spread evenly", async () => {
  const { made, port } = await reception();
  const { pid } = await start(made, "takes");
  await start(made, "takes");
  const names = await Promise.all(Array.from({ length: 32 }, () => asked(port)));
  expect(names.filter((name) => name === pid)).toHaveLength(16);
});

test("a process that comes later gets connections until it has as many", async () => {
  const { made, port } = await reception();
  await start(made, "takes");
  await Promise.all(Array.from({ length: 4 }, () => asked(port)));
  const { pid } = await start(made, "takes");
  const names = await Promise.all(Array.from({ length: 4 }, () => asked(port)));
  expect(names).toEqual([pid, pid, pid, pid]);
});

test("a process whose connections ended gets as many as another that never had any", async () => {
  const { made, port } = await reception();
  const first = await start(made, "takes");
  const early = Array.from({ length: 6 }, () => open(port));
  await Promise.all(early.map((socket) => asked(port, socket)));
  const told = new Promise<void>((resolve) => {
    first.on("message", (message: ToPrimary) => {
      if (message.kind === "closed" && message.open === 0) resolve();
    });
  });
  for (const socket of early) socket.destroy();
  await told;
  await start(made, "takes");
  const names = await Promise.all(Array.from({ length: 6 }, () => asked(port)));
  expect(names.filter((name) => name === first.pid)).toHaveLength(3);
});

test("a connection that was on its way to a process which dies is given to another", async () => {
  const { made, port } = await reception();
  const first = await start(made, "takes");
  first.kill("SIGSTOP");
  // Handed to the only process there is, before the next one has come up.
  const answers = Array.from({ length: 3 }, () => asked(port));
  const { pid } = await start(made, "takes");
  first.kill("SIGKILL");
  expect(await Promise.all(answers)).toEqual([pid, pid, pid]);
});

test("what a process does not want goes to another, and ends where there is none", async () => {
  const { made, port } = await reception();
  await start(made, "takes none");
  expect(await asked(port)).toBeUndefined();
  const willing = await start(made, "takes");
  await start(made, "takes none");
  const names = await Promise.all(Array.from({ length: 4 }, () => asked(port)));
  expect(new Set(names)).toEqual(new Set([willing.pid]));
});

test("a process that leaves one protocol still takes connections of the other", async () => {
  const { made, port, grpcPort } = await reception();
  const worker = await start(made, "takes");
  made.leave(worker, "grpc");
  expect(await asked(grpcPort)).toBeUndefined();
  expect(await asked(port)).toBe(worker.pid);
});

test("connections that no process takes in time are closed, on their way to it or not", async () => {
  const { made, port } = await reception(200);
  const worker = await start(made, "takes");
  worker.kill("SIGSTOP");
  // More than are handed to a process at once.
  const answers = await Promise.all(Array.from({ length: 80 }, () => asked(port)));
  expect(new Set(answers)).toEqual(new Set([undefined]));
});

test("a caller who is gone before anybody took the connection harms nobody", async () => {
  const { made, port } = await reception();
  const first = await start(made, "takes");
  first.kill("SIGSTOP");
  const impatient = open(port);
  await once(impatient, "connect");
  impatient.resetAndDestroy();
  const patient = asked(port);
  const { pid } = await start(made, "takes");
  first.kill("SIGKILL");
  expect(await patient).toBe(pid);
});

test("a port that is taken: MW0815", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as AddressInfo;
  await expect(new Reception().listen("http", { host: "127.0.0.1", port })).rejects.toMatchObject({
    ...{ code: "MW0815", details: { host: "127.0.0.1", port } },
  });
});
