import { promisify } from "node:util";
import { deflate, gunzip, gzip, inflate } from "node:zlib";
import { servingErrors } from "../errors.js";
import { oipErrors } from "../oip-errors.js";
import { shown } from "./refusals.js";

const readers = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const;
const writers = { gzip: promisify(gzip), deflate: promisify(deflate) } as const;
export type Coding = keyof typeof readers;

const isCoding = (name: string): name is Coding => Object.hasOwn(readers, name);

/** Smaller answers fit into a few packets, and compressing them costs more than sending them. */
const smallestBytes = 16_384;

/**
 * The body as it was before compression. Throws MW0820 for a coding other than gzip and deflate and for damaged data,
 * and MW0806 as soon as it grows beyond the limit: a small body can hold a thousand times its size.
 */
export async function decompressed(body: Buffer, coding: string, limitBytes: number): Promise<Buffer> {
  const name = coding.trim().toLowerCase();
  if (name === "identity" || name === "") return body;
  if (!isCoding(name)) throw unreadable("Content-Encoding gzip or deflate", shown(coding));
  try {
    return await readers[name](body, { maxOutputLength: limitBytes });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(limitBytes);
    throw unreadable(
      `a body compressed with ${name}`,
      error instanceof Error ? error.message : "damaged data",
    );
  }
}

/** The coding that a caller accepts for an answer of so many bytes; undefined to send it as it is. */
export function answerCoding(accepted: string | undefined, sizeBytes: number): Coding | undefined {
  if (accepted === undefined || sizeBytes < smallestBytes) return undefined;
  const names = accepted
    .toLowerCase()
    .split(",")
    .map((part) => part.trim().split(/\s*;\s*/))
    .filter(([, quality]) => quality === undefined || !/^q=0(\.0*)?$/.test(quality))
    .map(([name]) => name);
  return (["gzip", "deflate"] as const).find((name) => names.includes(name));
}

/** Compressed for speed, not for size, and away from the event loop. */
export const compressed = (body: Buffer, coding: Coding): Promise<Buffer> =>
  writers[coding](body, { level: 1 });

function unreadable(expected: string, found: string) {
  const remedy = "Compress the whole body with gzip or deflate (RFC 1950), or send it as it is.";
  return oipErrors.error("MW0820", { expected, found, remedy });
}

function tooLarge(limitBytes: number) {
  return servingErrors.error("MW0806", {
    expected: `at most ${limitBytes} bytes, decompressed`,
    found: "more",
    remedy: "Send several smaller requests, or raise bodyLimitBytes.",
    details: { limitBytes },
  });
}
