import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startCrew } from "./crew.js";

/** Crews of two small programs that say what workers say. */

const head = `
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
const number = process.env.MILLWRIGHT_WORKER;
const file = (name) => process.argv[2] + "/" + name;
const tell = (kind, more) => process.send({ to: "primary", kind, ...more });
const told = new Promise((heard) => process.on("message", ({ kind }) => {
  if (kind === "stop") process.exit();
  heard(kind);
}));
const serve = () => tell("serving", { serving: { models: [number] } });
`;

async function programOf(body: string) {
  const folder = await mkdtemp(join(tmpdir(), "millwright-crew-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const script = join(folder, "worker.mjs");
  await writeFile(script, head + body);
  return { folder, script };
}

function startTwo(script: string, args: readonly string[], signal?: AbortSignal) {
  const log = { info: () => undefined, error: () => undefined };
  const http = { host: "127.0.0.1", port: 0, tls: false };
  return startCrew({ count: 2, script, args, http, log }, signal);
}

test("who waits for the first goes on once that has opened what it shares", async () => {
  const { folder, script } = await programOf(`
if (number === "1") {
  while (!existsSync(file("waits"))) await new Promise((resolve) => setImmediate(resolve));
  appendFileSync(file("order"), "1");
  tell("history");
} else {
  tell("afterFirst");
  writeFileSync(file("waits"), "");
  appendFileSync(file("order"), await told + number);
}
serve();
`);
  const crew = await startTwo(script, [folder]);
  expect(await readFile(join(folder, "order"), "utf8")).toBe("1afterFirst2");
  expect(crew.serving).toEqual({ models: ["1"] });
  await crew.close();
});

test("a process that cannot be made: MW0826", async () => {
  const { script } = await programOf("serve();");
  // No argument of a process may hold this.
  await expect(startTwo(script, ["\0"])).rejects.toMatchObject({
    ...{ code: "MW0826", found: expect.stringContaining("null bytes") as string, details: { worker: 1 } },
  });
});

test("a signal that fires while one of them still starts ends all: MW0105", async () => {
  const { folder, script } = await programOf(`
if (number === "1") serve();
else setInterval(() => undefined, 2 ** 30);
`);
  const stop = new AbortController();
  const started = startTwo(script, [folder], stop.signal);
  stop.abort();
  await expect(started).rejects.toMatchObject({ code: "MW0105" });
  await expect(startTwo(script, [folder], stop.signal)).rejects.toMatchObject({ code: "MW0105" });
});
