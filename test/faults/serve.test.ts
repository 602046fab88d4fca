import { appendFile, cp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fsLogReader } from "../../src/adapters/fs/index.js";
import { seededRng, type Rng } from "../../src/kernel/index.js";
import { commandPath, failure, runJson, start } from "../support/command.js";
import { listening, startServer, type Prediction, type Refused, type Server } from "../support/server.js";
import { defaultTrips, temporaryFolders, type Trip } from "../support/trips.js";

const folders = temporaryFolders();
const running: Server[] = [];
let trained: string;

const asOf = "2024-01-20T00:00:00Z";
const traffic = defaultTrips.filter(({ at }) => at >= asOf);
const predictPath = "/v1/models/late-trip/predict";

beforeAll(async () => {
  trained = await folders.project();
  await runJson(trained, ["train"]);
});
afterAll(async () => {
  for (const server of running) server.running.child.kill("SIGKILL");
  await folders.removeAll();
});

async function copyOfTrained(): Promise<string> {
  const folder = await folders.make({});
  await cp(trained, folder, { recursive: true });
  return folder;
}

async function serve(folder: string): Promise<Server> {
  const server = await startServer(folder, "--as-of", asOf);
  running.push(server);
  return server;
}

const logFolder = (folder: string, name: string) => join(folder, ".millwright/live/default", name);

async function readLog(folder: string, name: string): Promise<unknown[][]> {
  const lines: unknown[][] = [];
  for await (const { records } of fsLogReader(logFolder(folder, name)).read(1)) {
    lines.push(...records.map((line) => JSON.parse(line) as unknown[]));
  }
  return lines;
}

function requestOf({ at, city, vehicle, distance, rain }: Trip) {
  return { at, city, vehicle, distance, rain };
}

/** What a server acknowledged. */
interface Acknowledged {
  readonly predictions: string[];
  readonly labels: string[];
  /** By their distance and delay, which together number the events of a test. */
  readonly events: string[];
}

let eventNumber = 0;
/** An event that is like no other. */
function numbered(trip: Trip): Trip {
  const number = eventNumber++;
  return { ...trip, distance: 1 + (number % 500), delay: Math.floor(number / 500) };
}
const nameOf = ({ distance, delay }: Pick<Trip, "distance" | "delay">) => `${distance}/${delay}`;

/** Sends traffic from several clients at once until so many calls were acknowledged, then kills the server. */
async function killUnderLoad(
  server: Server,
  { rng, calls }: { rng: Rng; calls: number },
  acknowledged: Acknowledged,
) {
  let made = 0;
  const clients = Array.from({ length: 6 }, async (_, client) => {
    for (let i = client; ; i += 6) {
      const trip = traffic[i % traffic.length];
      const events = Array.from({ length: 1 + rng.below(4) }, () => numbered(trip));
      const { body } = await server.post<Prediction>(predictPath, requestOf(trip));
      acknowledged.predictions.push(body.id);
      const taken = await server.post<{ accepted: number }>("/v1/events/trips", { events });
      if (taken.body.accepted === events.length) acknowledged.events.push(...events.map(nameOf));
      const labelled = await server.post<{ accepted: number }>("/v1/feedback", { id: body.id, label: true });
      if (labelled.body.accepted === 1) acknowledged.labels.push(body.id);
      if (++made === calls) server.running.child.kill("SIGKILL");
    }
  });
  // Every client ends with the connection that the kill cut.
  const ends = await Promise.allSettled(clients);
  expect(ends.map(({ status }) => status)).toEqual(clients.map(() => "rejected"));
  expect((await server.running.ended).signal).toBe("SIGKILL");
}

test("kill -9 under load: what was acknowledged is there, and counts once", async () => {
  const rng = seededRng(9);
  const folder = await copyOfTrained();
  const acknowledged: Acknowledged = { predictions: [], labels: [], events: [] };
  for (let round = 0; round < 3; round++) {
    await killUnderLoad(await serve(folder), { rng, calls: 20 + rng.below(60) }, acknowledged);
    // A line that the kill cut in the middle; the next start drops it.
    for (const name of ["predictions", "labels", "events-trips", "quarantine-trips"]) {
      await appendFile(join(logFolder(folder, name), "0000000000000001.log"), '0123abcd ["cut of');
    }
  }
  const server = await serve(folder);
  const logged = (await readLog(folder, "predictions")).map(([id]) => id);
  expect(new Set(logged).size).toBe(logged.length);
  expect(logged).toEqual(expect.arrayContaining(acknowledged.predictions));
  const labelled = (await readLog(folder, "labels")).map((label) => (label as object as { id: string }).id);
  expect(labelled).toEqual(expect.arrayContaining(acknowledged.labels));
  const [, ...lines] = await readLog(folder, "events-trips");
  const events = lines.map(([, values]) => values as unknown[]);
  const names = events.map(([, , , distance, , delay]) => `${String(distance)}/${String(delay)}`);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(expect.arrayContaining(acknowledged.events));
  expect(acknowledged.events.length).toBeGreaterThan(100);

  const items = acknowledged.predictions.map((id) => ({ id, label: false }));
  const receipt = await server.post("/v1/feedback", { items });
  expect(receipt.body).toEqual({ accepted: items.length, rejected: [] });

  await expectLike(server, await undisturbedWith(events));
  expect((await server.stop()).code).toBe(0);
  const verification = await runJson(folder, ["features", "verify"]);
  expect(verification).toMatchObject({ mismatches: 0 });
}, 120_000);

