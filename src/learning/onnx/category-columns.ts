import type { FittedFeature } from "../feature-encoding.js";
import type { GraphBuilder } from "./graph.js";

/**
 * ONNX Runtime (from 1.21) makes one test of neighbouring tests for equality with whole numbers from 1 to 32 that lead
 * to the same node. So a column says which of 32 categories a text is, 1 to 32, or by 0 that it is none of them.
 */
const perColumn = 32;

/** Where a graph tells a category: the column, counted from the feature's first, and its value there. −1 is missing. */
export function placeOf(category: number): { readonly column: number; readonly value: number } {
  const slot = category + 1;
  return { column: Math.floor(slot / perColumn), value: (slot % perColumn) + 1 };
}

type Category = Extract<FittedFeature, { readonly kind: "category" }>;

/** Columns that a text takes as a category. */
export function columnCount({ categories }: Category): number {
  return placeOf(categories.length - 1).column + 1;
}

/** Looks a text [N, 1] up; returns the name of its columns [N, columns], named after `output`. */
export function addCategory(
  graph: GraphBuilder,
  feature: Category,
  names: { readonly text: string; readonly output: string },
): string {
  const { categories } = feature;
  const { text, output } = names;
  const width = columnCount(feature);
  const number = `${output}_number`;
  const keys = ["", ...categories];
  graph.add({
    type: "LabelEncoder",
    domain: "ai.onnx.ml",
    inputs: [text],
    outputs: [number],
    attributes: {
      keys_strings: { texts: keys },
      values_int64s: { ints: [...keys.keys()] },
      default_int64: { int: keys.length },
    },
  });
  const rows = [...keys.keys()].map((slot) => {
    const { column, value } = placeOf(slot - 1);
    return Array.from({ length: width }, (_, i) => (i === column ? value : 0));
  });
  const cells = graph.floats(`${output}_cells`, [...rows, Array<number>(width).fill(0)].flat());
  const shape = graph.ints(`${output}_shape`, [keys.length + 1, width]);
  graph.add({ type: "Reshape", inputs: [cells, shape], outputs: [`${output}_table`] });
  graph.add({ type: "GatherND", inputs: [`${output}_table`, number], outputs: [output] });
  return output;
}
