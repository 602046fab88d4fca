import type { FastifyReply, FastifyRequest } from "fastify";
import type { Readable } from "node:stream";
import { isMillwrightError, MillwrightError } from "../../kernel/index.js";
import type { IngestReceipt, Remark } from "../../lifecycle/index.js";
import { emptyBody, ndjson, type BodyReader } from "./body.js";
import { admitRows, type Door, type Handler } from "./door.js";
import { lineGroups, type Line } from "./line-groups.js";

/** Takes events as one JSON object, as a batch of them, or as lines of a body of any length. */
export function eventsHandler(door: Door, read: BodyReader): Handler<{ source: string }> {
  return (request, reply) =>
    request.headers["content-type"]?.startsWith(ndjson) === true
      ? takeLines(door, read, { request, reply })
      : takeJson(door, read, request);
}

type EventsRequest = FastifyRequest<{ Params: { source: string } }>;

async function takeJson(door: Door, read: BodyReader, request: EventsRequest): Promise<IngestReceipt> {
  const body = read.json(request);
  const events = read.batch(body, "events") ?? [body];
  await admitRows(door, request, { verb: "ingest", rows: events.length });
  const receipt = await door.live.ingest(request.params.source, events);
  door.metrics.events(request.params.source, receipt);
  return receipt;
}

/**
 * Takes the lines of a body in groups, each as a whole: a malformed line or a refusal ends the request, and
 * the error says in its details what of the groups before was taken.
 */
async function takeLines(
  door: Door,
  read: BodyReader,
  { request, reply }: { readonly request: EventsRequest; readonly reply: FastifyReply },
): Promise<IngestReceipt> {
  const { source } = request.params;
  const { maxBatchItems, bodyLimitBytes } = door.options;
  let taken: Taken = nothing;
  try {
    for await (const lines of lineGroups(chunksOf(request), {
      lines: maxBatchItems,
      bytes: bodyLimitBytes,
    })) {
      // The time limit was answered for.
      if (reply.sent) break;
      await admitRows(door, request, { verb: "ingest", rows: lines.length });
      const receipt = await door.live.ingest(source, parseLines(read, request, lines));
      door.metrics.events(source, receipt);
      taken = joined(taken, receipt, lines.length);
    }
  } catch (error) {
    throw taken.events > 0 && isMillwrightError(error) ? takenInPart(error, taken) : error;
  }
  if (taken.events === 0) throw emptyBody();
  return taken.receipt;
}

const parseLines = (read: BodyReader, request: EventsRequest, lines: readonly Line[]): unknown[] =>
  lines.map(({ text, number }) => read.line(request, text, number));

/** Ending early must not destroy the connection, over which the answer still has to go. */
function chunksOf({ body }: EventsRequest): AsyncIterable<Uint8Array> {
  if (body === undefined || body === null) throw emptyBody();
  return (body as Readable).iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
}

interface Taken {
  /** Events of all groups so far. */
  readonly events: number;
  readonly receipt: IngestReceipt;
}

const nothing: Taken = {
  events: 0,
  receipt: { accepted: 0, duplicates: 0, quarantined: [], warned: [], sequence: null },
};

/** Remarks of each kind that the receipt of many groups names. */
const mostRemarks = 1000;

function joined({ events, receipt: before }: Taken, receipt: IngestReceipt, count: number): Taken {
  const remarks = (first: readonly Remark[], more: readonly Remark[]) =>
    more.length === 0
      ? first
      : [...first, ...more.map(({ index, reasons }) => ({ index: events + index, reasons }))].slice(
          0,
          mostRemarks,
        );
  const { sequence } = receipt;
  return {
    events: events + count,
    receipt: {
      accepted: before.accepted + receipt.accepted,
      duplicates: before.duplicates + receipt.duplicates,
      quarantined: remarks(before.quarantined, receipt.quarantined),
      warned: remarks(before.warned, receipt.warned),
      sequence:
        sequence === null
          ? before.sequence
          : { first: before.sequence?.first ?? sequence.first, last: sequence.last },
    },
  };
}

/** The same error, with what was taken before it. */
function takenInPart(error: MillwrightError, { events, receipt }: Taken): MillwrightError {
  const { code, row, expected, found, remedy, details, cause } = error;
  const facts = { expected, found, remedy, details: { ...details, taken: { events, ...receipt } } };
  return new MillwrightError(code, row, cause === undefined ? facts : { ...facts, cause });
}
