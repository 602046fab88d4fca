import { describe, expect, it } from "vitest";
import { brokenModels, scalingGraph } from "../../inference/tensor-graphs.testing.js";
import { onnxruntimeSessions } from "./session.js";

const refusal = async (graph: Uint8Array) =>
  onnxruntimeSessions.open(graph, { threads: 1 }).then(
    () => undefined,
    (error: unknown) => error,
  );
const opset = (domain: string, version: number) =>
  scalingGraph(2, {
    opsetImport: [
      { domain: "", version: 13 },
      { domain, version },
    ].slice(domain === "" ? 1 : 0),
  });

describe("a graph that the engine refuses: what it has, what the engine knows, and how to convert it", () => {
  it.each<[string, Uint8Array, RegExp, RegExp]>([
    [
      "an opset of the future",
      opset("", 999),
      /^opset 999 of ai\.onnx, .*\(≤ \d+\)$/,
      /opset \d+ or an earlier one.*convert_version\(model, \d+\)/,
    ],
    [
      "an opset of the future for trees",
      opset("ai.onnx.ml", 77),
      /^opset 77 of ai\.onnx\.ml/,
      /^Export it with opset \d+ of ai\.onnx\.ml or an earlier one\.$/,
    ],
    [
      "an IR version of the future",
      scalingGraph(2, { irVersion: 99 }),
      /^IR version 99, .*\(≤ \d+\)$/,
      /model\.ir_version = \d+/,
    ],
    ["an opset of long ago", opset("", 1), /Mul\(1\)/, /operator Mul .* another opset/],
    ["an opset that never was", opset("", 0), /Mul/, /operator Mul .* another opset/],
    [
      "a domain that nobody knows",
      brokenModels()["a domain that nobody knows"],
      /com\.example/,
      /operators of ONNX alone/,
    ],
    ...["another file", "a file of the system", "a file above"].map(
      (where): [string, Uint8Array, RegExp, RegExp] => [
        `weights in ${where}`,
        brokenModels()[`weights in ${where}`],
        /another file, which is never read/,
        /onnx\.save\(onnx\.load\(/,
      ],
    ),
    [
      "weights of an exabyte",
      brokenModels()["weights of an exabyte"],
      /1152921504606846976/,
      /Write the file again/,
    ],
    ["text", brokenModels().text, /protobuf parsing failed/, /Write the file again/],
  ])("%s", async (_what, graph, found, remedy) => {
    expect(await refusal(graph)).toMatchObject({
      code: "MW0701",
      found: expect.stringMatching(found) as string,
      remedy: expect.stringMatching(remedy) as string,
    });
  });

  it("names the number of the engine itself: the next one is refused, that one is not", async () => {
    const known = Number(/≤ (\d+)/.exec(String(await refusal(opset("", 999))))?.[1]);
    const session = await onnxruntimeSessions.open(opset("", known), { threads: 1 });
    await session.dispose();
    expect(await refusal(opset("", known + 1))).toMatchObject({ code: "MW0701" });
  });
});
