import onnxProto from "onnx-proto";

const { onnx } = onnxProto;

/** What the head of an ONNX file says of itself. Foreign texts, cut to {@link longestText} characters. */
export interface FileInfo {
  /** Name and version of the program that wrote it; empty when it does not say. */
  readonly producer: string;
  readonly irVersion: number;
  /** Operator sets by domain; the empty domain is ONNX itself. */
  readonly operatorSets: Readonly<Record<string, number>>;
  readonly doc: string;
}

const longestText = 1000;
const mostOperatorSets = 100;

/** Fields of `ModelProto` that say who made the graph and for what; the graph itself, field 7, is not among them. */
const headFields: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 8]);

/**
 * Reads the head of an ONNX file without decoding the graph, whose weights may be large and whose nesting may be
 * hostile. Null for bytes whose head cannot be read: an engine may be more lenient. Costs one step per top field.
 */
export function readGraphInfo(bytes: Uint8Array): FileInfo | null {
  const head = headOf(bytes);
  if (head === null) return null;
  try {
    const model = onnx.ModelProto.decode(head);
    const operatorSets = model.opsetImport.map(
      ({ domain, version }) => [domain === "ai.onnx" ? "" : cut(domain ?? ""), Number(version)] as const,
    );
    const numbers = [Number(model.irVersion), ...operatorSets.map(([, version]) => version)];
    if (!numbers.every(Number.isSafeInteger) || operatorSets.length > mostOperatorSets) return null;
    return {
      producer: cut(`${model.producerName} ${model.producerVersion}`.trim()),
      irVersion: Number(model.irVersion),
      operatorSets: Object.fromEntries(operatorSets),
      doc: cut(model.docString),
    };
  } catch {
    return null;
  }
}

/** Without control characters: the text is shown on terminals. */
const cut = (text: string) => {
  const plain = text.replace(/\p{Cc}+/gu, " ");
  return plain.length > longestText ? `${plain.slice(0, longestText)}…` : plain;
};

/** The top fields of the head, as they stand in the file; null when the bytes are no sequence of fields. */
function headOf(bytes: Uint8Array): Uint8Array | null {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = varint(bytes, at);
    if (tag === null) return null;
    const end = fieldEnd(bytes, tag);
    if (end === null || end > bytes.length) return null;
    if (headFields.has(Math.floor(tag.value / 8))) parts.push(bytes.subarray(at, end));
    at = end;
  }
  return Buffer.concat(parts);
}

interface Varint {
  readonly value: number;
  /** Position after it. */
  readonly end: number;
}

/** A base-128 number of at most ten bytes; exact below 2^53, and large beyond. */
function varint(bytes: Uint8Array, start: number): Varint | null {
  let value = 0;
  for (let i = 0; i < 10 && start + i < bytes.length; i++) {
    const byte = bytes[start + i];
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  return null;
}

/** Where a field ends, by its wire type; null for groups, which ONNX does not use. */
function fieldEnd(bytes: Uint8Array, { value, end }: Varint): number | null {
  const wireType = value % 8;
  if (wireType === 1) return end + 8;
  if (wireType === 5) return end + 4;
  const next = wireType === 0 || wireType === 2 ? varint(bytes, end) : null;
  if (next === null) return null;
  return wireType === 0 ? next.end : next.end + next.value;
}
