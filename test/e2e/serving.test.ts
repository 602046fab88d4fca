import { cp, readFile, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fsLogReader } from "../../src/adapters/fs/index.js";
import { seededRng } from "../../src/kernel/index.js";
import { failure, runJson } from "../support/command.js";
import { startServer, type Prediction, type Refused, type Server } from "../support/server.js";
import { defaultTrips, temporaryFolders, type Trip } from "../support/trips.js";

const folders = temporaryFolders();
const running: Server[] = [];
let trained: string;
let shared: Server;

/** The last third of the trips is live traffic. */
const asOf = "2024-01-20T00:00:00Z";
const traffic = defaultTrips.filter(({ at }) => at >= asOf);
const predictPath = "/v1/models/late-trip/predict";
const asked = { at: asOf, city: "Delft", vehicle: "van", distance: 40, rain: null };

beforeAll(async () => {
  trained = await folders.project();
  await runJson(trained, ["train"]);
  shared = await serve(await copyOfTrained());
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

async function serve(folder: string, ...args: readonly string[]): Promise<Server> {
  const server = await startServer(folder, "--as-of", asOf, ...args);
  running.push(server);
  return server;
}

function requestOf({ at, city, vehicle, distance, rain }: Trip) {
  return { at, city, vehicle, distance, rain };
}

async function predict(server: Server, request: object): Promise<Prediction> {
  const { status, body } = await server.post<Prediction>(predictPath, request);
  expect([status, body]).toEqual([200, expect.objectContaining({ id: expect.any(String) as string })]);
  return body;
}

async function ingest(server: Server, events: readonly unknown[]) {
  return server.post<{ accepted: number; quarantined: { index: number; reasons: string[] }[] }>(
    "/v1/events/trips",
    {
      events,
    },
  );
}

async function readLog(folder: string, name: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const { records } of fsLogReader(join(folder, ".millwright/live/default", name)).read(1)) {
    lines.push(...records);
  }
  return lines;
}

/** The value of a metric, with labels as they are written; 0 when it is not there. */
async function metric(server: Server, name: string): Promise<number> {
  const { body } = await server.get("/metrics");
  const line = String(body)
    .split("\n")
    .find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}

describe("a bad request", () => {
  const { vehicle: _, ...withoutVehicle } = asked;
  const problem = (field: string, kind: string, expected: string, found: string) => ({
    field,
    kind,
    expected: expect.stringContaining(expected) as string,
    found: expect.stringContaining(found) as string,
  });

  test.each([
    ["missing", withoutVehicle, [problem("vehicle", "missing", "a text", "nothing")]],
    ["null", { ...asked, distance: null }, [problem("distance", "missing", "1 to 500", "null")]],
    ["unknown", { ...asked, vehicel: "van" }, [problem("vehicel", "unknown", '"vehicle"', "vehicel")]],
    ["wrongly typed", { ...asked, vehicle: 7 }, [problem("vehicle", "type", "a text", "7")]],
    ["NaN as a text", { ...asked, rain: "NaN" }, [problem("rain", "type", "finite number", '"NaN"')]],
    ["out of range", { ...asked, distance: 501 }, [problem("distance", "range", "from 1 to 500", "501")]],
    ["no time", { ...asked, at: "2024-02-30" }, [problem("at", "type", "ISO 8601", "2024-02-30")]],
    [
      "several at once",
      { ...withoutVehicle, distance: 0.5, rain: "wet", colour: "red" },
      [
        problem("vehicle", "missing", "a text", "nothing"),
        problem("distance", "type", "whole number", "0.5"),
        problem("rain", "type", "finite number", '"wet"'),
        problem("colour", "unknown", "Valid names", "colour"),
      ],
    ],
  ])("%s: every problem is listed, nothing is logged", async (_, request, problems) => {
    const before = await readLog(shared.folder, "predictions");
    const { status, body } = await shared.post<Refused>(predictPath, request);
    expect(status).toBe(422);
    expect(body.error).toMatchObject({
      code: "MW1103",
      expected: expect.stringContaining("late-trip") as string,
      found: expect.stringContaining(problems[0].field) as string,
      remedy: expect.stringContaining("/v1/models/late-trip") as string,
    });
    const listed = body.error.details?.problems as { field: string }[];
    expect(listed).toHaveLength(problems.length);
    for (const each of problems) expect(listed).toContainEqual(each);
    expect(await readLog(shared.folder, "predictions")).toEqual(before);
  });

  test.each([
    ["a bare NaN", JSON.stringify(asked).replace("40", "NaN"), 400, "MW0801"],
    ["half of one", JSON.stringify(asked).slice(0, 40), 400, "MW0801"],
    ["an empty one", "", 400, "MW0803"],
    ["a list", "[]", 422, "MW1103"],
    ["over the limit", JSON.stringify({ ...asked, city: "x".repeat(1_100_000) }), 413, "MW0806"],
  ])("%s", async (_, text, status, code) => {
    const answer = await shared.post<Refused>(predictPath, text);
    expect(answer).toMatchObject({ status, body: { error: { code } } });
    const { expected, found, remedy } = answer.body.error;
    for (const sentence of [expected, found, remedy]) expect(sentence).toMatch(/\S/);
  });

  test("a batch: each row is judged alone", async () => {
    const rows = [asked, { ...asked, distance: -1 }, asked];
    const { status, body } = await shared.post<{ predictions: object[] }>(predictPath, { rows });
    expect(status).toBe(200);
    expect(body.predictions).toEqual([
      expect.objectContaining({ model: "late-trip" }),
      { error: expect.objectContaining({ code: "MW1103" }) as object },
      expect.objectContaining({ model: "late-trip" }),
    ]);
  });

  test.each([
    ["/v1/models/late-tripp/predict", 404, "MW0814", '"late-trip"'],
    ["/v1/events/tripps", 404, "MW1102", '"trips"'],
    ["/v1/feedbak", 404, "MW0804", '"/v1/feedback"'],
  ])("an unknown name: %s", async (path, status, code, near) => {
    const { status: found, body } = await shared.post<Refused>(path, asked);
    expect(found).toBe(status);
    expect(body.error).toMatchObject({ code, remedy: expect.stringContaining(near) as string });
  });
});

test("without --as-of, a time that is ahead of the server's clock is refused", async () => {
  const server = await startServer(await copyOfTrained());
  running.push(server);
  const ahead = await server.post<Refused>(predictPath, { ...asked, at: "2999-01-01" });
  expect(ahead).toMatchObject({
    status: 422,
    body: { error: { code: "MW1108", found: "2999-01-01T00:00:00.000Z" } },
  });
  expect(ahead.body.error.remedy).toContain("--as-of");
  await predict(server, asked);
  expect(await readLog(server.folder, "predictions")).toHaveLength(1);
  expect((await server.stop()).code).toBe(0);
});

describe("labels", () => {
  test("are taken for what was answered, item by item", async () => {
    const { id } = await predict(shared, asked);
    const [server, number] = [id.slice(0, id.lastIndexOf("-")), Number(id.slice(id.lastIndexOf("-") + 1))];
    const items = [
      { id, label: true },
      { id: `${server}-${number + 1}`, label: true },
      { id: "p-of-another-1", label: true },
      { id: `${server}-${"9".repeat(400)}`, label: true },
      { id, label: "yes" },
      { id, label: null },
      { id, label: 1, note: "x" },
      7,
      { id, label: 0 },
    ];
    const { status, body } = await shared.post<{
      accepted: number;
      rejected: (Refused & { index: number })[];
    }>("/v1/feedback", { items });
    expect([status, body.accepted]).toEqual([200, 2]);
    expect(body.rejected.map(({ index, error }) => [index, error.code])).toEqual([
      [1, "MW1104"],
      [2, "MW1104"],
      [3, "MW1104"],
      [4, "MW1105"],
      [5, "MW1105"],
      [6, "MW1105"],
      [7, "MW1105"],
    ]);
    const kept = (await readLog(shared.folder, "labels")).map((line) => JSON.parse(line) as object);
    expect(kept).toEqual([
      { id, label: 1, atMs: expect.any(Number) as number },
      { id, label: 0, atMs: expect.any(Number) as number },
    ]);
  });

  test("a single one that is refused is an error with its status", async () => {
    const unknown = await shared.post<Refused>("/v1/feedback", { id: "p-1-1", label: true });
    expect(unknown).toMatchObject({ status: 404, body: { error: { code: "MW1104", found: '"p-1-1"' } } });
    const { id } = await predict(shared, asked);
    const bad = await shared.post<Refused>("/v1/feedback", { id, label: 2 });
    expect(bad).toMatchObject({ status: 422, body: { error: { code: "MW1105" } } });
    expect(bad.body.error.found).toContain('"label":2');
  });
});

describe("events", () => {
  test("what breaks a rule is kept in quarantine with its reasons; the rest counts", async () => {
    const [good, other] = traffic;
    const batch = [good, { ...good, delay: 601 }, { ...good, distance: "far", colour: "red" }, 7, other];
    const before = await metric(shared, 'millwright_events_total{source="trips"}');
    const { status, body } = await ingest(shared, batch);
    expect([status, body.accepted]).toEqual([200, 2]);
    expect(body.quarantined).toEqual([
      { index: 1, reasons: [expect.stringContaining("delay is plausible")] },
      { index: 2, reasons: [expect.stringContaining("distance"), expect.stringContaining("colour")] },
      { index: 3, reasons: [expect.stringContaining("an object")] },
    ]);
    const kept = (await readLog(shared.folder, "quarantine-trips")).map((line) => JSON.parse(line) as object);
    expect(kept).toEqual(body.quarantined.map(({ index, reasons }) => ({ reasons, event: batch[index] })));
    expect(await metric(shared, 'millwright_events_total{source="trips"}')).toBe(before + 2);
    expect(await metric(shared, 'millwright_events_quarantined_total{source="trips"}')).toBe(3);
    const [, ...events] = await readLog(shared.folder, "events-trips");
    expect(events.map((line) => (JSON.parse(line) as [unknown, unknown[]])[1][0])).toEqual(
      [good, other].map(({ at }) => Date.parse(at)),
    );
  });
});

test("what the server tells of itself", async () => {
  const name = 'millwright_predictions_total{model="late-trip",version="1",protocol="v1"}';
  const before = await metric(shared, name);
  await predict(shared, asked);
  expect(await metric(shared, name)).toBe(before + 1);
  const refusals = await metric(shared, 'millwright_errors_total{code="MW0804"}');
  await shared.post("/v1/nowhere", asked);
  expect(await metric(shared, 'millwright_errors_total{code="MW0804"}')).toBe(refusals + 1);
  expect(await shared.get("/health/live")).toMatchObject({ status: 200 });
  expect(await shared.get("/health/ready")).toMatchObject({ status: 200, body: { ready: true } });
  expect(await shared.get("/v1/models")).toMatchObject({
    body: {
      models: [
        { name: "late-trip", version: "1", predicts: "the probability that delay > 5", task: "binary" },
      ],
    },
  });
  const { body } = await shared.get("/openapi.json");
  expect(body).toMatchObject({ openapi: "3.1.0" });
  expect(JSON.stringify(body)).toContain('"maximum":500');
});

describe("a server that ends and begins again", () => {
  test("SIGTERM: the request in flight is answered, and the exit code is 0", async () => {
    const folder = await copyOfTrained();
    const server = await serve(folder);
    const body = JSON.stringify(asked);
    const answer = await new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
      const call = httpRequest(`${server.url}${predictPath}`, {
        method: "POST",
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
      });
      call.on("error", reject);
      call.on("response", (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.on("end", () => resolve({ status: response.statusCode, text }));
      });
      // Half of the body, then the signal; the other half once the server no longer listens to newcomers.
      call.write(body.slice(0, 20));
      void metricUntil(server, 1).then(() => {
        server.running.child.kill("SIGTERM");
        return refusesNewcomers(server).then(() => call.end(body.slice(20)));
      });
    });
    expect(answer.status).toBe(200);
    const { id } = JSON.parse(answer.text) as Prediction;
    const ended = await server.running.ended;
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
    expect((await readLog(folder, "predictions")).map((line) => (JSON.parse(line) as string[])[0])).toEqual([
      id,
    ]);
  });

  test("the same live state goes on: ids are new, labels of before fit, events count once", async () => {
    const folder = await copyOfTrained();
    const undisturbed = await serve(await copyOfTrained());
    let server = await serve(folder);
    const ids: string[] = [];
    for (const part of [traffic.slice(0, 40), traffic.slice(40, 80), traffic.slice(80, 120)]) {
      for (const trip of part) {
        const [mine, reference] = [
          await predict(server, requestOf(trip)),
          await predict(undisturbed, requestOf(trip)),
        ];
        expect(mine.probability).toBe(reference.probability);
        ids.push(mine.id);
      }
      for (const one of [server, undisturbed])
        expect((await ingest(one, part)).body.accepted).toBe(part.length);
      expect((await server.stop()).code).toBe(0);
      server = await serve(folder);
    }
    expect(new Set(ids).size).toBe(ids.length);
    const items = ids.map((id) => ({ id, label: true }));
    expect(await server.post("/v1/feedback", { items })).toMatchObject({
      body: { accepted: ids.length, rejected: [] },
    });
    // A question about the past is answered as of the time that the server had come to, before the restart too.
    const late = { ...requestOf(traffic[0]), city: traffic[119].city };
    expect((await predict(server, late)).probability).toBe((await predict(undisturbed, late)).probability);
    await ingest(server, traffic.slice(120, 140));
    await predict(server, requestOf(traffic[140]));
    await server.stop();
    expect(await runJson(folder, ["features", "verify"])).toMatchObject({ predictions: 122, mismatches: 0 });
  }, 120_000);

  test("another start does not fit the live state that is there", async () => {
    const folder = await copyOfTrained();
    expect((await (await serve(folder)).stop()).code).toBe(0);
    const { exit, error } = await failure(folder, ["serve", "--port", "0", "--as-of", "2024-01-21"]);
    expect([exit, error.code]).toEqual([2, "MW1110"]);
    expect(error.found).toContain("2024-01-20T00:00:00.000Z");
    expect(error.remedy).toContain("--live");
  });
});

