import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isMillwrightError, manualClock } from "../../kernel/index.js";
import { inferenceErrors } from "../errors.js";
import {
  answerTo,
  handDriven,
  pairs,
  rowsOfCall,
  settle,
  type Running,
} from "./hand-driven-session.testing.js";
import { serveGraph } from "./served-graph.js";

const facts = { expected: "an answer", found: "none", remedy: "Look." };
const engineErrors = [
  inferenceErrors.error("MW0705", facts),
  inferenceErrors.error("MW0708", facts),
  inferenceErrors.error("MW0709", facts),
  new TypeError("not even an error of ours"),
];

interface Arrival {
  readonly op: "infer";
  readonly rows: number;
  readonly width: number;
  readonly priority: number;
  readonly withinMs: number | undefined;
  readonly poisoned: boolean;
}

type Step =
  | Arrival
  | { readonly op: "turn" }
  | { readonly op: "wait"; readonly ms: number }
  | { readonly op: "cancel"; readonly which: number }
  | { readonly op: "end"; readonly which: number; readonly fails: boolean; readonly error: number };

const which = fc.nat(1000);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        op: fc.constant("infer" as const),
        rows: fc.oneof(
          { weight: 4, arbitrary: fc.integer({ min: 1, max: 3 }) },
          fc.integer({ min: 4, max: 12 }),
        ),
        width: fc.constantFrom(2, 2, 2, 3),
        priority: fc.constantFrom(0, 0, 0, 1, 9),
        withinMs: fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined, freq: 3 }),
        poisoned: fc.nat(9).map((n) => n === 0),
      }),
    },
    { weight: 3, arbitrary: fc.constant({ op: "turn" as const }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant("wait" as const), ms: fc.nat(12) }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant("cancel" as const), which }) },
    {
      weight: 5,
      arbitrary: fc.record({
        ...{ op: fc.constant("end" as const), which, error: fc.nat(3) },
        fails: fc.nat(5).map((n) => n === 0),
      }),
    },
  ),
  { minLength: 1, maxLength: 60 },
);
const limits = fc.record({
  instances: fc.integer({ min: 1, max: 3 }),
  maxBatchRows: fc.constantFrom(1, 2, 4, 8),
  maxQueuedRows: fc.constantFrom(1, 5, 20),
});

/** What the test itself knows of a call. */
interface Known extends Arrival {
  readonly id: number;
  readonly deadlineMs: number;
  readonly controller: AbortController;
  alone: boolean;
  begun: number;
  cancelled: boolean;
  /** Codes with which it may end, once that is decided; "ok" for its own rows. */
  verdict: readonly string[] | undefined;
  /** How it ended, as often as it did. */
  readonly ends: string[];
}

/** The queue told naively: a list in its order, from which every batch is worked out anew. */
class Oracle {
  readonly clock = manualClock();
  readonly driven;
  readonly graph;
  readonly calls: Known[] = [];
  waiting: Known[] = [];
  arriving: Known | undefined;

  constructor(readonly limits: { instances: number; maxBatchRows: number; maxQueuedRows: number }) {
    this.driven = handDriven(limits.instances, (running) => this.begins(running));
    this.graph = serveGraph(this.driven.sessions, pairs, {
      ...{ clock: this.clock, batching: limits, placement: "inline", independentRows: true },
    });
  }

  live(): Known[] {
    const late = this.waiting.filter(({ deadlineMs }) => deadlineMs <= this.clock.nowMs());
    for (const call of late) call.verdict ??= ["MW0711"];
    return (this.waiting = this.waiting.filter((call) => !late.includes(call)));
  }

  hasPlace(rows: number): boolean {
    const live = this.live();
    return live.length === 0 || total(live) + rows <= this.limits.maxQueuedRows;
  }

  /** A session was given a batch: it must be the one that the list says. */
  begins(running: Running): void {
    const idle = this.limits.instances - (this.driven.running.length - 1);
    const { arriving } = this;
    if (arriving !== undefined && this.hasPlace(arriving.rows)) this.enter(arriving);
    const live = this.live();
    const limit = Math.min(this.limits.maxBatchRows, Math.ceil(total(live) / idle));
    const [head] = live;
    const batch = [head];
    for (const call of live.slice(1)) {
      if (head.alone || call.alone || head.width !== call.width) continue;
      if (total(batch) + call.rows > limit) break;
      batch.push(call);
    }
    expect(running.ids).toEqual(batch.map(({ id }) => id));
    expect(running.rows).toBe(total(batch));
    expect(this.driven.running.filter(({ session }) => session === running.session)).toHaveLength(1);
    for (const call of batch) {
      call.begun++;
      expect(call.cancelled).toBe(false);
      expect(call.begun).toBeLessThanOrEqual(call.alone && this.limits.maxBatchRows > 1 ? 2 : 1);
    }
    this.waiting = live.filter((call) => !batch.includes(call));
  }

  enter(call: Known): void {
    this.arriving = undefined;
    this.waiting = [...this.waiting, call].sort((a, b) => a.priority - b.priority);
  }

