// node bench/ingest.mjs [--events 500000] [--json]
//
// How many events a second one process takes durably: each is checked, known by its id, in the log and in the
// online state before it is acknowledged. Once over HTTP, as lines of JSON in batches of a thousand from this
// process to a `millwright serve` of its own, and once by library. Client and server share the machine.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Pool } from "undici";
import { startLeashed } from "./leash.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const command = join(root, "dist/cli/main.js");
const batchEvents = 1000;
const clients = 4;
/** For profiles of the server: SERVER_NODE_OPTIONS="--cpu-prof --cpu-prof-dir=profiles". */
const nodeOptions = (process.env.SERVER_NODE_OPTIONS ?? "").split(" ").filter(Boolean);

const config = `
import { atLeast, byTime, count, csv, defineProject, events, expectRow, gbdt, hourOfDay, max, mean, model, rate, t, view } from "millwright";
const orders = events("orders", {
  from: csv("orders.csv"),
  id: "order",
  schema: {
    order: t.string(), at: t.timestamp(), shop: t.string(), customer: t.int(), amount: t.float(), items: t.int(),
    late: t.bool(),
  },
  eventTime: "at",
  expectations: (f) => [expectRow("amount is positive", f.amount.gt(0), "quarantine")],
});
const byShop = view("shop", {
  source: orders,
  entity: { shop: "shop" },
  features: (f) => ({
    orders_1h: count().over("1h"), amount_1h: mean(f.amount).over("1h"), late_24h: rate(f.late).over("24h"),
    most_24h: max(f.amount).over("24h"),
  }),
});
export const lateOrder = model("late-order", {
  task: "binary",
  label: (f) => f.amount.gt(50),
  spine: orders.at("at"),
  features: { shop: byShop, request: { at: t.timestamp(), items: t.int() }, derived: (r) => ({ hour: hourOfDay(r.at) }) },
  split: byTime({ trainShare: 0.7 }),
  trainer: gbdt({ trees: 5, leaves: 4 }),
  gates: [atLeast("auc", 0)],
});
export default defineProject({ name: "orders", models: [lateOrder] });
`;

const startMs = Date.UTC(2024, 0, 1);
const history = 5000;
const fields = ["order", "at", "shop", "customer", "amount", "items", "late"];

/** The order of a number: ten a second, of a thousand shops; the history before has one in ten minutes. */
function orderOf(number) {
  const mixed = Math.imul(number + 1, 2654435761) >>> 0;
  return {
    order: `order-${number}`,
    at: new Date(startMs + (number < history ? (number - history) * 600_000 : number * 100)).toISOString(),
    shop: `shop-${mixed % 1000}`,
    customer: mixed % 100_003,
    amount: 1 + (mixed % 9973) / 100,
    items: 1 + (mixed % 7),
    late: mixed % 5 === 0,
  };
}

const batchesOf = (first, count) =>
  Array.from({ length: Math.ceil(count / batchEvents) }, (_, b) =>
    Array.from({ length: Math.min(batchEvents, count - b * batchEvents) }, (_, i) =>
      orderOf(first + b * batchEvents + i),
    ),
  );

function run(args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], {
      cwd,
      stdio: ["ignore", "ignore", "inherit"],
    });
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`${args[0]} ended with ${code}`)),
    );
  });
}

/** Sends batches from several connections at once, each waiting for its answer before the next. */
async function inParallel(batches, send) {
  let next = 0;
  let accepted = 0;
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (next < batches.length) {
        const taken = await send(batches[next++]);
        accepted += taken;
      }
    }),
  );
  return { accepted, seconds: (performance.now() - startedMs) / 1000 };
}

async function overHttp(folder, count) {
  const args = [command, "serve", "--port", "0", "--live", "http", "--json", "--quiet"];
  const server = startLeashed(process.execPath, [...nodeOptions, ...args], { cwd: folder });
  server.child.stderr.pipe(process.stderr);
  try {
    const line = await new Promise((resolve) =>
      createInterface({ input: server.child.stdout }).once("line", resolve),
    );
    const pool = new Pool(JSON.parse(line).url, { connections: clients });
    const send = async (body) => {
      const answer = await pool.request({
        ...{ method: "POST", path: "/v1/events/orders", body },
        headers: { "content-type": "application/x-ndjson" },
      });
      const receipt = await answer.body.json();
      if (answer.statusCode !== 200) throw new Error(JSON.stringify(receipt));
      return receipt.accepted;
    };
    const bodies = batchesOf(100_000, count).map((batch) =>
      batch.map((one) => `${JSON.stringify(one)}\n`).join(""),
    );
    const warm = batchesOf(50_000, 50_000).map((batch) =>
      batch.map((one) => `${JSON.stringify(one)}\n`).join(""),
    );
    await inParallel(warm, send);
    const result = await inParallel(bodies, send);
    await pool.close();
    return result;
  } finally {
    await server.stop();
  }
}

async function byLibrary(folder, count) {
  const { openProject, openLiveProject } = await import(join(root, "dist/index.js"));
  const project = await openProject(folder);
  const live = await openLiveProject(project, { live: "library" });
  try {
    const send = async (events) => (await live.ingest("orders", events)).accepted;
    await inParallel(batchesOf(50_000, 50_000), send);
    return await inParallel(batchesOf(100_000, count), send);
  } finally {
    await live.close();
    await project.close();
  }
}

const figures = ({ accepted, seconds }) => ({
  events: accepted,
  seconds: Number(seconds.toFixed(3)),
  eventsPerSecond: Math.round(accepted / seconds),
});

const { values } = parseArgs({
  options: { events: { type: "string", default: "500000" }, json: { type: "boolean" } },
});
const count = Number(values.events);
const folder = mkdtempSync(join(tmpdir(), "millwright-ingest-"));
try {
  writeFileSync(join(folder, "millwright.config.ts"), config);
  const rows = batchesOf(0, history)
    .flat()
    .map((order) => fields.map((name) => order[name]).join(","));
  writeFileSync(join(folder, "orders.csv"), `${[fields.join(","), ...rows].join("\n")}\n`);
  await run(["train", "--quiet"], folder);
  const http = figures(await overHttp(folder, count));
  const library = figures(await byLibrary(folder, count));
  const result = { batchEvents, clients, http, library };
  console.log(values.json === true ? JSON.stringify(result) : JSON.stringify(result, null, 2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