describe("features verify", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await copyOfTrained();
    const server = await serve(folder);
    const rng = seededRng(3);
    const calls: Promise<unknown>[] = [];
    for (let i = 0; i < 300; i++) {
      const now = traffic[i];
      calls.push(predict(server, requestOf(now)));
      // Most outcomes come in their time; some long after it, and some before they are even available.
      const delay = rng.below(10);
      const known = delay === 0 ? i - 60 : delay === 1 ? i + 20 : i - 6;
      if (known >= 0) calls.push(ingest(server, [traffic[known], { ...traffic[known], city: "Delft" }]));
      if (calls.length >= 24) await Promise.all(calls.splice(0));
    }
    await Promise.all(calls);
    expect((await server.stop()).code).toBe(0);
  });

  test("finds nothing after concurrent predictions and events, late and early ones among them", async () => {
    const result = await runJson(folder, ["features", "verify"]);
    expect(result).toMatchObject({ predictions: 300, mismatches: 0, byFeature: {}, examples: [] });
  });

  const log = () => join(folder, ".millwright/live/default/predictions/0000000000000001.log");

  test("finds a logged feature that was changed, and it alone", async () => {
    const path = log();
    const original = await readFile(path, "utf8");
    const lines = original.split("\n");
    const record = JSON.parse(lines[100].slice(9)) as unknown[];
    const { features } = await runJson<{ features: { name: string; kind: string }[] }>(folder, [
      "features",
      "list",
    ]);
    const position = features
      .filter(({ kind }) => kind === "number")
      .findIndex(({ name }) => name.includes("trips_24h"));
    const numbers = new Float32Array(Uint8Array.from(Buffer.from(String(record[7]), "base64")).buffer);
    const was = numbers[position];
    numbers[position] = was + 1;
    record[7] = Buffer.from(numbers.buffer).toString("base64");
    const text = JSON.stringify(record);
    lines[100] = `${crc32(text).toString(16).padStart(8, "0")} ${text}`;
    await writeFile(path, lines.join("\n"));
    const result = await runJson(folder, ["features", "verify"], 1);
    expect(result).toMatchObject({
      predictions: 300,
      mismatches: 1,
      byFeature: { [features.filter(({ kind }) => kind === "number")[position].name]: 1 },
      examples: [{ id: record[0], logged: was + 1, recomputed: was }],
    });
    await writeFile(path, original);
  });

  test("refuses a log whose line was changed without its checksum; so does a server", async () => {
    const path = log();
    const original = await readFile(path, "utf8");
    await writeFile(path, original.replace('"Delft"', '"Genoa"'));
    for (const args of [["features", "verify"], ["serve", "--port", "0"], ["monitor"]]) {
      const { exit, error } = await failure(folder, args);
      expect([exit, error.code]).toEqual([3, "MW1004"]);
      expect(error.expected).toContain(path);
    }
    await writeFile(path, original);
    expect(await runJson(folder, ["features", "verify"])).toMatchObject({ mismatches: 0 });
  });
});

/** Waits until so many requests are in flight. */
async function metricUntil(server: Server, count: number): Promise<void> {
  while ((await metric(server, "millwright_in_flight_requests")) < count);
}

/** Waits until the server says that it wants no more traffic. */
async function refusesNewcomers(server: Server): Promise<void> {
  while ((await server.get("/health/ready")).status === 200);
}
