import { Pool, type Dispatcher } from "undici";
import type { LoadOutcome } from "../../lifecycle/index.js";
import type { Wire } from "./open-loop.js";

export interface HttpWireOptions {
  /** Scheme, host and port. */
  readonly url: string;
  readonly path: string;
  readonly bodies: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
}

/** Requests over connections that are kept alive, one at a time on each. */
export function httpWire({ url, path, bodies, headers, connections }: HttpWireOptions): {
  readonly wire: Wire;
  readonly close: () => Promise<void>;
} {
  // The time limit of a request is its sender's; the pool's own ones would end it under another name.
  const pool = new Pool(url, {
    ...{ connections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 },
    connect: { timeout: 0 },
  });
  const fixed = {
    ...({ method: "POST", path } as const),
    headers: { "content-type": "application/json", ...headers },
  };
  const bytes = bodies.map((body) => Buffer.from(body));
  const wire: Wire = (request, ended) => {
    const handler = answerReader(ended);
    pool.dispatch({ ...fixed, body: bytes[request % bytes.length] }, handler);
    return { cancel: handler.cancel };
  };
  return { wire, close: () => pool.destroy() };
}

/** More of an answer that is an error is not looked at. */
const mostText = 4096;

/** Reads an answer to its last byte; only errors are kept, for their code. */
function answerReader(
  ended: (outcome: LoadOutcome) => void,
): Dispatcher.DispatchHandler & { readonly cancel: () => void } {
  let controller: Dispatcher.DispatchController | undefined;
  let cancelled = false;
  let status = 0;
  let retryAfter = false;
  let text = "";
  return {
    onRequestStart(given) {
      controller = given;
      if (cancelled) given.abort(new Error("given up"));
    },
    onResponseStart(_, statusCode, headers) {
      status = statusCode;
      retryAfter = headers["retry-after"] !== undefined;
    },
    onResponseData(_, chunk) {
      if (status !== 200 && text.length < mostText) text += chunk.toString("utf8");
    },
    onResponseEnd: () => ended(outcomeOf(status, retryAfter, text)),
    onResponseError: (_, error) => ended({ label: nameOf(error), kind: "failed" }),
    cancel() {
      cancelled = true;
      controller?.abort(new Error("given up"));
    },
  };
}

/** What an answer means. A server that says when to come again has refused in good order. */
function outcomeOf(status: number, retryAfter: boolean, text: string): LoadOutcome {
  if (status === 200) return { label: "200", kind: "good" };
  const code = /"(MW\d{4})"|\b(MW\d{4})\b/.exec(text);
  const label = code === null ? String(status) : `${status} ${code[1] ?? code[2]}`;
  const refused = retryAfter && (status === 429 || status === 503);
  return { label, kind: refused ? "refused" : "failed" };
}

const nameOf = (error: Error): string => ("code" in error ? String(error.code) : error.message);
