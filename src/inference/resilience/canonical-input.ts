import { createHash, hash } from "node:crypto";
import { tensorProblem, type Tensors } from "../../registry/index.js";
import { tensorParts } from "./tensor-bytes.js";

/** Up to here it is faster to copy the parts together and hash them in one call than to hash one after another. */
const oneCallBytes = 16_384;

/**
 * The name of a question to a model version: SHA-256 of the version's id and the canonical bytes of the inputs, in
 * hexadecimal. Equal names mean equal questions, bit by bit; two that differ with one name are not to be found. Which
 * outputs are asked for makes no difference. Undefined for what is no tensor: it has no canonical bytes.
 */
export function questionKey(versionId: string, inputs: Tensors): string | undefined {
  for (const name of Object.keys(inputs)) if (tensorProblem(inputs[name]) !== undefined) return undefined;
  const { header, data } = tensorParts(inputs);
  // Neither JSON text holds a line feed, so no two pairs of id and header are one text.
  const head = `${JSON.stringify(versionId)}\n${header}\n`;
  const headBytes = Buffer.byteLength(head);
  const sizeBytes = data.reduce((total, part) => total + part.length, headBytes);
  if (sizeBytes > oneCallBytes) {
    const digest = createHash("sha256").update(head);
    for (const part of data) digest.update(part);
    return digest.digest("hex");
  }
  const all = Buffer.allocUnsafe(sizeBytes);
  let at = all.write(head);
  for (const part of data) {
    all.set(part, at);
    at += part.length;
  }
  return hash("sha256", all, "hex");
}
