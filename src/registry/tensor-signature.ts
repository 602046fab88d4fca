import { canonicalJson } from "../kernel/index.js";
import { registryErrors } from "./errors.js";
import type { TensorSignature, TensorSpec } from "./manifest.js";
import { isTensorType, tensorTypes } from "./tensor.js";

/** Characters of a signature as JSON: a manifest stays small whatever a graph calls its inputs. */
const longestSignature = 1_000_000;

/**
 * The signature of a graph from elsewhere, from what the engine says of its inputs and outputs. Throws MW0631 for
 * one that is no tensor of a known type or whose name is no text for a terminal, and MW0632 for a graph that takes or gives nothing.
 */
export function tensorSignature({ inputs, outputs }: TensorSignature): TensorSignature {
  for (const [what, specs] of Object.entries({ inputs, outputs })) {
    if (specs.length === 0) throw empty(what);
    const strange = specs.find(({ dtype }) => !isTensorType(dtype));
    if (strange !== undefined) throw noTensor(what, strange);
    const unprintable = specs.find(({ name }) => /\p{Cc}/u.test(name));
    if (unprintable !== undefined) throw badNames(JSON.stringify(unprintable.name));
  }
  const { length } = canonicalJson({ inputs, outputs });
  if (length > longestSignature) throw badNames(`names and shapes of ${length} characters`);
  return { inputs, outputs };
}

function empty(what: string) {
  return registryErrors.error("MW0632", {
    expected: `a graph that has ${what}`,
    found: "none",
    remedy: "Export the model with its inputs and outputs declared.",
  });
}

function badNames(found: string) {
  return registryErrors.error("MW0631", {
    expected: "inputs and outputs of short names without control characters",
    found,
    remedy: "Rename them where the model is exported.",
  });
}

function noTensor(what: string, { name, dtype }: TensorSpec) {
  return registryErrors.error("MW0631", {
    expected: `tensors of ${tensorTypes.join(", ")} as ${what}`,
    found: `${name}, ${dtype}`,
    remedy:
      `Export the model without ${name}, or as a tensor: for a scikit-learn classifier, ` +
      `to_onnx(…, options={id(model): {"zipmap": False}}).`,
    details: { name, dtype },
  });
}