  infer(arrival: Arrival): void {
    const { rows, width, priority, withinMs } = arrival;
    const id = this.calls.length + 1;
    const deadlineMs = withinMs === undefined ? Infinity : this.clock.nowMs() + withinMs;
    const controller = new AbortController();
    const call: Known = {
      ...{ ...arrival, id, deadlineMs, controller, begun: 0, cancelled: false, verdict: undefined, ends: [] },
      alone: this.limits.maxBatchRows === 1,
    };
    this.calls.push(call);
    const { rejected } = this.graph.statistics().failures;
    const busy = this.driven.running.length === this.limits.instances;
    const full = busy && withinMs !== 0 && !this.hasPlace(rows);
    this.arriving = call;
    this.graph
      .infer({ x: rowsOfCall(id, rows, width) }, { deadlineMs, priority, signal: controller.signal })
      .then(
        ({ outputs }) => {
          expect(outputs).toEqual({ y: answerTo(id, rows) });
          call.ends.push("ok");
        },
        (error: unknown) => call.ends.push(isMillwrightError(error) ? error.code : String(error)),
      );
    if (this.graph.statistics().failures.rejected > rejected) {
      // Refused although there is a place: then it was too late for its deadline, behind others.
      expect(full || (busy && withinMs !== undefined)).toBe(true);
      call.verdict = ["MW0710"];
    } else {
      expect(full).toBe(false);
      if (this.arriving !== undefined) this.enter(call);
    }
    this.arriving = undefined;
    expect(this.live().length).toBeLessThanOrEqual(this.graph.statistics().pending);
  }

  cancel(call: Known | undefined): void {
    if (call === undefined) return;
    const late = call.begun === 0 && call.deadlineMs <= this.clock.nowMs();
    if (call.verdict === undefined || late) call.verdict = [...(call.verdict ?? []), "MW0712"];
    call.cancelled = true;
    call.controller.abort();
    this.waiting = this.waiting.filter((other) => other !== call);
  }

  async end(running: Running | undefined, fails: boolean, error: number): Promise<void> {
    if (running === undefined) return;
    const batch = this.calls.filter(({ id }) => running.ids.includes(id));
    batch.sort((a, b) => running.ids.indexOf(a.id) - running.ids.indexOf(b.id));
    const open = batch.filter(({ verdict }) => verdict === undefined);
    const failed = fails || batch.some(({ poisoned }) => poisoned);
    if (!failed) for (const call of open) call.verdict = ["ok"];
    else if (batch.length === 1) for (const call of open) call.verdict = [codeOf(engineErrors[error])];
    else {
      for (const call of open) call.alone = true;
      this.waiting = [...open, ...this.waiting].sort((a, b) => a.priority - b.priority);
    }
    await (failed ? running.fail(engineErrors[error]) : running.succeed());
  }

  async step(step: Step): Promise<void> {
    switch (step.op) {
      case "infer":
        return this.infer(step);
      case "turn":
        return settle();
      case "wait":
        return this.clock.advance(step.ms);
      case "cancel":
        return this.cancel(this.calls[step.which % this.calls.length]);
      case "end":
        await settle();
        return this.end(this.driven.running[step.which % this.driven.running.length], step.fails, step.error);
    }
  }
}

const total = (calls: readonly Known[]) => calls.reduce((sum, { rows }) => sum + rows, 0);
const codeOf = (error: unknown) => (isMillwrightError(error) ? error.code : String(error));

describe("any interleaving of calls", () => {
  it("answers each once, with its own rows, in its turn and within the bounds", async () => {
    await fc.assert(
      fc.asyncProperty(limits, steps, async (bounds, list) => {
        const oracle = new Oracle(bounds);
        for (const step of list) await oracle.step(step);
        const disposal = oracle.graph.dispose();
        await expect(oracle.graph.infer({ x: rowsOfCall(0, 1) })).rejects.toMatchObject({ code: "MW0706" });
        await settle();
        while (oracle.driven.running.length > 0) await oracle.end(oracle.driven.running[0], false, 0);
        await disposal;
        oracle.live();
        for (const { ends, verdict } of oracle.calls) {
          expect(ends).toHaveLength(1);
          expect(verdict).toContain(ends[0]);
        }
        expect(oracle.driven.disposed).toBe(bounds.instances);
        checkStatistics(oracle);
      }),
      { numRuns: 150 },
    );
  });
});

function checkStatistics({ graph, calls }: Oracle): void {
  const found = graph.statistics();
  const ended = (...codes: string[]) => calls.filter(({ ends }) => codes.includes(ends[0])).length;
  expect(found).toMatchObject({
    pending: 0,
    success: { count: ended("ok") },
    // With the call that came after the end.
    fail: { count: calls.length - ended("ok") + 1 },
    failures: {
      rejected: ended("MW0710"),
      cancelled: ended("MW0711", "MW0712"),
      backend: ended("MW0705", "MW0708", "MW0709"),
      other: ended("TypeError: not even an error of ours") + 1,
    },
  });
  const runs = [...found.batches];
  expect(found.executionCount).toBe(runs.reduce((sum, [, { count }]) => sum + count, 0));
  expect(found.inferenceCount).toBe(runs.reduce((sum, [rows, { count }]) => sum + rows * count, 0));
}
