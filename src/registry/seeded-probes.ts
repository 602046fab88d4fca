import { seededRng, type Rng } from "../kernel/index.js";
import { registryErrors } from "./errors.js";
import type { TensorSignature, TensorSpec } from "./manifest.js";
import {
  elementCount,
  isTensorType,
  loadTensor,
  writtenElement,
  type StoredElement,
  type Tensors,
} from "./tensor.js";

/** How large whole numbers become: indices into small tables first, then what switches and masks take. */
export const probeRanges = [10, 2, 1] as const;

/** More elements than this for one probe are neither made up nor kept. */
const mostElements = 1 << 22;
/** So many elements, over all probes, keep `probes.json` in single megabytes. */
const wantedElements = 200_000;
const mostProbes = 8;

const words = ["", "a", "b", "yes", "no", "millwright", "Zürich", "表"];

/**
 * Inputs that are made up from a signature, the same in every run: up to 8 sets, fewer when they are large. All
 * free dimensions of a set have one size, 1, 2 or 3 in turn, because graphs often want them equal. Floats are
 * multiples of 1/64 in [-2, 2), whole numbers lie in [0, range). Throws MW0634.
 */
export function seededInputs({ inputs }: Pick<TensorSignature, "inputs">, range: number): readonly Tensors[] {
  const elements = inputs.reduce((sum, { shape }) => sum + elementCount(sized(shape, 3)), 0);
  if (elements > mostElements) throw tooLarge(elements);
  const count = Math.max(1, Math.min(mostProbes, Math.floor(wantedElements / elements)));
  const rng = seededRng(1);
  return Array.from({ length: count }, (_, probe) =>
    Object.fromEntries(inputs.map((spec) => [spec.name, tensor(spec, 1 + (probe % 3), { rng, range })])),
  );
}

const sized = (shape: TensorSpec["shape"], free: number) => shape.map((size) => size ?? free);

function tensor(
  { dtype, shape }: TensorSpec,
  free: number,
  { rng, range }: { readonly rng: Rng; readonly range: number },
) {
  if (!isTensorType(dtype)) throw new Error(`a signature admitted the type ${dtype}`);
  const sizes = sized(shape, free);
  const element = (): StoredElement => {
    if (dtype.startsWith("float")) return (rng.below(256) - 128) / 64;
    if (dtype === "string") return words[rng.below(words.length)];
    if (dtype === "bool") return rng.below(2) === 1;
    return writtenElement(dtype, rng.below(range));
  };
  const data = Array.from({ length: elementCount(sizes) }, element);
  return loadTensor({ dtype, shape: sizes, data });
}

function tooLarge(elements: number) {
  return registryErrors.error("MW0634", {
    expected: `inputs of at most ${mostElements} elements together`,
    found: `${elements}`,
    remedy: "Give the probes yourself with --probes, or export the graph with smaller dimensions.",
    details: { elements },
  });
}
