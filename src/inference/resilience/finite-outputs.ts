import type { MillwrightError } from "../../kernel/index.js";
import type { TensorValue } from "../../registry/index.js";
import type { Infer } from "../infer.js";
import { hasNoRows, noAnswerToNoRows } from "../input-tensors.js";
import { resilienceErrors } from "./resilience-errors.js";

/**
 * Withholds an answer that holds NaN or an infinite number: MW0718, or MW0707 where it is one to no rows, as a mean of
 * nothing is. Texts and whole numbers are not looked at.
 */
export function withFiniteOutputs(infer: Infer): Infer {
  return async (inputs, options) => {
    const answer = await infer(inputs, options);
    for (const name of Object.keys(answer.outputs)) {
      const problem = notFinite(name, answer.outputs[name]);
      if (problem !== undefined) throw hasNoRows(inputs) ? noAnswerToNoRows(inputs, problem) : problem;
    }
    return answer;
  };
}

function notFinite(output: string, { dtype, data }: TensorValue): MillwrightError | undefined {
  if (dtype !== "float32" && dtype !== "float64") return undefined;
  for (let index = 0; index < data.length; index++) {
    if (Number.isFinite(data[index])) continue;
    return resilienceErrors.error("MW0718", {
      expected: "finite numbers in every output",
      found: `${data[index]} at element ${index} of ${output}`,
      remedy: "Look at the inputs for values far outside of the training data.",
      details: { output, index },
    });
  }
  return undefined;
}
