import { expect, test } from "vitest";
import { firstResult } from "../kernel/index.js";
import { workerFailed } from "./worker-failed.js";

test("a training worker that dies is MW0407, with what it said", async () => {
  const module = new URL(`data:text/javascript,${encodeURIComponent('throw new Error("out of luck");')}`);
  const running = firstResult({ module, inputs: [0], failure: workerFailed });
  await expect(running).rejects.toMatchObject({ code: "MW0407", found: "out of luck" });
});
