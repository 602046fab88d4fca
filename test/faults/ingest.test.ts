import { appendFile, cp, readFile, readdir, truncate } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fsLogReader } from "../../src/adapters/fs/index.js";
import { seededRng, type Rng } from "../../src/kernel/index.js";
import type { IngestReceipt } from "../../src/lifecycle/index.js";
import { commandPath, runJson, start } from "../support/command.js";
import { numbered, numberedConfig, numberedCsv, type NumberedTrip } from "../support/numbered-trips.js";
import { listening, startServer, type Prediction, type Refused, type Server } from "../support/server.js";
import { defaultTrips, temporaryFolders } from "../support/trips.js";

const folders = temporaryFolders();
const running: Server[] = [];
let trained: string;

const asOf = "2024-01-20T00:00:00Z";
const trips = numbered(defaultTrips);
const traffic = trips.filter(({ at }) => at >= asOf);
const predictPath = "/v1/models/late-trip/predict";

beforeAll(async () => {
  trained = await folders.make({ "millwright.config.ts": numberedConfig, "trips.csv": numberedCsv(trips) });
  await runJson(trained, ["train"]);
});
afterAll(async () => {
  for (const server of running) server.running.child.kill("SIGKILL");
  await folders.removeAll();
});

async function copyOf(folder: string): Promise<string> {
  const copy = await folders.make({});
  await cp(folder, copy, { recursive: true });
  return copy;
}

async function serve(folder: string): Promise<Server> {
  const server = await startServer(folder, "--as-of", asOf);
  running.push(server);
  return server;
}

const liveFolder = (folder: string, name: string) => join(folder, ".millwright/live/default", name);

async function loggedTrips(folder: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { records } of fsLogReader(liveFolder(folder, "events-trips")).read(2)) {
    ids.push(...records.map((line) => (JSON.parse(line) as [unknown, [string]])[1][0]));
  }
  return ids;
}

async function postLines(server: Server, events: readonly object[]) {
  const answer = await fetch(`${server.url}/v1/events/trips`, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
    body: events.map((event) => `${JSON.stringify(event)}\n`).join(""),
  });
  return { status: answer.status, body: (await answer.json()) as IngestReceipt & Refused };
}

let eventNumber = 0;
const fresh = (rng: Rng): NumberedTrip => ({
  ...traffic[rng.below(traffic.length)],
  trip: `new-${eventNumber++}`,
});

/**
 * Sends batches from several clients until so many were acknowledged, then kills the server. Every client sends
 * the batch again of which it does not know what became.
 */
async function killWhileIngesting(
  server: Server,
  {
    rng,
    batches,
    unknown,
    acknowledged,
  }: { rng: Rng; batches: number; unknown: NumberedTrip[][]; acknowledged: Set<string> },
): Promise<void> {
  let made = 0;
  const again = unknown.splice(0);
  const clients = Array.from({ length: 6 }, async () => {
    for (;;) {
      const batch = again.pop() ?? Array.from({ length: 1 + rng.below(60) }, () => fresh(rng));
      unknown.push(batch);
      const { body } = await postLines(server, batch);
      expect(body.accepted + body.duplicates).toBe(batch.length);
      unknown.splice(unknown.indexOf(batch), 1);
      for (const { trip } of batch) acknowledged.add(trip);
      if (++made === batches) server.running.child.kill("SIGKILL");
    }
  });
  const ends = await Promise.allSettled(clients);
  expect(ends.map(({ status }) => status)).toEqual(clients.map(() => "rejected"));
  expect((await server.running.ended).signal).toBe("SIGKILL");
  unknown.push(...again);
}

/** Both answer alike for every city. */
async function expectAlike(server: Server, other: Server): Promise<void> {
  const { at } = traffic[traffic.length - 1];
  for (const city of new Set(trips.map((trip) => trip.city))) {
    const request = { at, city, vehicle: "van", distance: 10, rain: null };
    const [mine, theirs] = await Promise.all([
      server.post<Prediction>(predictPath, request),
      other.post<Prediction>(predictPath, request),
    ]);
    expect([city, mine.body.probability]).toEqual([city, theirs.body.probability]);
  }
}

test("kill -9 while many ingest: what was acknowledged is there, and what was sent twice counts once", async () => {
  const rng = seededRng(31);
  const folder = await copyOf(trained);
  const unknown: NumberedTrip[][] = [];
  const acknowledged = new Set<string>();
  for (let round = 0; round < 4; round++) {
    await killWhileIngesting(await serve(folder), {
      rng,
      batches: 10 + rng.below(40),
      unknown,
      acknowledged,
    });
    // A line that the kill cut in the middle.
    const log = join(liveFolder(folder, "events-trips"), "0000000000000001.log");
    await appendFile(log, '0123abcd [null,["cut of');
    if (round === 1) {
      const server = await serve(folder);
      expect((await server.stop()).code).toBe(0);
    }
  }
  const server = await serve(folder);
  for (const batch of unknown) expect(await postLines(server, batch)).toMatchObject({ status: 200 });
  const logged = await loggedTrips(folder);
  expect(new Set(logged).size).toBe(logged.length);
  expect(logged).toEqual(expect.arrayContaining([...acknowledged]));
  expect(acknowledged.size).toBeGreaterThan(1000);

  const undisturbed = await serve(await copyOf(trained));
  const byId = new Map<string, NumberedTrip>();
  for (const line of await eventsOf(folder)) byId.set(line.trip, line);
  const { body } = await postLines(undisturbed, [...byId.values()]);
  expect(body).toMatchObject({ accepted: logged.length, duplicates: 0 });
  await expectAlike(server, undisturbed);
  expect([(await server.stop()).code, (await undisturbed.stop()).code]).toEqual([0, 0]);
  expect(await runJson(folder, ["features", "verify"])).toMatchObject({ mismatches: 0 });
}, 120_000);

