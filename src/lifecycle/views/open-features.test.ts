import { expect, test } from "vitest";
import { memoryTileStore } from "../../adapters/memory/index.js";
import { events, parquet } from "../../data/index.js";
import { count, createIdSet, view } from "../../features/index.js";
import { t, tableOf, type AppendLog } from "../../kernel/index.js";
import { writeEvent } from "../live/live-records.js";
import { readOn } from "../live/live-restore.js";
import { memoryFeatures, sharedFeatures } from "./open-features.js";

const schema = { at: t.timestamp(), place: t.string() };
const source = events("things", { from: parquet("a.parquet"), schema, eventTime: "at" });
const tally = view("tally", {
  source,
  entity: { thing: "place" },
  features: () => ({ n: count().over("1d") }),
});
const table = tableOf(
  schema,
  Array.from({ length: 20_000 }, (_, i) => [i, `place ${i % 700}`]),
);

/** A signal that fires as soon as the event loop runs. */
function soon(): AbortSignal {
  const controller = new AbortController();
  setImmediate(() => controller.abort());
  return controller.signal;
}

test("a signal is heard while a history is loaded into memory", async () => {
  const features = memoryFeatures([tally]);
  const shares: number[] = [];
  const history = { table, beforeMs: 50_000, onProgress: (share: number) => shares.push(share) };
  await expect(features.load(source, history, soon())).rejects.toMatchObject({ code: "MW0105" });
  expect(shares.length).toBeGreaterThan(0);
  await features.begin();
  await features.load(source, history);
  expect(features.state().sequence("things")).toBe(0);
  expect(features.state().clockMs()).toBe(50_000);
});

test("a signal is heard while a history is loaded into a shared store", async () => {
  const tiles = memoryTileStore();
  const shared = { tiles, live: "default", baseOf: () => "base" };
  const stopped = sharedFeatures([tally], { ...shared, signal: soon() });
  await stopped.begin();
  await expect(stopped.load(source, { table, beforeMs: 50_000 })).rejects.toMatchObject({ code: "MW0105" });
});

test("a signal is heard while a log is read whose records are all there", async () => {
  const features = memoryFeatures([tally]);
  const position = { sequence: 1, record: "" };
  const log: Pick<AppendLog, "read"> = {
    async *read(from: number) {
      for (let first = from; first < 20_000; first += 100) {
        yield {
          first,
          records: Array.from({ length: 100 }, (_, i) => writeEvent(null, [first + i, "here"])),
        };
      }
    },
  };
  const reading = readOn(
    { source, log: log as AppendLog },
    { state: features.state(), ids: createIdSet(), position, from: 2 },
    soon(),
  );
  await expect(reading).rejects.toMatchObject({ code: "MW0105" });
  expect(position.sequence).toBeLessThan(20_000);
});
