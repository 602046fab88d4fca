import type { UnfitInput } from "../../inference/index.js";
import { didYouMean, isMillwrightError, MillwrightError } from "../../kernel/index.js";
import type { TensorSpec } from "../../registry/index.js";
import { clip } from "../refusals.js";
import { datatypeOf } from "./datatypes.js";
import { shown } from "./refusals.js";

/** MW0707 in the protocol's words, datatypes and shapes as a model's metadata has them; any other error as it is. */
export function inProtocolTerms(error: unknown): unknown {
  if (!isMillwrightError(error, "MW0707")) return error;
  const { input, names, wanted, given } = error.details as Partial<UnfitInput>;
  if (input === undefined) return error;
  const facts = (expected: string, found: string, remedy = asMetadataSays) =>
    new MillwrightError(error.code, error.row, { expected, found, remedy, cause: error });
  if (names !== undefined) {
    const known = clip(names.join(", "), 500);
    return facts(`the inputs ${known}`, `input ${shown(input)}`, didYouMean(input.slice(0, 200), names));
  }
  if (wanted === undefined) return error;
  return facts(
    `input ${shown(input)} with ${formOf(wanted)}`,
    given === undefined ? "no such input" : formOf(given),
  );
}

const asMetadataSays = "Send name, datatype, shape and data of every input that the model's metadata lists.";

const formOf = ({ dtype, shape }: Pick<TensorSpec, "dtype" | "shape">): string =>
  `datatype ${datatypeOf(dtype)?.name ?? dtype} and shape [${shape.map((size) => size ?? -1).join(",")}]`;
