import type { FastifyRequest } from "fastify";
import { decompressed } from "./compression.js";
import { parseJson } from "./json-text.js";
import { objectOf, type Fields } from "./infer-request.js";

const nothing = Buffer.alloc(0);

/** The body of a request, decompressed. Throws MW0806 and MW0820. */
export function bodyOf(request: FastifyRequest, limitBytes: number): Buffer | Promise<Buffer> {
  const body = Buffer.isBuffer(request.body) ? request.body : nothing;
  const coding = request.headers["content-encoding"];
  return coding === undefined ? body : decompressed(body, coding, limitBytes);
}

/** A body that is a JSON object, or empty. Throws MW0806, MW0817 and MW0820. */
export async function optionalFields(request: FastifyRequest, limitBytes: number): Promise<Fields> {
  const text = (await bodyOf(request, limitBytes)).toString("utf8");
  return text.trim() === "" ? {} : objectOf(parseJson(text), "the body");
}
