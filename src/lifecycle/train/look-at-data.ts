import type { DatasetVersion } from "../../data/index.js";
import { checkExamples, checkNumbers } from "../../learning/index.js";
import { findLeakingFeatures, findOddities, type ModelDefinition } from "../../training/index.js";
import { evenlySpaced } from "./evenly-spaced.js";
import type { Steps } from "./steps.js";
import { examplesOf, type TrainingData } from "./training-data.js";

interface LookedAt {
  readonly model: ModelDefinition;
  readonly data: TrainingData;
  readonly steps: Steps;
}

/**
 * Refuses what no trainer can learn from, before any begins, and warns of columns and classes that teach nothing and
 * of features that tell the label by themselves: two remembered steps. Throws MW0402, MW0403, MW0405, MW0409 and MW0410.
 */
export async function lookAtData(given: LookedAt, signal?: AbortSignal): Promise<readonly string[]> {
  const { model, data } = given;
  const examples = (rows: Uint32Array) => examplesOf(data, { model, rows }, signal);
  return [
    ...(await warningsOf(given, "look at the data", async () => {
      const [train, test] = [await examples(data.train), await examples(data.test)];
      checkExamples(train);
      checkNumbers(test);
      return [...findUnrepresentable(model, data), ...findOddities(train, test)];
    })),
    ...(await warningsOf(given, "leaks", async () =>
      findLeakingFeatures(await examples(sampleOf(data.train))),
    )),
  ];
}

async function warningsOf(
  { model, data, steps }: LookedAt,
  name: string,
  find: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const { warnings } = await steps.run<{ readonly warnings: readonly string[] }>({
    name,
    inputs: { trainingSet: data.trainingSet, split: model.split.definition },
    compute: async () => ({ warnings: await find() }),
  });
  return warnings;
}

/** Leaks are looked for in so many training rows at most, evenly spaced. */
const mostRows = 100_000;

const sampleOf = (rows: Uint32Array): Uint32Array =>
  evenlySpaced(rows.length, mostRows).map((position) => rows[position]);

/** From here on a number has no finite 32-bit float, and a model takes it as missing, offline and online alike. */
const beyondFloat32 = 2 ** 128 - 2 ** 103;

/** Request fields with values that a model cannot take, in words. */
function findUnrepresentable({ features }: ModelDefinition, { table }: TrainingData): string[] {
  return features.columns.flatMap(({ name, origin }) => {
    const column =
      origin === "request" && Object.hasOwn(table.columns, name) ? table.columns[name] : undefined;
    if (column?.kind !== "number") return [];
    let count = 0;
    for (const value of column.values) if (Math.abs(value) >= beyondFloat32) count++;
    if (count === 0) return [];
    const rows = `${count.toLocaleString("en")} of ${table.rowCount.toLocaleString("en")} rows`;
    return [
      `feature "${name}" is infinite or beyond the range of float32 (3.40282347e38) in ${rows}: it counts as missing there`,
    ];
  });
}

/** What of each source was not looked at at all, in words. */
export const findSetAside = (versions: ReadonlyMap<string, DatasetVersion>): string[] =>
  [...versions].flatMap(([source, { quarantinedCount: count }]) =>
    count === 0
      ? []
      : [
          `${count.toLocaleString("en")} rows of "${source}" were set aside: see millwright data failures ${source}`,
        ],
  );
