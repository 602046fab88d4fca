import { systemClock } from "../../kernel/index.js";
import { openSqlite } from "./index.js";

// A process of its own: `<database> <prefix> <count>` registers as many packages and prints the number
// of each version once it is acknowledged.
const [path, prefix, count] = process.argv.slice(2);
const { registry, close } = openSqlite(path, { clock: systemClock });
for (let i = 0; i < Number(count); i++) {
  const { version } = await registry.register({ model: "delay", packageId: `${prefix}${i}`, runId: null });
  process.stdout.write(`${version}\n`);
}
close();
