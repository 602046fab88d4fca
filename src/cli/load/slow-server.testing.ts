import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Timers } from "../../inference/index.js";
import { manualClock, type Clock } from "../../kernel/index.js";

/** A request that waits for the test to say what becomes of it. */
export interface Held {
  readonly body: string;
  readonly headers: IncomingMessage["headers"];
  answer(status: number, options?: { readonly text?: string; readonly retryAfter?: string }): void;
  /** Cuts the connection. */
  drop(): void;
}

/** A server that answers nothing by itself. */
export interface SlowServer {
  readonly url: string;
  readonly held: Held[];
  /** Resolves when so many requests have come in all. */
  received(count: number): Promise<void>;
  /** From now on, what a request that comes does at once; undefined holds it. */
  onRequest(act: ((held: Held) => void) | undefined): void;
  close(): Promise<void>;
}

export async function slowServer(): Promise<SlowServer> {
  const held: Held[] = [];
  let act: ((held: Held) => void) | undefined;
  const wakers = new Set<() => void>();
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const one = heldOf({ request, response, body });
      held.push(one);
      for (const wake of wakers) wake();
      act?.(one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    held,
    received: (count) => until(() => held.length >= count, wakers),
    onRequest(given) {
      act = given;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Resolves once a condition holds; it is looked at whenever one of the wakers is called. */
export function until(holds: () => boolean, wakers: Set<() => void>): Promise<void> {
  if (holds()) return Promise.resolve();
  return new Promise((resolve) => {
    const look = () => {
      if (!holds()) return;
      wakers.delete(look);
      resolve();
    };
    wakers.add(look);
  });
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function heldOf({
  request,
  response,
  body,
}: {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: string;
}): Held {
  return {
    body,
    headers: request.headers,
    answer(status, { text = "{}", retryAfter } = {}) {
      response.writeHead(status, retryAfter === undefined ? {} : { "retry-after": retryAfter });
      response.end(text);
    },
    drop: () => request.socket.destroy(),
  };
}

/** Time that goes on only when the test says so, and timers that fire then, in their order. */
export function manualTime(): { readonly clock: Clock; readonly timers: Timers; pass(ms: number): void } {
  const clock = manualClock();
  const waiting = new Map<object, { readonly atMs: number; readonly call: () => void }>();
  const timers: Timers = {
    after(delayMs, call) {
      const key = {};
      waiting.set(key, { atMs: clock.monotonicMs() + delayMs, call });
      return () => waiting.delete(key);
    },
  };
  return {
    clock,
    timers,
    pass(ms) {
      const untilMs = clock.monotonicMs() + ms;
      for (;;) {
        const [first] = [...waiting].toSorted(([, a], [, b]) => a.atMs - b.atMs);
        if (first === undefined || first[1].atMs > untilMs) break;
        clock.advance(Math.max(0, first[1].atMs - clock.monotonicMs()));
        waiting.delete(first[0]);
        first[1].call();
      }
      clock.advance(untilMs - clock.monotonicMs());
    },
  };
}