async function eventsOf(folder: string): Promise<NumberedTrip[]> {
  const names = ["trip", "at", "city", "vehicle", "distance", "rain", "delay"];
  const events: NumberedTrip[] = [];
  for await (const { records } of fsLogReader(liveFolder(folder, "events-trips")).read(2)) {
    for (const line of records) {
      const [, values] = JSON.parse(line) as [unknown, unknown[]];
      events.push(Object.fromEntries(names.map((name, i) => [name, values[i]])) as object as NumberedTrip);
    }
  }
  return events;
}

test("a checkpoint cut anywhere is named on standard error, and the answers are the same", async () => {
  const rng = seededRng(5);
  const first = await copyOf(trained);
  for (const part of [traffic.slice(0, 300), traffic.slice(300, 500)]) {
    const server = await serve(first);
    expect(await postLines(server, part)).toMatchObject({ body: { accepted: part.length } });
    expect(await server.stop()).toMatchObject({ code: 0, stderr: "" });
  }
  const undisturbed = await serve(await copyOf(trained));
  await postLines(undisturbed, traffic.slice(0, 500));
  for (const cut of [1, 2]) {
    const folder = await copyOf(first);
    const names = (await readdir(liveFolder(folder, "checkpoints"))).sort().reverse();
    expect(names).toHaveLength(2);
    for (const name of names.slice(0, cut)) {
      const path = join(liveFolder(folder, "checkpoints"), name);
      await truncate(path, rng.below((await readFile(path)).length));
    }
    const server = await serve(folder);
    await expectAlike(server, undisturbed);
    expect(await postLines(server, traffic.slice(0, 500))).toMatchObject({
      body: { accepted: 0, duplicates: 500 },
    });
    const { code, stderr } = await server.stop();
    expect(code).toBe(0);
    expect(stderr.match(/Warning MW1012/g)).toHaveLength(cut);
    for (const name of names.slice(0, cut)) expect(stderr).toContain(name);
  }
  expect((await undisturbed.stop()).code).toBe(0);
}, 60_000);

test("a full disk: events are refused whole and may be sent again, and the rest goes on", async () => {
  const folder = await copyOf(trained);
  // No file may grow beyond 40 KiB: a write stops short and the next fails. SIGXFSZ is ignored, or it would end
  // the server.
  const script = `trap '' XFSZ; ulimit -f 40; exec "$0" "$@"`;
  const args = ["serve", "--port", "0", "--json", "--quiet", "--as-of", asOf];
  const limited = start("bash", ["-c", script, process.execPath, commandPath, ...args], folder);
  const server = await listening(folder, limited);
  running.push(server);
  const answers: { status: number; batch: readonly NumberedTrip[]; code?: string }[] = [];
  for (let from = 0; from < 800; from += 40) {
    const batch = traffic.slice(from, from + 40);
    const { status, body } = await postLines(server, batch);
    answers.push({ status, batch, ...(status === 200 ? {} : { code: body.error.code }) });
  }
  const accepted = answers.filter(({ status }) => status === 200).flatMap(({ batch }) => batch);
  const refused = answers.filter(({ status }) => status !== 200);
  expect(refused.length).toBeGreaterThan(3);
  expect(new Set(refused.map(({ status, code }) => `${status} ${code ?? ""}`))).toEqual(
    new Set(["507 MW1003"]),
  );
  expect(await loggedTrips(folder)).toEqual(accepted.map(({ trip }) => trip));
  const request = { at: traffic[10].at, city: "Delft", vehicle: "van", distance: 10, rain: null };
  expect(await server.post(predictPath, request)).toMatchObject({ status: 200 });
  expect((await server.stop()).code).toBe(0);

  const again = await serve(folder);
  expect(await postLines(again, traffic.slice(0, 800))).toMatchObject({
    status: 200,
    body: { accepted: 800 - accepted.length, duplicates: accepted.length },
  });
  expect((await again.stop()).code).toBe(0);
});

test("lines by the ten thousand in one request, far beyond the limit of a JSON body", async () => {
  const folder = await copyOf(trained);
  const server = await serve(folder);
  const rng = seededRng(2);
  const events = Array.from({ length: 12_000 }, () => fresh(rng));
  const bytes = Buffer.byteLength(events.map((event) => JSON.stringify(event)).join("\n"));
  expect(bytes).toBeGreaterThan(1_300_000);
  expect(await postLines(server, events)).toMatchObject({
    status: 200,
    body: { accepted: 12_000, duplicates: 0, sequence: { first: 2, last: 12_001 } },
  });
  expect((await server.stop()).code).toBe(0);
});
