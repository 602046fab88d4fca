import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runJson } from "../support/command.js";
import { redisProgram, redisServer, type RedisServer } from "../support/redis-server.js";
import { startServer, type Prediction, type Server } from "../support/server.js";
import { defaultTrips, edited, temporaryFolders, tripsConfig } from "../support/trips.js";

/** From windows in the memory of one process to several workers over one Redis. */

const folders = temporaryFolders();
const [event, later] = defaultTrips.filter(({ at }) => at >= "2024-01-20T00:00:00Z");
let redis: RedisServer;
let server: Server | undefined;

/** The first worker lets the second one overtake it. */
const shared = (url: string) =>
  edited(
    `import { existsSync, writeFileSync } from "node:fs";
const overtaken = new URL("overtaken", import.meta.url);
if (process.env.MILLWRIGHT_WORKER === "2") writeFileSync(overtaken, "");
if (process.env.MILLWRIGHT_WORKER === "1") {
  while (!existsSync(overtaken)) await new Promise((resolve) => setImmediate(resolve));
}
${edited(tripsConfig, "rate, t, view,", "rate, redis, t, view,")}`,
    'defineProject({ name: "trips", models: [lateTrip] })',
    `defineProject({ name: "trips", models: [lateTrip], storage: { online: redis({ url: "${url}" }) } })`,
  );

describe.skipIf(redisProgram === undefined)("from one worker in memory to two over Redis", () => {
  beforeAll(async () => {
    redis = await redisServer();
    await redis.start();
  });
  afterAll(async () => {
    server?.running.child.kill("SIGKILL");
    await redis.remove();
    await folders.removeAll();
  });

  test("all stand on the history of the first, whose log is the oldest", async () => {
    const folder = await folders.project({ config: tripsConfig });
    await runJson(folder, ["train"]);
    server = await startServer(folder);
    const { at, city, vehicle, distance, rain } = later;
    expect((await server.post("/v1/events/trips", { events: [event] })).body).toMatchObject({ accepted: 1 });
    const asked = { at, city, vehicle, distance, rain };
    const alone = await server.post<Prediction>("/v1/models/late-trip/predict", asked);
    expect((await server.stop()).code).toBe(0);

    writeFileSync(join(folder, "millwright.config.ts"), shared(redis.url));
    server = await startServer(folder, "--workers", "2");
    const together = await server.post<Prediction>("/v1/models/late-trip/predict", asked);
    expect([alone.status, together.status]).toEqual([200, 200]);
    expect(together.body.probability).toBe(alone.body.probability);
    expect((await server.stop()).code).toBe(0);
  });
});
