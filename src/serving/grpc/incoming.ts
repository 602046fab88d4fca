import type { Metadata, MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import { systemClock, type Clock } from "../../kernel/index.js";
import { undecodable } from "./refusals.js";

/** A message whose bytes were no message of its method; stands where the message would. */
export class BrokenMessage {
  constructor(readonly cause: unknown) {}
}

/**
 * A service whose decoder throws nothing: on its own gRPC answers bytes that it cannot decode with INTERNAL, as if the
 * server were at fault, and ends a stream for one bad message.
 */
export const tolerant = (service: ServiceDefinition): ServiceDefinition =>
  Object.fromEntries(
    Object.entries(service).map(([name, method]) => {
      const requestDeserialize = (bytes: Buffer): object => {
        try {
          return method.requestDeserialize(bytes) as object;
        } catch (error) {
          return new BrokenMessage(error);
        }
      };
      return [name, { ...method, requestDeserialize } satisfies MethodDefinition<object, object>];
    }),
  );

/** The message. Throws MW0824 for one that could not be decoded. */
export function decoded<Message>(message: Message | BrokenMessage, method: string): Message {
  if (message instanceof BrokenMessage) throw undecodable(method, message.cause);
  return message;
}

/** Who waits for an answer. */
export interface Waiting {
  readonly method: string;
  readonly peer: string;
  readonly metadata: Metadata;
  /** When the caller gives up, on the clock's monotonic scale; Infinity when it never does. */
  readonly deadlineMs: number;
  /** Calls back when the caller is gone, unless the returned function was called before. */
  onGone(listener: () => void): () => void;
}

interface Callable {
  readonly metadata: Metadata;
  getPeer(): string;
  getDeadline(): Date | number;
  once(event: "cancelled", listener: () => void): unknown;
  off(event: "cancelled", listener: () => void): unknown;
}

/** The deadline of a call is told by the date; read once, so that setting the date cannot move it. */
export function waitingFor(call: Callable, method: string, clock: Pick<Clock, "monotonicMs">): Waiting {
  const leftMs = Number(call.getDeadline()) - systemClock.nowMs();
  return {
    method,
    peer: call.getPeer(),
    metadata: call.metadata,
    deadlineMs: clock.monotonicMs() + leftMs,
    onGone(listener) {
      call.once("cancelled", listener);
      return () => call.off("cancelled", listener);
    },
  };
}
