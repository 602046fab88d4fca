import { clientError, MillwrightClientError, type ClientErrorFacts } from "./errors.js";

export interface ClientOptions {
  /** Where the server is; a path is kept, so `https://host/ml` works behind a proxy. */
  readonly url: string | URL;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
  /** For each attempt. Default 10 s. */
  readonly timeoutMs?: number;
  /** Sent with every request, e.g. for a proxy's authentication. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * How often a request that the server refused before any work (429 or 503 with `Retry-After`) is sent again,
   * after the seconds that the server asked for. Default 0. Nothing else is ever repeated.
   */
  readonly retries?: number;
}

/** Options of one call. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** How urgent a prediction is: 1 goes first, then 2, to 10. Default 0: the server's choice. */
  readonly priority?: number;
  /** How long this call may take; a prediction that the server has not begun by then is dropped. Default: the client's. */
  readonly timeoutMs?: number;
}

export interface Call {
  /** Undefined for the client's defaults. */
  readonly options: CallOptions | undefined;
  /** Relative to the server's URL. */
  readonly path: string;
  /** Sent as JSON with POST; GET without. */
  readonly body?: unknown;
  /** The member by which the answer is known to be one. */
  readonly has: string;
  /** Whether that member is a list. */
  readonly list?: boolean;
  /** Whether a 503 is an answer too, and not only an error. */
  readonly unready?: boolean;
}

/**
 * Sends a call and resolves with its answer: an object with the member that the call names; what else is in
 * it is the server's promise. Rejects with `MillwrightClientError`.
 */
export type Send = <Answer>(call: Call) => Promise<Answer>;

interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs: number | undefined;
}

interface Sent {
  readonly body: string | undefined;
  readonly wished: Readonly<Record<string, string>>;
}

/** The sender for a server. Throws MW1306 for a bad option. */
export function createTransport(options: ClientOptions): Send {
  const base = baseUrl(options.url);
  const clientTimeoutMs = wholeNumber(options.timeoutMs ?? 10_000, "timeoutMs", 1);
  const retries = wholeNumber(options.retries ?? 0, "retries", 0);
  const request = options.fetch ?? fetch;

  const attempt = async (call: Call, { body, wished }: Sent): Promise<HttpAnswer> => {
    const { signal: own, timeoutMs = clientTimeoutMs } = call.options ?? {};
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = own === undefined ? timeout : AbortSignal.any([own, timeout]);
    try {
      const response = await request(new URL(call.path, base), {
        method: body === undefined ? "GET" : "POST",
        headers: {
          ...options.headers,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...wished,
        },
        ...(body === undefined ? {} : { body }),
        signal,
      });
      return { status: response.status, text: await response.text(), retryAfterMs: retryAfterMs(response) };
    } catch (cause) {
      if (own?.aborted === true) throw cancelled(own);
      throw timeout.aborted ? timedOut(timeoutMs, cause) : unreachable(base, cause);
    }
  };

  return async <Answer>(call: Call) => {
    const body = "body" in call ? writeJson(call.body) : undefined;
    const wished = wishes(call.options);
    for (let left = retries; ; left--) {
      const answer = await attempt(call, { body, wished });
      const refused = answer.status === 429 || answer.status === 503;
      if (!refused || answer.retryAfterMs === undefined || left === 0) {
        return readAnswer(call, answer) as Answer;
      }
      await pause(answer.retryAfterMs, call.options?.signal);
    }
  };
}

/** The headers by which a call says how it wants to be served. Throws MW1306. */
function wishes({ priority, timeoutMs }: CallOptions = {}): Readonly<Record<string, string>> {
  return {
    ...(priority === undefined
      ? {}
      : { "millwright-priority": String(wholeNumber(priority, "priority", 0)) }),
    ...(timeoutMs === undefined
      ? {}
      : { "millwright-timeout-ms": String(wholeNumber(timeoutMs, "timeoutMs", 1)) }),
  };
}

