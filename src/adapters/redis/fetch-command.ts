import { Command, type ChainableCommander } from "ioredis";

/** A list of fields as the protocol writes it. */
interface EncodedFields {
  readonly count: number;
  readonly bytes: Buffer;
}

const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;

const encoded = new WeakMap<readonly string[], EncodedFields>();

/** Encodes fields once: the entities of one read share them, and so do the reads of some minutes. */
function encodeFields(fields: readonly string[]): EncodedFields {
  let known = encoded.get(fields);
  if (known === undefined) {
    known = { count: fields.length, bytes: Buffer.from(fields.map(bulk).join("")) };
    encoded.set(fields, known);
  }
  return known;
}

/** HMGET of the meta and of tiles, answered in bytes. A hundred fields of a hundred entities are not encoded one by one. */
class FetchCommand extends Command {
  constructor(
    private readonly row: string,
    private readonly fields: EncodedFields,
  ) {
    super("hmget", [row, "m"], { replyEncoding: null });
  }

  override toWritable(): Buffer {
    const head = Buffer.from(`*${3 + this.fields.count}\r\n${bulk("hmget")}${bulk(this.row)}${bulk("m")}`);
    return Buffer.concat([head, this.fields.bytes]);
  }
}

/** What a pipeline does with every command; its published type leaves it out. */
interface Sender {
  sendCommand(command: Command): unknown;
}

const canSend = (pipeline: object): pipeline is Sender => "sendCommand" in pipeline;

/** Queues the fetch of one entity. */
export function queueFetch(pipeline: ChainableCommander, row: string, fields: readonly string[]): void {
  if (canSend(pipeline)) pipeline.sendCommand(new FetchCommand(row, encodeFields(fields)));
  else pipeline.hmgetBuffer(row, "m", ...fields);
}
