import type { FastifyReply } from "fastify";
import { isMillwrightError } from "../../kernel/index.js";
import type { OipDoor } from "./door.js";
import { oipErrorText, oipStatus } from "./failure.js";
import type { ModelRequest } from "./infer-route.js";

/** Ready, or 503 and why not; `ready` stands in the body for the clients that read it there. */
export function serverReady({ readiness }: OipDoor, reply: FastifyReply) {
  const { ready, reasons } = readiness();
  if (ready) return { ready };
  void reply.code(503);
  return { ready, error: reasons.join("; ") };
}

/** Ready, or the status of what keeps it from being so: 503 while it is loading, 404 when nobody knows it. */
export function modelReady({ host }: OipDoor, { params }: ModelRequest, reply: FastifyReply) {
  try {
    const { name } = host.find(params.model, params.version);
    return { name, ready: true };
  } catch (error) {
    if (!isMillwrightError(error)) throw error;
    void reply.code(oipStatus(error)).header("millwright-code", error.code);
    return { name: params.model, ready: false, error: oipErrorText(error) };
  }
}