function readAnswer({ has, list, unready }: Call, { status, text }: HttpAnswer): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw notUnderstood(`${JSON.stringify(text.slice(0, 100))} with status ${status}`, { status, cause });
  }
  const isAnswer = (status >= 200 && status < 300) || (unready === true && status === 503);
  if (!isAnswer) throw serverError(value, status);
  const member = isRecord(value) && Object.hasOwn(value, has) ? value[has] : undefined;
  if (member === undefined || (list === true && !Array.isArray(member))) {
    throw notUnderstood(`an answer without ${list === true ? "a list " : ""}"${has}"`, { status });
  }
  return value;
}

/** The error that a server's `{ error }` stands for; MW1303 when it is none. */
export function serverError(value: unknown, status?: number): MillwrightClientError {
  const facts = isRecord(value) ? value.error : undefined;
  if (!isErrorFacts(facts)) return notUnderstood(JSON.stringify(value).slice(0, 100), { status });
  return new MillwrightClientError({ ...facts, status });
}

function notUnderstood(
  found: string,
  more: { readonly status?: number | undefined; readonly cause?: unknown } = {},
): MillwrightClientError {
  return clientError("MW1303", {
    expected: "the JSON of a Millwright server",
    found,
    remedy: "Check the URL and what stands between client and server.",
    ...more,
  });
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function isErrorFacts(value: unknown): value is ClientErrorFacts {
  const texts = ["code", "title", "expected", "found", "remedy"];
  return isRecord(value) && texts.every((name) => typeof value[name] === "string");
}

/** JSON writes NaN and invalid dates as null, which would be another request than the one meant. */
function writeJson(body: unknown): string {
  const refuse = function (this: unknown, key: string, value: unknown): unknown {
    const original = (this as Readonly<Record<string, unknown>>)[key];
    if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError(`${value} at "${key}"`);
    if (value === null && original instanceof Date) throw new TypeError(`an invalid date at "${key}"`);
    return value;
  };
  try {
    return JSON.stringify(body, refuse) ?? "null";
  } catch (cause) {
    throw clientError("MW1304", {
      expected: "values that JSON can hold",
      found: cause instanceof Error ? cause.message : String(cause),
      remedy: "Leave optional fields out, or give null where there is no value.",
      cause,
    });
  }
}

function retryAfterMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get("retry-after") ?? NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      if (signal !== undefined) reject(cancelled(signal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
  });
}

function baseUrl(url: string | URL): URL {
  const base = URL.canParse(String(url)) ? new URL(url) : undefined;
  if (base === undefined || !/^https?:$/.test(base.protocol)) {
    throw clientError("MW1306", {
      expected: "url to be an absolute http or https URL",
      found: JSON.stringify(String(url)),
      remedy: 'Write it as "http://127.0.0.1:8080".',
    });
  }
  base.search = "";
  base.hash = "";
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  return base;
}

function wholeNumber(value: number, name: string, min: number): number {
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw clientError("MW1306", {
    expected: `${name} to be a whole number from ${min}`,
    found: String(value),
    remedy: "Mend the options of createClient, or of the call.",
  });
}

const cancelled = (signal: AbortSignal) =>
  clientError("MW1305", {
    expected: "the call to run to its end",
    found: "an aborted signal",
    remedy: "Call again if the answer is still wanted.",
    cause: signal.reason,
  });

const timedOut = (timeoutMs: number, cause: unknown) =>
  clientError("MW1302", {
    expected: `an answer within ${timeoutMs} ms`,
    found: "none",
    remedy: "Send fewer items at once, or raise timeoutMs.",
    details: { timeoutMs },
    cause,
  });

function unreachable(base: URL, cause: unknown): MillwrightClientError {
  const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return clientError("MW1301", {
    expected: `a server at ${base.href}`,
    found: reason instanceof Error ? reason.message || reason.name : String(reason),
    remedy: "Check that it runs and that the URL is right.",
    cause,
  });
}
