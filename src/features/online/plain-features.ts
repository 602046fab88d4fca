import { compileExpression, type Bind, type Reader, type Value } from "../../kernel/index.js";
import type { VectorOut, VectorPosition } from "../algebra/accumulator.js";
import type { FeatureSet } from "../definition/feature-set.js";
import { modelNumber } from "../definition/model-number.js";

/** The features of a request that need no windows: its own fields and what is derived from them. */
export interface PlainFeatures {
  readonly numbers: readonly Reader<readonly Value[]>[];
  readonly texts: readonly Reader<readonly Value[]>[];
  /** Writes them into a vector, behind its windowed features. */
  write(values: readonly Value[], out: VectorOut, at: VectorPosition): void;
}

export function compilePlainFeatures(set: FeatureSet, bind: Bind<readonly Value[]>): PlainFeatures {
  const derived = new Map(set.derived.map(({ name, expression }) => [name, expression.node]));
  const others = set.columns.filter(({ origin }) => origin !== "window");
  const numbers = others
    .filter(({ kind }) => kind === "number")
    .map(({ name }) => compileExpression(derived.get(name) ?? { op: "column", name }, bind));
  const texts = others.filter(({ kind }) => kind === "text").map(({ name }) => bind(name));
  return Object.freeze({
    numbers,
    texts,
    write(values: readonly Value[], out: VectorOut, at: VectorPosition) {
      for (let i = 0; i < numbers.length; i++) {
        const value = numbers[i](values);
        out.numbers[at.number + i] = modelNumber(value as number | null);
      }
      for (let i = 0; i < texts.length; i++)
        out.texts[at.text + i] = (texts[i](values) as string | null) ?? "";
    },
  });
}
