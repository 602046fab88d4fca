import type { FastifyReply, FastifyRequest } from "fastify";
import type { MillwrightError } from "../../kernel/index.js";
import type { OipDoor } from "./door.js";

/**
 * The status of an error as Triton has it, whose clients know no others: what is wrong with a request is 400, and
 * what came too late is 503, as for a queue that is full.
 */
export function oipStatus({ row }: MillwrightError): number {
  if (row.http === 409 || row.http === 422 || row.http === 499) return 400;
  return row.http === 504 ? 503 : row.http;
}

/** The one text that the clients of the protocol show. */
export const oipErrorText = (error: MillwrightError): string => error.message;

/** Answers an error as the protocol does: `{"error": text}`, with the code in the text and in a header. */
export function answerOipError(
  door: Pick<OipDoor, "explain" | "onRefused">,
  error: unknown,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): void {
  const coded = door.explain(error, request);
  door.onRefused(coded, reply);
  void reply
    .code(oipStatus(coded))
    .header("millwright-code", coded.code)
    .type("application/json")
    // As bytes, to which no charset is added: kserve reads the text only where the type is this and nothing else.
    .send(Buffer.from(JSON.stringify({ error: oipErrorText(coded) })));
}
