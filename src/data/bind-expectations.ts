import { didYouMean, type FieldKind, type Schema } from "../kernel/index.js";
import { dataErrors } from "./errors.js";
import { badExpectation, type Expectation } from "./expectation.js";

/** What `expectations` may give: expectations, or lists of them as `expectColumn` makes. */
export type GivenExpectations = readonly (Expectation | readonly Expectation[])[];

/**
 * The expectations of a source in one list, each checked against its schema. Throws MW0206 (a name twice),
 * MW0212 (unknown column) and MW0213 (a column of a kind that the rule is not for).
 */
export function bindExpectations(
  source: string,
  schema: Schema,
  given: GivenExpectations,
): readonly Expectation[] {
  const names = new Set<string>();
  const expectations = given.flatMap<Expectation>((expectation) => expectation);
  for (const expectation of expectations) {
    if (names.has(expectation.name)) {
      throw badExpectation(`different names for the expectations of source "${source}"`, expectation.name);
    }
    names.add(expectation.name);
    for (const { column, kinds } of columnsOf(expectation))
      checkColumn({ schema, column, kinds }, expectation);
  }
  return Object.freeze(expectations);
}

const all: readonly FieldKind[] = ["int", "float", "bool", "timestamp", "string"];
const numbers: readonly FieldKind[] = ["int", "float"];
const ordered: readonly FieldKind[] = ["int", "float", "timestamp"];
const texts: readonly FieldKind[] = ["string"];

interface Wanted {
  readonly column: string;
  readonly kinds: readonly FieldKind[];
}

/** The columns that an expectation names, and the kinds that each may have. */
function columnsOf(expectation: Expectation): readonly Wanted[] {
  switch (expectation.kind) {
    case "row":
    case "rows":
    case "fresh":
      return [];
    case "unique":
      return expectation.columns.map((column) => ({ column, kinds: all }));
    case "sorted":
      return [{ column: expectation.column, kinds: ordered }];
    case "value":
      return [{ column: expectation.column, kinds: kindsOfRule(expectation) }];
    case "statistic":
      return [{ column: expectation.column, kinds: kindsOfStatistic[expectation.statistic.of] }];
    case "distribution":
      return [{ column: expectation.column, kinds: kindsOfReference(expectation) }];
  }
}

function kindsOfRule({ rule }: Extract<Expectation, { kind: "value" }>): readonly FieldKind[] {
  if (rule.rule === "between") return ordered;
  if (rule.rule === "oneOf") return typeof rule.values[0] === "string" ? texts : numbers;
  return texts;
}

const kindsOfStatistic = {
  missing: all,
  distinct: all,
  mean: ["int", "float", "bool"],
  std: numbers,
  sum: numbers,
  quantile: numbers,
} as const;

function kindsOfReference({ like }: Extract<Expectation, { kind: "distribution" }>): readonly FieldKind[] {
  if (like === "previous") return all;
  return "edges" in like ? ["int", "float", "bool", "timestamp"] : texts;
}

function checkColumn(
  { schema, column, kinds }: Wanted & { readonly schema: Schema },
  { name }: Expectation,
): void {
  if (!Object.hasOwn(schema, column)) {
    throw dataErrors.error("MW0212", {
      expected: `a column of the schema in expectation "${name}"`,
      found: JSON.stringify(column),
      remedy: didYouMean(column, Object.keys(schema)),
      details: { column, expectation: name },
    });
  }
  const { kind } = schema[column];
  if (kinds.includes(kind)) return;
  throw dataErrors.error("MW0213", {
    expected: `a column of type ${kinds.join(" or ")} in expectation "${name}"`,
    found: `"${column}" of type ${kind}`,
    remedy: "Choose a rule for columns of that type, or another column.",
    details: { column, expectation: name },
  });
}
