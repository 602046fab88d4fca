import { readFileSync } from "node:fs";
import type { FeatureImportance } from "../../learning/index.js";
import type { Canonical } from "../../kernel/index.js";
import { schemaProblem, type JsonSchema } from "./json-schema.js";

/** The folder of the Python side; it lies beside `src/` and `dist/`. */
export const pythonFolder = new URL("../../../python/", import.meta.url);

/** A message of the trainer; `millwright_trainer/protocol.schema.json` describes each. */
export type Message =
  | {
      readonly type: "started";
      readonly environment: { readonly [name: string]: Canonical };
    }
  | { readonly type: "heartbeat" }
  | { readonly type: "progress"; readonly done: number; readonly total: number }
  | { readonly type: "metric"; readonly name: string; readonly round: number; readonly value: number }
  | { readonly type: "log"; readonly text: string }
  | ResultMessage
  | FailureMessage;

export interface ResultMessage {
  readonly type: "result";
  readonly file: "model.onnx";
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly importances: readonly FeatureImportance[];
  readonly parity: { readonly [name: string]: Canonical };
}

export interface FailureMessage {
  readonly type: "failure";
  readonly kind: "script" | "model" | "memory";
  readonly text: string;
  readonly trace: string;
}

export type Decoded =
  { readonly ok: true; readonly message: Message } | { readonly ok: false; readonly problem: string };

const schema = JSON.parse(
  readFileSync(new URL("millwright_trainer/protocol.schema.json", pythonFolder), "utf8"),
) as JsonSchema;

/** Longest line that is read; a message of a hundred thousand importances is shorter. */
const longestLine = 16 * 1024 * 1024;

/** One line of the protocol. */
export function decodeMessage(line: string): Decoded {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { ok: false, problem: `no JSON: ${JSON.stringify(line.slice(0, 200))}` };
  }
  const problem = schemaProblem(schema, "message", value);
  return problem === undefined
    ? { ok: true, message: value as Message }
    : { ok: false, problem: `${problem}: ${JSON.stringify(line.slice(0, 200))}` };
}

/** Throws a TypeError when a job that is to be handed over is not what the protocol describes. */
export function encodeJob(job: Readonly<Record<string, unknown>>): string {
  const problem = schemaProblem(schema, "job", job);
  if (problem !== undefined) throw new TypeError(`job.json: ${problem}`);
  return JSON.stringify(job);
}

/** Cuts a stream of bytes into messages; hands on the first problem and is silent after it. */
export function messageReader(onDecoded: (decoded: Decoded) => void): (bytes: Buffer) => void {
  let parts: Buffer[] = [];
  let size = 0;
  let broken = false;
  const hand = (decoded: Decoded) => {
    if (broken) return;
    broken = !decoded.ok;
    onDecoded(decoded);
  };
  return (bytes) => {
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      const line = Buffer.concat([...parts, bytes.subarray(from, end)]).toString("utf8");
      [parts, size, from] = [[], 0, end + 1];
      hand(decodeMessage(line));
    }
    const rest = bytes.subarray(from);
    size += rest.length;
    if (size > longestLine) {
      hand({ ok: false, problem: `a line longer than ${longestLine} bytes` });
      [parts, size] = [[], 0];
    } else if (!broken) parts.push(rest);
  };
}
