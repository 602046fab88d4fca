import { openState, replay } from "./crash-log.testing.js";
import { redisTileStore } from "./index.js";

// A process of its own: `<url> <partition>` goes on with the log of a partition and prints the number of the
// last event that was acknowledged, until it is killed.
const [url, partition] = process.argv.slice(2);
const state = openState(redisTileStore({ url, timeoutMs: 20_000 }), partition);
await state.resume();
for (;;) {
  const to = state.sequence("payments") + 4;
  await replay(state, { partition, to });
  process.stdout.write(`${to}\n`);
}