/** A server without a past that gets the events of a log, once each. */
async function undisturbedWith(events: readonly unknown[][]): Promise<Server> {
  const server = await serve(await copyOfTrained());
  const fields = ["at", "city", "vehicle", "distance", "rain", "delay"];
  const given = events.map((values) => Object.fromEntries(fields.map((name, i) => [name, values[i]])));
  for (let from = 0; from < given.length; from += 500) {
    const batch = given.slice(from, from + 500);
    expect(await server.post("/v1/events/trips", { events: batch })).toMatchObject({
      body: { accepted: batch.length },
    });
  }
  return server;
}

/** Both answer alike for every city, after all that happened. */
async function expectLike(server: Server, other: Server): Promise<void> {
  const last = traffic[traffic.length - 1];
  for (const city of new Set(traffic.map((trip) => trip.city))) {
    const request = { ...requestOf(last), city };
    const [mine, theirs] = await Promise.all([
      server.post<Prediction>(predictPath, request),
      other.post<Prediction>(predictPath, request),
    ]);
    expect([city, mine.body.probability]).toEqual([city, theirs.body.probability]);
  }
}

test("a second server on the same live state is refused, and the first goes on", async () => {
  const folder = await copyOfTrained();
  const first = await serve(folder);
  const { exit, error } = await failure(folder, ["serve", "--port", "0"]);
  expect([exit, error.code]).toEqual([3, "MW1005"]);
  expect(error.found).toContain(`process ${first.running.child.pid ?? 0} `);
  expect(error.remedy).toMatch(/Stop that process.*--live <name>/);
  expect(await first.post(predictPath, requestOf(traffic[0]))).toMatchObject({ status: 200 });
  const other = await startServer(folder, "--live", "other", "--as-of", asOf);
  running.push(other);
  expect(await other.post(predictPath, requestOf(traffic[0]))).toMatchObject({ status: 200 });
  expect([(await other.stop()).code, (await first.stop()).code]).toEqual([0, 0]);
});

test("a full disk: predictions are refused and not half logged, the rest goes on", async () => {
  const folder = await copyOfTrained();
  // No file may grow beyond 40 KiB: a write stops short and the next fails. SIGXFSZ is ignored, or it would end
  // the server.
  const script = `trap '' XFSZ; ulimit -f 40; exec "$0" "$@"`;
  const args = ["serve", "--port", "0", "--json", "--quiet", "--as-of", asOf];
  const limited = start("bash", ["-c", script, process.execPath, commandPath, ...args], folder);
  const server = await listening(folder, limited);
  running.push(server);
  const answers = [];
  for (let from = 0; from < 480; from += 16) {
    const batch = traffic
      .slice(from, from + 16)
      .map((trip) => server.post<Prediction & Refused>(predictPath, requestOf(trip)));
    answers.push(...(await Promise.all(batch)));
  }
  const answered = answers.filter(({ status }) => status === 200).map(({ body }) => body.id);
  const refused = answers.filter(({ status }) => status !== 200);
  expect(answered.length).toBeGreaterThan(50);
  expect(refused.length).toBeGreaterThan(50);
  expect(new Set(refused.map(({ status, body }) => `${status} ${body.error.code}`))).toEqual(
    new Set(["507 MW1003"]),
  );
  expect(refused[0].body.error.found).toMatch(/EFBIG/);
  expect((await readLog(folder, "predictions")).map(([id]) => id)).toEqual(answered);

  expect(await server.get("/health/live")).toMatchObject({ status: 200 });
  expect(await server.get("/v1/models")).toMatchObject({ status: 200 });
  expect(await server.post("/v1/events/trips", traffic[0])).toMatchObject({ body: { accepted: 1 } });
  const label = { id: answered[0], label: true };
  expect(await server.post("/v1/feedback", label)).toMatchObject({ body: { accepted: 1 } });
  expect((await server.stop()).code).toBe(0);

  const again = await serve(folder);
  expect(await again.post(predictPath, requestOf(traffic[500]))).toMatchObject({ status: 200 });
  // Ids that were refused were never given to anybody: no label fits them.
  const numbers = new Set(answered.map((id) => Number(id.slice(id.lastIndexOf("-") + 1))));
  const prefix = answered[0].slice(0, answered[0].lastIndexOf("-"));
  const gap = Array.from({ length: Math.max(...numbers) }, (_, i) => i + 1).filter((n) => !numbers.has(n));
  for (const number of gap.slice(0, 3)) {
    expect(await again.post("/v1/feedback", { id: `${prefix}-${number}`, label: true })).toMatchObject({
      status: 404,
    });
  }
  expect((await again.stop()).code).toBe(0);
  expect(await runJson(folder, ["features", "verify"])).toMatchObject({
    predictions: answered.length + 1,
    mismatches: 0,
  });
});
