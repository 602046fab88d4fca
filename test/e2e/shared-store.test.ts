import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failure, runJson } from "../support/command.js";
import { redisProgram, redisServer, type RedisServer } from "../support/redis-server.js";
import { startServer, type Prediction, type Refused, type Server } from "../support/server.js";
import { defaultTrips, edited, temporaryFolders, tripsConfig, type Trip } from "../support/trips.js";

const folders = temporaryFolders();
const running: Server[] = [];
const asOf = "2024-01-20T00:00:00Z";
const traffic = defaultTrips.filter(({ at }) => at >= asOf);
let redis: RedisServer;
let folder: string;

function configFor(url: string): string {
  const online = `storage: { online: redis({ url: "${url}", timeoutMs: 500 }) }`;
  return edited(
    edited(tripsConfig, "rate, t, view,", "rate, redis, t, view,"),
    'defineProject({ name: "trips", models: [lateTrip] })',
    `defineProject({ name: "trips", models: [lateTrip], ${online} })`,
  );
}

async function serve(live: string): Promise<Server> {
  const server = await startServer(folder, "--as-of", asOf, "--live", live);
  running.push(server);
  return server;
}

const predict = (server: Server, { at, city, vehicle, distance, rain }: Trip) =>
  server.post<Prediction & Refused>("/v1/models/late-trip/predict", { at, city, vehicle, distance, rain });

const ingest = (server: Server, events: readonly Trip[]) =>
  server.post<{ readonly accepted: number }>("/v1/events/trips", { events });

/** Trips in turn: each server takes one half of the events, and both are asked about every trip. */
async function drive(servers: readonly Server[], trips: readonly Trip[]): Promise<void> {
  for (const [i, trip] of trips.entries()) {
    for (const server of servers) expect((await predict(server, trip)).status).toBe(200);
    expect((await ingest(servers[i % servers.length], [trip])).body.accepted).toBe(1);
  }
}

/** What the servers say of every city at one moment, once each has let its own events of the past count. */
async function answers(servers: readonly Server[], at: string): Promise<number[][]> {
  const cities = [...new Set(traffic.map(({ city }) => city))];
  const ask = async (server: Server) => {
    const probabilities: number[] = [];
    for (const city of cities) {
      probabilities.push((await predict(server, { ...traffic[0], city, at })).body.probability);
    }
    return probabilities;
  };
  for (const server of servers) await ask(server);
  const given: number[][] = [];
  for (const server of servers) given.push(await ask(server));
  return given;
}

interface Verified {
  readonly predictions: number;
  readonly mismatches: number;
}

describe.skipIf(redisProgram === undefined)("two servers over one Redis", () => {
  beforeAll(async () => {
    redis = await redisServer();
    await redis.start();
    folder = await folders.project({ config: configFor(redis.url) });
    await runJson(folder, ["train"]);
  });
  afterAll(async () => {
    for (const server of running) server.running.child.kill("SIGKILL");
    await redis.remove();
    await folders.removeAll();
  });

  test("each sees the events of the other, and every prediction of both can be computed again", async () => {
    const servers = [await serve("one"), await serve("two")];
    await drive(servers, traffic.slice(0, 120));
    const [one, two] = await answers(servers, traffic[121].at);
    expect(two).toEqual(one);
    expect(new Set(one).size).toBeGreaterThan(1);
    // A third one that took no event itself sees all of them.
    const third = await serve("three");
    expect(await answers([third], traffic[121].at)).toEqual([one]);
    await third.stop();
    for (const server of servers) await server.stop();
    for (const live of ["one", "two"]) {
      const verified = await runJson<Verified>(folder, ["features", "verify", "--live", live]);
      expect(verified).toMatchObject({ predictions: 130, mismatches: 0 });
    }
  });

  test("a Redis that is gone is a coded refusal, what was acknowledged meanwhile counts when it is back", async () => {
    const server = await serve("gone");
    const [asked, event] = [traffic[10], traffic[0]];
    expect((await predict(server, traffic[1])).status).toBe(200);
    await redis.kill();
    const refused = await predict(server, asked);
    expect([refused.status, refused.body.error.code]).toEqual([503, "MW1013"]);
    expect((await server.get("/health/ready")).status).toBe(503);
    expect((await ingest(server, [event])).body.accepted).toBe(1);
    await redis.start();
    await server.stop();
    // The server was empty when it came back: everything comes again from the history and the log.
    const again = await serve("gone");
    expect((await predict(again, asked)).status).toBe(200);
    await again.stop();
    const verified = await runJson<Verified>(folder, ["features", "verify", "--live", "gone"]);
    expect(verified).toMatchObject({ predictions: 2, mismatches: 0 });
  });

  test("a live state that begins with another history is refused", async () => {
    const { exit, error } = await failure(folder, [
      ...["serve", "--port", "0", "--live", "later"],
      ...["--as-of", "2024-01-25T00:00:00Z"],
    ]);
    expect([exit, error.code]).toEqual([2, "MW1110"]);
  });
});
