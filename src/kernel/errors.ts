/** What a code in an error table says about every error that carries it. */
export interface ErrorRow {
  /** One short phrase in lower case, e.g. "column missing". */
  readonly title: string;
  /** Process exit code: 1 a check said no, 2 wrong usage or configuration, 3 failure. */
  readonly exit: 1 | 2 | 3;
  /** HTTP status when the error reaches a client. */
  readonly http: number;
  /** When it is raised and what to do, one or two sentences for `docs/errors.md`. */
  readonly about: string;
}

/** The facts of one occurrence. All three sentences are required: an error must be actionable. */
export interface ErrorFacts {
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;
  /** Machine-readable context, e.g. the field name or the offending value. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * A text as a sentence that another can follow. What somebody wrote, or an engine said, may have its end already: `km.`
 * is not to become `km..`.
 */
export const sentence = (text: string): string => (/[.?!…]$/.test(text) ? text : `${text}.`);

/** The only error class that Millwright throws on purpose. */
export class MillwrightError extends Error {
  override readonly name = "MillwrightError";
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: string,
    readonly row: ErrorRow,
    facts: ErrorFacts,
  ) {
    super(
      `${code} ${row.title}: expected ${facts.expected}; found ${sentence(facts.found)} ${facts.remedy}`,
      facts.cause === undefined ? undefined : { cause: facts.cause },
    );
    this.expected = facts.expected;
    this.found = facts.found;
    this.remedy = facts.remedy;
    this.details = facts.details ?? {};
  }

  /** The shape in which the error crosses a process or network boundary. */
  toJSON(): Record<string, unknown> {
    return {
      code: this.code,
      title: this.row.title,
      expected: this.expected,
      found: this.found,
      remedy: this.remedy,
      ...(Object.keys(this.details).length > 0 ? { details: this.details } : {}),
    };
  }
}

/** A room's rows of the error table and the one way to raise them. */
export interface ErrorTable<Code extends string> {
  readonly rows: Readonly<Record<Code, ErrorRow>>;
  error(code: Code, facts: ErrorFacts): MillwrightError;
}

/**
 * Declares a room's error codes. Codes are never reused; blocks of numbers belong to rooms:
 * 01 kernel, 02 data, 03 features, 04 learning, 05 training, 06 registry, 07 inference, 08 serving,
 * 09 monitoring, 10 storage, 11 project, lifecycle and configuration, 12 command line, 13 client, 14 stats, 15 Python.
 */
export function errorTable<const Code extends `MW${number}`>(
  rows: Readonly<Record<Code, ErrorRow>>,
): ErrorTable<Code> {
  return Object.freeze({
    rows: Object.freeze(rows),
    error: (code: Code, facts: ErrorFacts) => new MillwrightError(code, rows[code], facts),
  });
}

/**
 * Whether a caught value is a Millwright error, optionally one with the given code. Told by its name and not
 * by its class: a configuration may have been loaded with a second copy of this package.
 */
export function isMillwrightError(value: unknown, code?: string): value is MillwrightError {
  if (!(value instanceof Error) || value.name !== "MillwrightError" || !("code" in value)) return false;
  return code === undefined || value.code === code;
}
