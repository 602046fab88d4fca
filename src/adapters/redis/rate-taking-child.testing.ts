import { redisRateStore } from "./rate-store.js";

// A process of its own: `<url> <count>` asks for as many rows, twenty at a time, and prints how many it was given.
const [url, count] = process.argv.slice(2);
const store = redisRateStore({ url, prefix: "processes", timeoutMs: 20_000 });
const limit = { perSecond: 0.001, burst: 500 };
let given = 0;
for (let asked = 0; asked < Number(count); asked += 20) {
  const rows = Array.from({ length: 20 }, () => store.take({ key: "all", limit, rows: 1 }));
  for (const { admitted } of await Promise.all(rows)) given += admitted ? 1 : 0;
}
process.stdout.write(String(given));
await store.close();
