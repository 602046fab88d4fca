// A thread of the bare loop: a session of its own and its rows in memory; computes all of them whenever it is told to.
import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { inputs } from "./models.mjs";

const { graph, rows, threads } = workerData;
const data = new Float32Array(rows * inputs);
for (let i = 0, state = 7; i < data.length; i++)
  data[i] = (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
const session = await InferenceSession.create(graph, {
  executionProviders: ["cpu"],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  executionMode: "sequential",
});

parentPort.on("message", async (batch) => {
  if (batch === 0) {
    await session.release();
    parentPort.close();
    return;
  }
  for (let from = 0; from < rows; from += batch) {
    const to = Math.min(rows, from + batch);
    await session.run({
      x: new Tensor("float32", data.subarray(from * inputs, to * inputs), [to - from, inputs]),
    });
  }
  parentPort.postMessage("done");
});
parentPort.postMessage("ready");
