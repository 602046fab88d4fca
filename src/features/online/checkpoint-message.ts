import { featureErrors } from "../errors.js";

/** One part of a checkpoint: what it is, and numbers. */
export interface CheckpointMessage {
  readonly kind: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly numbers: Float64Array;
}

/** Counts up with every change of what a checkpoint holds or of what its states mean. */
const format = 1;

const noNumbers = new Float64Array(0);
const lengthBytes = 4;

/** A message as bytes: the length of its facts, the facts as JSON, the numbers as they lie in memory. */
export function packMessage(
  kind: string,
  facts: Readonly<Record<string, unknown>>,
  numbers: Float64Array = noNumbers,
): Uint8Array {
  const text = Buffer.from(JSON.stringify({ kind, ...facts }));
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32LE(text.length);
  return Buffer.concat([
    length,
    text,
    new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength),
  ]);
}

function unpackMessage(bytes: Uint8Array): CheckpointMessage {
  try {
    return unpack(bytes);
  } catch (error) {
    throw contradiction("a readable message", error instanceof Error ? error.message : String(error));
  }
}

function unpack(bytes: Uint8Array): CheckpointMessage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const numbersAt = lengthBytes + view.getUint32(0, true);
  const text = new TextDecoder().decode(bytes.subarray(lengthBytes, numbersAt));
  const { kind, ...facts } = JSON.parse(text) as { kind: string };
  // A copy begins where numbers may lie; a part of a larger buffer need not.
  return { kind, facts, numbers: new Float64Array(new Uint8Array(bytes.subarray(numbersAt)).buffer) };
}

/** The messages of a checkpoint as its chunks, between the two that tell that it is whole. */
export async function* writeMessages(
  messages: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield packMessage("checkpoint", { format });
  yield* messages;
  yield packMessage("end", {});
}

/** The messages of a checkpoint's chunks. Throws MW0307 for one of another format, MW0308 for one without an end. */
export async function* readMessages(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<CheckpointMessage> {
  let last: CheckpointMessage | undefined;
  for await (const chunk of chunks) {
    const message = unpackMessage(chunk);
    if (last === undefined) checkFormat(message);
    else if (message.kind !== "end") yield message;
    last = message;
  }
  if (last?.kind !== "end") throw contradiction("a message that ends the checkpoint", "none");
}

function checkFormat({ kind, facts }: CheckpointMessage): void {
  if (kind === "checkpoint" && facts.format === format) return;
  throw featureErrors.error("MW0307", {
    expected: `a checkpoint of format ${format}`,
    found: kind === "checkpoint" ? `format ${String(facts.format)}` : "another kind of data",
    remedy: "Nothing needs to be done: it is left out and the logs are read instead.",
  });
}

export function contradiction(expected: string, found: string) {
  return featureErrors.error("MW0308", {
    expected: `${expected} in a checkpoint`,
    found,
    remedy: "Nothing needs to be done: it is left out and the logs are read instead.",
  });
}
