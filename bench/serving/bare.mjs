import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { percentiles } from "./open-loop.mjs";

const script = fileURLToPath(new URL("models/bare.py", import.meta.url));

/** A bare session of ONNX Runtime with one thread, in this process. */
export async function bareSession(path) {
  const session = await InferenceSession.create(await readFile(path), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionProviders: ["cpu"],
  });
  const tensorOf = ({ values, shape }) => new Tensor("float32", Float32Array.from(values), shape);
  return {
    /** The outputs for one input, which every server's answers are compared with. */
    answer: async (input) => Array.from((await session.run({ input: tensorOf(input) })).output.data),
    /** Times of `count` runs in milliseconds, one after the other, the first tenth left out. */
    time: async (input, count) => {
      const feeds = { input: tensorOf(input) };
      const times = [];
      for (let i = 0; i < count; i++) {
        const begin = performance.now();
        await session.run(feeds);
        times.push(performance.now() - begin);
      }
      return percentiles(times.slice(count / 10));
    },
    release: () => session.release(),
  };
}

/** The same in Python. */
export async function timeInPython(python, path, { input, count, folder }) {
  const data = join(folder, "bare.bin");
  await writeFile(data, Buffer.from(Float32Array.from(input.values).buffer));
  const [rows, ...shape] = input.shape;
  const { stdout } = await promisify(execFile)(
    python,
    [script, path, data, String(rows), JSON.stringify(shape), String(count)],
    { maxBuffer: 1 << 26 },
  );
  const { times, onnxruntime } = JSON.parse(stdout);
  return { ...percentiles(times.slice(count / 10)), onnxruntime };
}
