import type { FastifyInstance } from "fastify";
import { servingErrors } from "../errors.js";
import { clip } from "../refusals.js";
import { wishHeaders } from "./caller-wishes.js";

/** What a page may send besides what it may always. */
const sent = [
  ...["content-type", "authorization", "x-api-key", "traceparent", "tracestate"],
  ...Object.values(wishHeaders),
  "inference-header-content-length",
].join(", ");
/** What a page may read besides what it may always. */
const read = "retry-after, millwright-code, inference-header-content-length";
/** How long a browser need not ask again; the longest that browsers keep it. */
const rememberSeconds = "7200";

/** Throws MW0829 for what is neither an origin nor `*`. */
export function checkOrigins(origins: readonly string[]): readonly string[] {
  const wrong = origins.find(
    (origin) => origin !== "*" && !(URL.canParse(origin) && new URL(origin).origin === origin),
  );
  if (wrong === undefined) return origins;
  throw servingErrors.error("MW0829", {
    expected: "origins such as https://shop.example, or *",
    found: JSON.stringify(clip(wrong)),
    remedy: "Write scheme, host and port alone, without a path or a slash at the end.",
  });
}

/**
 * Lets pages of these origins call the server from a browser (the Fetch standard's CORS protocol); `*` lets all. Keys
 * and tokens go in headers, never in cookies, so that pages are not allowed credentials.
 */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  const all = origins.includes("*");
  app.addHook("onRequest", (request, reply, done) => {
    const { origin } = request.headers;
    if (!all) void reply.header("vary", "origin");
    if (origin === undefined || !(all || origins.includes(origin))) {
      done();
      return;
    }
    void reply.header("access-control-allow-origin", all ? "*" : origin);
    void reply.header("access-control-expose-headers", read);
    if (request.method !== "OPTIONS" || request.headers["access-control-request-method"] === undefined) {
      done();
      return;
    }
    void reply
      .code(204)
      .header("access-control-allow-methods", "GET, POST")
      .header("access-control-allow-headers", sent)
      .header("access-control-max-age", rememberSeconds)
      .send();
  });
}
