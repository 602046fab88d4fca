import type { Socket } from "node:net";
import { isMillwrightError, MillwrightError, throwIfCancelled } from "../../kernel/index.js";
import type { Connections } from "../connections.js";
import { servingErrors } from "../errors.js";
import type { Answer, Change, Order, Protocol, Question, Serving, ToPrimary, ToWorker } from "./messages.js";

/** One of several processes that serve on the same port. */
export interface Member {
  /** From 1; a process that replaces another has its number. */
  readonly number: number;
  /**
   * Asks all others and resolves with what those that live answered. A change is made by this process first, and by the
   * others if it could be made; one change at a time in the whole crew.
   */
  ask(question: Question): Promise<readonly Answer[]>;
  /** Answers the others from now on. */
  answer(to: (order: Order) => Promise<unknown>): void;
  /** Those that the primary process accepts; it gives them once it was told that this process serves. */
  connections(protocol: Protocol): Connections;
  /**
   * Resolves when this process may write to what all of them share: the first at once, each of the others once the first
   * has, whose logs may be older than the rest. Throws MW0105.
   */
  afterFirst(signal: AbortSignal): Promise<void>;
  /** What the others loaded and unloaded before this process began. */
  history(): Promise<readonly Change[]>;
  serving(serving: Serving): void;
  /** Tells the primary process why this one does not serve. */
  failed(error: MillwrightError): void;
  /** Hears no more: the process may end. */
  leave(): void;
}

/** Set by the primary process. */
export const workerVariable = "MILLWRIGHT_WORKER";

/** This process as a member of a crew; undefined in a process that serves by itself. */
export function joinCrew(): Member | undefined {
  if (process.send === undefined || process.env[workerVariable] === undefined) return undefined;
  return new ThisProcess(Number(process.env[workerVariable]));
}

class ThisProcess implements Member {
  private readonly asked = new Map<number, (answers: readonly Answer[]) => void>();
  private readonly takers = new Map<Protocol, (socket: Socket) => void>();
  private afterwards: (() => void) | undefined;
  private told: ((changes: readonly Change[]) => void) | undefined;
  private answering: ((order: Order) => Promise<unknown>) | undefined;
  private readonly stop = stopOnce();
  private questions = 0;
  private open = 0;
  private telling = false;
  private serves = false;

  constructor(readonly number: number) {
    // While it waits for the others nothing else need keep the process alive.
    process.channel?.ref();
    // The death of the primary process ends this one as SIGTERM would; it may have died before that was heeded.
    if (!process.connected) process.exit();
    process.once("disconnect", () => {
      // Whatever it waits for in its start, such as the configuration's own code, need not heed that.
      if (!this.serves) process.exit();
    });
    process.on("message", (message: ToWorker, socket?: Socket) => {
      if (message.to === "worker") this.hear(message, socket);
    });
  }

  ask(question: Question): Promise<readonly Answer[]> {
    return new Promise((resolve) => {
      const id = ++this.questions;
      this.asked.set(id, resolve);
      send({ to: "primary", kind: "ask", id, question });
    });
  }

  answer(to: (order: Order) => Promise<unknown>): void {
    this.answering = to;
  }

  connections(protocol: Protocol): Connections {
    return {
      open: (take) => void this.takers.set(protocol, take),
      close: () => {
        this.takers.delete(protocol);
        send({ to: "primary", kind: "leaving", protocol });
      },
    };
  }

  async afterFirst(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.afterwards = resolve;
      signal.addEventListener("abort", () => resolve(), { once: true });
      send({ to: "primary", kind: "afterFirst" });
    });
    throwIfCancelled(signal);
  }

  history(): Promise<readonly Change[]> {
    return new Promise((resolve) => {
      this.told = resolve;
      send({ to: "primary", kind: "history" });
    });
  }

  serving(serving: Serving): void {
    this.serves = true;
    send({ to: "primary", kind: "serving", serving });
  }

  failed(error: MillwrightError): void {
    send({ to: "primary", kind: "failed", failure: failureOf(error) });
  }

  leave(): void {
    process.channel?.unref();
  }

  private hear(message: ToWorker, socket: Socket | undefined): void {
    if (message.kind === "connection") this.take(message, socket);
    else if (message.kind === "afterFirst") this.afterwards?.();
    else if (message.kind === "history") this.told?.(message.changes);
    else if (message.kind === "stop") this.stop();
    else if (message.kind === "answers") {
      this.asked.get(message.id)?.(message.answers);
      this.asked.delete(message.id);
    } else {
      const { id, order } = message;
      void settle(this.answering, order).then((answer) =>
        send({ to: "primary", kind: "answer", id, answer }),
      );
    }
  }

  private take(
    { id, protocol }: Extract<ToWorker, { kind: "connection" }>,
    socket: Socket | undefined,
  ): void {
    const take = this.takers.get(protocol);
    // There is no socket if it was closed on its way.
    if (take !== undefined && socket !== undefined) this.open++;
    // Told before a byte is read: a connection of which nothing was told is another process's as it is.
    send({ to: "primary", kind: "took", id, taken: take !== undefined, open: this.open });
    if (socket === undefined) return;
    if (take === undefined) socket.destroy();
    else {
      socket.once("close", () => this.closed());
      take(socket);
    }
  }

  /** Tells once of all that close at the same time. */
  private closed(): void {
    if (!this.telling) setImmediate(() => this.tell());
    this.telling = true;
    this.open--;
  }

  private tell(): void {
    this.telling = false;
    send({ to: "primary", kind: "closed", open: this.open });
  }
}

/** Whoever is gone is told nothing. */
const send = (message: ToPrimary) => void process.send?.(message, undefined, undefined, () => undefined);

/** Ends the process as SIGTERM does, unless a signal has reached it already: a second one would end it at once. */
function stopOnce(): () => void {
  let stopping = false;
  const note = () => void (stopping = true);
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, note);
  return () => {
    if (!stopping) process.kill(process.pid, "SIGTERM");
    note();
  };
}

async function settle(
  answering: ((order: Order) => Promise<unknown>) | undefined,
  order: Order,
): Promise<Answer> {
  try {
    return { ok: true, value: await answering?.(order) };
  } catch (error) {
    return failureOf(isMillwrightError(error) ? error : unexpected(error));
  }
}

/** An error as data. */
export const failureOf = ({ code, row, expected, found, remedy, details }: MillwrightError) =>
  ({ ok: false, code, row, facts: { expected, found, remedy, details } }) as const;

/** The error that a process told of. */
export const errorOf = ({ code, row, facts }: Extract<Answer, { readonly ok: false }>): MillwrightError =>
  new MillwrightError(code, row, facts);

const unexpected = (cause: unknown) =>
  servingErrors.error("MW0809", {
    expected: "another worker to answer",
    found: cause instanceof Error ? cause.message : String(cause),
    remedy: "Look into the server's log.",
    cause,
  });
