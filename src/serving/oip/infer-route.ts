import type { FastifyReply, FastifyRequest } from "fastify";
import { connectionSignal } from "../http/connection-signal.js";
import { bodyOf } from "./call-body.js";
import { answerCoding, compressed } from "./compression.js";
import type { OipDoor } from "./door.js";
import { inferOnce } from "./infer-once.js";
import type { InferAnswer } from "./infer-response.js";

/** Which model a path names. */
export interface ModelParams {
  readonly model: string;
  readonly version?: string;
}

export type ModelRequest = FastifyRequest<{ Params: ModelParams }>;

/** The header that tells the JSON of a body from the binary tensors behind it. */
export const headerLengthName = "inference-header-content-length";

/** Answers an inference. Whether a body is binary, its headers say; its content type says nothing. */
export function inferHandler(door: OipDoor) {
  const { bodyLimitBytes, admit } = door;
  return async (request: ModelRequest, reply: FastifyReply): Promise<Buffer> => {
    const answer = await inferOnce(door, {
      named: request.params,
      arrivedMs: door.arrivedMs(request),
      body: () => bodyOf(request, bodyLimitBytes),
      headerLength: headerLength(request),
      signal: () => connectionSignal(request),
      admit: admit && ((rows) => admit(request, rows)),
      onInferred: (answered) => door.onInferred(request, answered),
    });
    return send(request, reply, answer);
  };
}

/** The header with the length of the JSON; undefined for a body that is JSON alone. */
export function headerLength({ headers }: Pick<FastifyRequest, "headers">): string | undefined {
  const value = headers[headerLengthName];
  return Array.isArray(value) ? value.join(",") : value;
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  { body, headerLength: jsonBytes }: InferAnswer,
): Buffer | Promise<Buffer> {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  if (jsonBytes === undefined) void reply.type("application/json");
  else void reply.type("application/octet-stream").header(headerLengthName, String(jsonBytes));
  const coding = answerCoding(request.headers["accept-encoding"], bytes.length);
  if (coding === undefined) return bytes;
  void reply.header("content-encoding", coding).header("vary", "accept-encoding");
  return compressed(bytes, coding);
}
