import type { FastifyInstance, FastifyRequest } from "fastify";
import type { MillwrightError } from "../../kernel/index.js";
import { servingErrors } from "../errors.js";
import { clip } from "../refusals.js";

export const ndjson = "application/x-ndjson";
export const maxDepth = 64;

/**
 * Makes a scope accept bodies of a media type, as text: handlers parse, so that one bad body closes no connection.
 * Compressed ones are MW0802.
 */
export function acceptText(scope: FastifyInstance, mediaType: string): void {
  scope.addContentTypeParser(mediaType, { parseAs: "string" }, (request, text, done) => {
    done(codedBody(request), text);
  });
}

/** Makes a scope accept bodies of a media type as they come in, however long they are. Compressed ones are MW0802. */
export function acceptStream(scope: FastifyInstance, mediaType: string): void {
  scope.addContentTypeParser(mediaType, (request, payload, done) => done(codedBody(request), payload));
}

/** Why a body cannot be read as it is; null when it can. */
function codedBody({ headers }: FastifyRequest): MillwrightError | null {
  const coding = headers["content-encoding"]?.trim().toLowerCase() ?? "";
  if (coding === "" || coding === "identity") return null;
  return servingErrors.error("MW0802", {
    expected: "a body without Content-Encoding",
    found: `Content-Encoding ${clip(coding)}`,
    remedy: "Send the body as it is; the routes of tensors under /v2 take gzip and deflate.",
  });
}

/** A body without a content type is taken for JSON: several HTTP clients name none. */
export function assumeJson(request: FastifyRequest): void {
  request.raw.headers["content-type"] ??= "application/json";
}

/** Reads the body of a request. Throws MW0801, MW0803, MW0812. */
export interface BodyReader {
  json(request: FastifyRequest): unknown;
  /** The items of a batch `{ [key]: [ … ] }`, or undefined when the body is a single item. */
  batch(body: unknown, key: string): readonly unknown[] | undefined;
  /** The value of one line of a body. */
  line(request: FastifyRequest, text: string, number: number): unknown;
}

/** Body reading with fastify's own guard against keys that reach a prototype. */
export function createBodyReader(app: FastifyInstance, maxBatchItems: number): BodyReader {
  const guarded = app.getDefaultJsonParser("error", "error");
  const parse = (request: FastifyRequest, text: string, line?: number): unknown => {
    let value: unknown;
    let bad = nestsDeeperThan(maxDepth, text);
    if (!bad) {
      void guarded(request, text, (error, parsed: unknown) => {
        bad = error !== null;
        value = parsed;
      });
    }
    if (bad) throw malformed(text, line);
    return value;
  };
  const capped = (items: readonly unknown[], key: string): readonly unknown[] => {
    if (items.length <= maxBatchItems) return items;
    throw badBatch(`at most ${maxBatchItems} ${key}`, `${items.length}`, "Send several smaller batches.");
  };
  return Object.freeze({
    json: (request: FastifyRequest) => parse(request, textOf(request)),
    batch(body: unknown, key: string) {
      const items =
        typeof body === "object" && body !== null && Object.hasOwn(body, key) ? fieldOf(body, key) : null;
      if (!Array.isArray(items)) return undefined;
      const others = Object.keys(body as object).filter((name) => name !== key);
      if (others.length === 0) return capped(items, key);
      throw badBatch(
        `"${key}" to be the only key`,
        others.join(", "),
        `Put everything inside the items of "${key}".`,
      );
    },
    line: parse,
  });
}

const fieldOf = (body: object, key: string): unknown => (body as Readonly<Record<string, unknown>>)[key];

function textOf(request: FastifyRequest): string {
  if (typeof request.body === "string" && request.body.trim() !== "") return request.body;
  throw emptyBody();
}

export function emptyBody() {
  return servingErrors.error("MW0803", {
    expected: "a JSON body",
    found: "an empty one",
    remedy: "Send one JSON object; GET /openapi.json describes it.",
  });
}

/** Deep nesting overflows the stack of recursive code further in, so it ends here. */
export function nestsDeeperThan(limit: number, text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 92) i++;
      else if (code === 34) inString = false;
    } else if (code === 34) inString = true;
    else if (code === 91 || code === 123) {
      if (++depth > limit) return true;
    } else if (code === 93 || code === 125) depth--;
  }
  return false;
}

function malformed(text: string, line: number | undefined) {
  return servingErrors.error("MW0801", {
    expected: "one JSON value (RFC 8259)",
    found: `${whyMalformed(text)}${line === undefined ? "" : ` in line ${line}`}`,
    remedy: "Mend the body; numbers that are not finite are written as null where the field admits it.",
    ...(line === undefined ? {} : { details: { line } }),
  });
}

function whyMalformed(text: string): string {
  if (nestsDeeperThan(maxDepth, text)) return `more than ${maxDepth} levels of nesting`;
  try {
    JSON.parse(text);
    return "a key that would reach an object's prototype (__proto__ or constructor.prototype)";
  } catch (error) {
    return error instanceof SyntaxError ? error.message : "text that is not JSON";
  }
}

function badBatch(expected: string, found: string, remedy: string) {
  return servingErrors.error("MW0812", { expected, found, remedy });
}
