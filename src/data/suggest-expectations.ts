import type { FieldSpec, Schema } from "../kernel/index.js";
import type { ColumnProfile, NumberProfile, TextProfile } from "./profile.js";
import { widenDown, widenUp } from "./round-outwards.js";

/** An expectation that the data of a profile meets, as code for the configuration. */
export interface Suggestion {
  /** The column that it is about; null for one about the rows. */
  readonly column: string | null;
  /** One line of the list that `expectations: (f) => […]` gives. */
  readonly code: string;
  /** What in the profile speaks for it. */
  readonly because: string;
}

/** Fewer values than this say too little about what is usual. */
const fewValues = 100;
/** A text column is a set when it has at most so many values, each met so many times on average. */
const [mostInSet, timesEach] = [10, 100];

/**
 * Expectations that the profiled data meets with room to spare, all of severity `warn`: ranges are widened by
 * half their width and rounded outwards, sets are only suggested where few values occur many times each,
 * uniqueness where no text or whole number occurs twice. What the schema says already is left out. Equal
 * profiles give equal suggestions.
 */
export function suggestExpectations(
  profile: Readonly<Record<string, ColumnProfile>>,
  schema: Schema,
): readonly Suggestion[] {
  const [first] = Object.values(profile);
  const rowCount = first === undefined ? 0 : first.count + first.missing;
  const rows: Suggestion[] =
    rowCount < fewValues
      ? []
      : [
          {
            column: null,
            code: `expectRows({ atLeast: ${widenDown(rowCount, rowCount / 2)} }, "warn")`,
            because: `${rowCount} rows`,
          },
        ];
  return [
    ...rows,
    ...Object.entries(schema).flatMap(([column, spec]) =>
      Object.hasOwn(profile, column) ? suggestForColumn(column, spec, profile[column]) : [],
    ),
  ];
}

/** A rule in code, and what in the profile speaks for it. */
interface Rule {
  readonly code: string;
  readonly because: string;
}

function suggestForColumn(column: string, spec: FieldSpec, profile: ColumnProfile): Suggestion[] {
  if (profile.count < fewValues) return [];
  const name = reference(column);
  const rules = [
    ...missingRule(spec, profile),
    ...(profile.kind === "number" ? rangeRule(spec, profile) : textRules(spec, profile)),
  ];
  const together: Suggestion[] =
    rules.length === 0
      ? []
      : [
          {
            column,
            code: `expectColumn(${name}, { ${rules.map(({ code }) => code).join(", ")} }, "warn")`,
            because: rules.map(({ because }) => because).join("; "),
          },
        ];
  const unique = profile.distinct === profile.count && (spec.kind === "int" || spec.kind === "string");
  if (!unique) return together;
  const because = `${profile.count} values, no two of them equal`;
  return [...together, { column, code: `expectUnique([${name}], "warn")`, because }];
}

function missingRule({ nullable }: FieldSpec, { count, missing }: ColumnProfile): Rule[] {
  if (!nullable) return [];
  const share = missing / (count + missing);
  const atMost = missing === 0 ? 0 : Math.min(1, widenUp(share, 2 * share));
  return atMost === 1
    ? []
    : [{ code: `missing: { atMost: ${atMost} }`, because: `${missing} of ${count + missing} missing` }];
}

function rangeRule({ kind, min: lowest, max: highest }: FieldSpec, { min, max }: NumberProfile): Rule[] {
  const bounded = lowest !== undefined && highest !== undefined;
  if (bounded || (kind !== "int" && kind !== "float")) return [];
  if (min === null || max === null || !Number.isFinite(max - min)) return [];
  const room = (max - min) / 2;
  // What never was negative is not expected to become so.
  const low = min >= 0 && min - room < 0 ? 0 : widenDown(min, min - room);
  const high = max <= 0 && max + room > 0 ? 0 : widenUp(max, max + room);
  return [{ code: `between: [${low}, ${high}]`, because: `${min} to ${max} seen` }];
}

function textRules({ values }: FieldSpec, { count, distinct, top, lengths }: TextProfile): Rule[] {
  if (values !== undefined) return [];
  if (distinct <= mostInSet && count >= timesEach * distinct && top.length === distinct) {
    const texts = top.map(({ value }) => JSON.stringify(value)).sort();
    return [{ code: `oneOf: [${texts.join(", ")}]`, because: `${distinct} values in ${count}` }];
  }
  if (lengths === undefined) return [];
  const { min, max } = lengths;
  if (min === max) {
    return [{ code: `length: { atLeast: ${min}, atMost: ${max} }`, because: `all of ${min} characters` }];
  }
  return [{ code: `length: { atMost: ${2 * max} }`, because: `${min} to ${max} characters seen` }];
}

const reference = (column: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(column) ? `f.${column}` : `f[${JSON.stringify(column)}]`;
