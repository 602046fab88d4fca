import { expect, it } from "vitest";
import { openThread } from "./thread-session.js";

/** A thread that opens, as a session's does, and whose end comes with its first call. */
const ending = (how: string): URL =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`
      import { parentPort } from "node:worker_threads";
      parentPort.postMessage({ kind: "opened", inputs: [], outputs: [] });
      parentPort.on("message", () => { ${how} });
    `)}`,
  );

const graph = { graph: new Uint8Array(0), threads: 1 };

it.each([
  ["without a word", "process.exit(7);", "a session's thread ended with code 7"],
  ["by an error", `throw new Error("out of order");`, "out of order"],
])("answers those that wait for a thread that ends %s, and those that follow", async (_how, end, message) => {
  const session = await openThread(ending(end), graph);
  const waiting = [session.compute({}), session.run(new Float32Array(0), 0), session.computeBatches({}, 1)];
  for (const call of waiting) await expect(call).rejects.toThrow(message);
  await expect(session.compute({})).rejects.toThrow(message);
  await session.dispose();
});

it("fails to open where the thread ends before it has", async () => {
  const module = new URL("data:text/javascript,process.exit(3)");
  await expect(openThread(module, graph)).rejects.toThrow("a session's thread ended with code 3");
});
