import type { ChildProcess } from "node:child_process";
import { servingErrors } from "../errors.js";
import { failureOf } from "./member.js";
import { isChange, tell, type Answer, type Change, type Order, type Question } from "./messages.js";

/** A question that a worker does not answer for so long counts as refused; loading a model takes longer. */
const answerMs = 60_000;
const changeMs = 600_000;

interface Asked {
  readonly answers: Answer[];
  readonly open: Set<number>;
  readonly done: () => void;
}

/**
 * What workers ask of one another. Loads and unloads follow one another, so that all workers see them in one order.
 */
export class Questions {
  /** Those that were told the history. One that still starts is not asked: it is told later, and nobody waits for it. */
  private readonly joined = new Map<number, ChildProcess>();
  private readonly asked = new Map<string, Asked>();
  /** The last load or unload of each model, for workers that come later. */
  private readonly history = new Map<string, Change>();
  private turn: Promise<unknown> = Promise.resolve();
  private count = 0;

  /** Tells a worker the history; from then on it is asked. */
  join(number: number, worker: ChildProcess): void {
    // In turn: a change that is half made is neither history nor asked of those who join.
    void this.inTurn(() => {
      this.joined.set(number, worker);
      tell(worker, { to: "worker", kind: "history", changes: [...this.history.values()] });
      return Promise.resolve();
    });
  }

  /** A worker that is gone answers nothing. */
  forget(number: number): void {
    this.joined.delete(number);
    for (const name of this.asked.keys()) this.answered(name, number, undefined);
  }

  /** Asks all others on behalf of one; a change is asked of that one first. */
  ask(from: number, question: Question): Promise<readonly Answer[]> {
    if (isChange(question)) return this.inTurn(() => this.change(from, question));
    return this.order((number) => number !== from, question, answerMs);
  }

  answered(name: string, number: number, answer: Answer | undefined): void {
    const asked = this.asked.get(name);
    if (asked === undefined || !asked.open.delete(number)) return;
    if (answer !== undefined) asked.answers.push(answer);
    if (asked.open.size === 0) asked.done();
  }

  private inTurn<Result>(step: () => Promise<Result>): Promise<Result> {
    const next = this.turn.then(step);
    this.turn = next;
    return next;
  }

  /** First by the worker that was asked: what it refuses happens nowhere. Then by all others, the very same version. */
  private async change(from: number, question: Change): Promise<readonly Answer[]> {
    const own = await this.order((number) => number === from, question, changeMs);
    if (own.length === 0) return own;
    const [first] = own;
    const done: Change =
      first.ok && question.kind === "load" ? { ...question, version: String(first.value) } : question;
    const others = first.ok ? await this.order((number) => number !== from, done, changeMs) : [];
    const answers = [...own, ...others];
    const agreed = answers.every(({ ok }) => ok);
    if (agreed || (question.kind === "unload" && first.ok)) this.history.set(question.model, done);
    if (question.kind === "unload") return answers;
    // Also where the first could not: it may only have been late, and would wait for ever.
    const settled = await this.order(() => true, { kind: "settle", agreed }, changeMs);
    return agreed ? settled : answers;
  }

  private async order(
    whom: (number: number) => boolean,
    order: Order,
    limitMs: number,
  ): Promise<readonly Answer[]> {
    const asked = [...this.joined].filter(([number, worker]) => whom(number) && worker.connected);
    if (asked.length === 0) return [];
    const name = String(++this.count);
    const answers: Answer[] = [];
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        answers.push(failureOf(late(limitMs)));
        resolve();
      }, limitMs);
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      this.asked.set(name, { answers, open: new Set(asked.map(([number]) => number)), done });
      for (const [, worker] of asked) tell(worker, { to: "worker", kind: "order", id: name, order });
    });
    this.asked.delete(name);
    return answers;
  }
}

const late = (limitMs: number) =>
  servingErrors.error("MW0808", {
    expected: "every worker to do what was asked",
    found: `one that did not within ${limitMs} ms`,
    remedy: "Ask again; if that does not help, look at what the workers compute.",
    details: { limitMs },
  });
