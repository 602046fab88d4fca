import { STATUS_CODES } from "node:http";
import type { Clock } from "../../kernel/index.js";

/** An answer before it is written. */
export interface LaneAnswer {
  readonly status: number;
  readonly body: string | Buffer;
  /** Lines of the head besides those that every answer has, each with its end. */
  readonly fields: string;
}

/** Writes answers as the server's own parser would, with the date (RFC 9110, 6.6.1) and what becomes of the connection. */
export function answerWriter(
  clock: Pick<Clock, "nowMs">,
  idleMs: number,
): (answer: LaneAnswer, last: boolean) => string | Buffer {
  const kept = `connection: keep-alive\r\nkeep-alive: timeout=${Math.floor(idleMs / 1000)}\r\n`;
  let second = NaN;
  let date = "";
  return ({ status, body, fields }, last) => {
    const now = Math.floor(clock.nowMs() / 1000);
    if (now !== second) {
      second = now;
      date = `date: ${new Date(now * 1000).toUTCString()}\r\n`;
    }
    const size = typeof body === "string" ? Buffer.byteLength(body) : body.length;
    const head =
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${fields}content-length: ${size}\r\n` +
      `${date}${last ? "connection: close\r\n" : kept}\r\n`;
    if (typeof body === "string") return head + body;
    return Buffer.concat([Buffer.from(head, "latin1"), body], head.length + body.length);
  };
}
