import type { ErrorRow } from "../kernel/index.js";

/**
 * The client's own codes. A plain object of the shape of an error table: the client runs in browsers and
 * imports nothing at run time.
 */
export const clientErrors = Object.freeze({
  rows: {
    MW1301: {
      title: "server unreachable",
      exit: 3,
      http: 502,
      about:
        "No connection to the server, or it broke before the answer was complete. The request may have been served.",
    },
    MW1302: {
      title: "client timed out",
      exit: 3,
      http: 504,
      about: "The answer did not come within the client's `timeoutMs`. The request may have been served.",
    },
    MW1303: {
      title: "answer not understood",
      exit: 3,
      http: 502,
      about:
        "What answered is not JSON or not of the expected shape: often a proxy, or another service at this address.",
    },
    MW1304: {
      title: "request cannot be written",
      exit: 2,
      http: 400,
      about:
        "The request holds what JSON cannot: NaN, an infinite number, an invalid date, a bigint or a cycle.",
    },
    MW1305: {
      title: "call cancelled",
      exit: 3,
      http: 499,
      about: "The call's signal was aborted by its owner; the reason is the error's cause.",
    },
    MW1306: {
      title: "bad client option",
      exit: 2,
      http: 400,
      about: "An option of `createClient` has a value that it cannot have, such as a URL without `http://`.",
    },
  },
} as const satisfies { readonly rows: Readonly<Record<`MW13${number}`, ErrorRow>> });

export type ClientErrorCode = keyof typeof clientErrors.rows;

/** What an error tells; `status` is absent when there was no HTTP answer, or when it concerns one item of a batch. */
export interface ClientErrorFacts {
  readonly code: string;
  readonly title: string;
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

/** The only error with which a client's calls reject: a coded error of the server, or one of the client's own. */
export class MillwrightClientError extends Error {
  override readonly name = "MillwrightClientError";
  readonly code: string;
  readonly title: string;
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly status: number | undefined;

  constructor(facts: ClientErrorFacts) {
    // As the server's own errors read: what was found may end its sentence itself.
    const end = /[.?!…]$/.test(facts.found) ? "" : ".";
    super(
      `${facts.code} ${facts.title}: expected ${facts.expected}; found ${facts.found}${end} ${facts.remedy}`,
      facts.cause === undefined ? undefined : { cause: facts.cause },
    );
    this.code = facts.code;
    this.title = facts.title;
    this.expected = facts.expected;
    this.found = facts.found;
    this.remedy = facts.remedy;
    this.details = facts.details ?? {};
    this.status = facts.status;
  }
}

/** One of the client's own errors. */
export function clientError(
  code: ClientErrorCode,
  facts: Omit<ClientErrorFacts, "code" | "title">,
): MillwrightClientError {
  return new MillwrightClientError({ code, title: clientErrors.rows[code].title, ...facts });
}
