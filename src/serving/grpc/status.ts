import { Metadata, status, type StatusObject } from "@grpc/grpc-js";
import type { MillwrightError } from "../../kernel/index.js";
import { clip } from "../refusals.js";

/** gRPC's statuses by HTTP's. What is not here is the caller's fault below 500, and the server's above. */
const statuses: Readonly<Record<number, status>> = {
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  405: status.UNIMPLEMENTED,
  408: status.DEADLINE_EXCEEDED,
  409: status.ALREADY_EXISTS,
  // More than the server ever takes at once; trying again is of no use.
  413: status.RESOURCE_EXHAUSTED,
  429: status.RESOURCE_EXHAUSTED,
  499: status.CANCELLED,
  501: status.UNIMPLEMENTED,
  503: status.UNAVAILABLE,
  504: status.DEADLINE_EXCEEDED,
};

/** The status of an answer that has this one over HTTP. */
export const grpcStatusOf = (http: number): status =>
  http < 400 ? status.OK : (statuses[http] ?? (http >= 500 ? status.INTERNAL : status.INVALID_ARGUMENT));

/** Headers of an HTTP/2 answer are small, and the text of an error travels in one. */
const longestDetails = 1500;

/** The text of an error as it goes over the wire: bounded, and without half characters, which have no encoding. */
export const errorText = (error: MillwrightError): string =>
  clip(error.message, longestDetails).replace(/\p{Surrogate}/gu, "\uFFFD");

/**
 * The status of an error, its code in the trailer `millwright-code`. Where trying again helps, `retry-after` says after
 * how many seconds; whole ones, as HTTP has it.
 */
export function statusOf(error: MillwrightError): Partial<StatusObject> & { readonly code: status } {
  const { http } = error.row;
  const metadata = new Metadata();
  metadata.set("millwright-code", error.code);
  if (http === 429 || http === 503)
    metadata.set("retry-after", retryAfterSeconds(error.details.retryAfterMs));
  return { code: grpcStatusOf(http), details: errorText(error), metadata };
}

const retryAfterSeconds = (ms: unknown): string =>
  typeof ms === "number" && Number.isFinite(ms) && ms > 0 ? String(Math.ceil(ms / 1000)) : "1";
