import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Tensors } from "../../registry/index.js";
import type { Infer, Inferred, InferOptions } from "../infer.js";
import { answer, failure, heldModel, manualTime, question, settled } from "./resilience.testing.js";
import { singleFlight } from "./single-flight.js";

function setUp(options?: { readonly heedsSignal?: boolean }) {
  const time = manualTime();
  const flights = singleFlight(time);
  const { infer, calls } = heldModel(options);
  const ask = (value: number, own: InferOptions = {}) =>
    flights.share(String(value), own, (shared) => infer(question(value), shared));
  return { time, flights, calls, ask };
}

const outputsOf = async (given: Promise<Inferred>): Promise<Tensors> => (await given).outputs;

describe("equal calls under way", () => {
  it("share one computation and no memory", async () => {
    const { calls, ask, flights } = setUp();
    const asked = [ask(1), ask(1), ask(1), ask(2)];
    expect(calls).toHaveLength(2);
    calls[0].succeed(answer(10));
    calls[1].succeed(answer(20));
    const given = await Promise.all(asked.map(outputsOf));
    expect(given).toEqual([answer(10), answer(10), answer(10), answer(20)]);
    expect(new Set(given.map(({ y }) => y.data)).size).toBe(4);
    expect(flights.joined()).toBe(2);
  });

  it("compute again once they are answered", async () => {
    const { calls, ask } = setUp();
    const first = ask(1);
    calls[0].succeed(answer(10));
    await first;
    const second = ask(1);
    calls[1].succeed(answer(11));
    expect(await outputsOf(second)).toEqual(answer(11));
  });

  it("share a failure, and the next call tries anew", async () => {
    const { calls, ask } = setUp();
    const asked = Promise.allSettled([ask(1), ask(1)]);
    calls[0].fail(failure("MW0705"));
    const reasons = (await asked).map((one) => (one.status === "rejected" ? (one.reason as unknown) : null));
    expect(reasons).toMatchObject([{ code: "MW0705" }, { code: "MW0705" }]);
    void ask(1);
    expect(calls).toHaveLength(2);
  });

  it("go on when the one that began is cancelled", async () => {
    const { calls, ask } = setUp();
    const leader = new AbortController();
    const first = ask(1, { signal: leader.signal });
    const second = ask(1);
    leader.abort();
    await expect(first).rejects.toMatchObject({ code: "MW0712" });
    expect(calls[0].options.signal?.aborted).toBe(false);
    calls[0].succeed(answer(10));
    expect(await outputsOf(second)).toEqual(answer(10));
    expect(calls).toHaveLength(1);
  });

  it("are given up when the last one leaves, and are not joined any more", async () => {
    const { calls, ask } = setUp({ heedsSignal: false });
    const [a, b] = [new AbortController(), new AbortController()];
    const gone = Promise.allSettled([ask(1, { signal: a.signal }), ask(1, { signal: b.signal })]);
    a.abort();
    expect(calls[0].options.signal?.aborted).toBe(false);
    b.abort();
    expect(calls[0].options.signal?.aborted).toBe(true);
    const later = ask(1);
    calls[1].succeed(answer(11));
    calls[0].succeed(answer(10));
    expect(await outputsOf(later)).toEqual(answer(11));
    expect((await gone).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });

  it("each end by their own deadline", async () => {
    const { time, calls, ask } = setUp();
    const first = ask(1);
    const second = ask(1, { deadlineMs: time.clock.monotonicMs() + 5 });
    time.advance(5);
    await expect(second).rejects.toMatchObject({ code: "MW0711", row: { http: 504 } });
    await expect(ask(1, { deadlineMs: time.clock.monotonicMs() })).rejects.toMatchObject({ code: "MW0711" });
    calls[0].succeed(answer(10));
    expect(await outputsOf(first)).toEqual(answer(10));
    expect(time.pending()).toBe(0);
  });

  it("pass to one with more time when the one that began has none left", async () => {
    const { time, calls, ask } = setUp();
    const nowMs = time.clock.monotonicMs();
    const first = ask(1, { deadlineMs: nowMs + 5 });
    const others = [ask(1, { deadlineMs: nowMs + 50 }), ask(1)];
    expect(calls[0].options.deadlineMs).toBe(nowMs + 5);
    calls[0].fail(failure("MW0798"));
    await expect(first).rejects.toMatchObject({ code: "MW0798" });
    await settled();
    expect(calls).toHaveLength(2);
    expect(calls[1].options.deadlineMs).not.toBe(nowMs + 5);
    calls[1].succeed(answer(10));
    expect(await Promise.all(others.map(outputsOf))).toEqual([answer(10), answer(10)]);
  });

  it("do not make an urgent one wait for a patient one", () => {
    const { calls, ask, flights } = setUp();
    void ask(1, { priority: 5 });
    expect(flights.joins("1", { priority: 6 })).toBe(true);
    void ask(1, { priority: 2 });
    void ask(1, { priority: 4 });
    expect(calls.map(({ options }) => options.priority)).toEqual([5, 2]);
  });

  it("are refused at once when they were cancelled before", async () => {
    const { calls, ask } = setUp();
    await expect(ask(1, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "MW0712" });
    expect(calls).toEqual([]);
  });
});

interface Move {
  readonly kind: "ask" | "succeed" | "fail" | "cancel" | "wait";
  readonly n: number;
  readonly deadline: number | undefined;
  readonly signal: boolean;
  readonly priority: number;
}

const moves = fc.array(
  fc.record<Move>({
    kind: fc.constantFrom("ask", "ask", "ask", "succeed", "fail", "cancel", "wait"),
    n: fc.nat(20),
    deadline: fc.option(fc.nat(30), { nil: undefined }),
    signal: fc.boolean(),
    priority: fc.nat(2),
  }),
  { maxLength: 40 },
);

describe("any order of events", () => {
  it("gives every caller its own answer, a failure of its model, or the end of its patience, once", async () => {
    await fc.assert(
      fc.asyncProperty(moves, fc.boolean(), async (all, heedsSignal) => {
        const { time, flights, calls, ask } = setUp({ heedsSignal });
        const callers: Caller[] = [];
        const pick = <T>(from: readonly T[], n: number): T | undefined => from[n % Math.max(1, from.length)];
        for (const move of all) {
          const call = pick(calls, move.n);
          if (move.kind === "ask") callers.push(caller(move, ask, time.clock.monotonicMs()));
          else if (move.kind === "succeed") call?.succeed(answer(10 * valueOf(call.inputs)));
          else if (move.kind === "fail") call?.fail(failure(move.signal ? "MW0705" : "MW0798"));
          else if (move.kind === "cancel") pick(callers, move.n)?.controller.abort();
          else time.advance(move.n);
          if (move.priority > 0) await settled();
        }
        // A call that takes over begins after the one before it has ended, so it takes as many rounds.
        for (let round = 0; round <= callers.length; round++) {
          for (const call of calls) call.succeed(answer(10 * valueOf(call.inputs)));
          await settled();
        }
        for (const one of callers) expectRight(one, time.clock.monotonicMs());
        expect(time.pending()).toBe(0);
        for (const { value } of callers) expect(flights.joins(String(value), { priority: 9 })).toBe(false);
      }),
      { numRuns: 150 },
    );
  });
});

interface Caller {
  readonly value: number;
  readonly controller: AbortController;
  readonly options: InferOptions;
  readonly seen: (Inferred | { readonly code: string })[];
}

const valueOf = (inputs: Tensors): number => Number(inputs["x"].data[0]);

function caller(
  { n, deadline, signal, priority }: Move,
  ask: (value: number, options: InferOptions) => ReturnType<Infer>,
  nowMs: number,
): Caller {
  const controller = new AbortController();
  const options = {
    priority,
    ...(deadline !== undefined && { deadlineMs: nowMs + deadline }),
    ...(signal && { signal: controller.signal }),
  };
  const one: Caller = { value: n % 3, controller, options, seen: [] };
  ask(one.value, options).then(
    ({ outputs, origin }) => {
      one.seen.push({
        outputs: { y: { ...outputs["y"], data: outputs["y"].data.slice() } } as Tensors,
        origin,
      });
      // What one caller does with its answer is nothing to the others.
      (outputs["y"].data as Float32Array).fill(-1);
    },
    (error: { readonly code: string }) => one.seen.push(error),
  );
  return one;
}

function expectRight({ value, options, seen }: Caller, endMs: number): void {
  expect(seen).toHaveLength(1);
  const [given] = seen;
  if (!("code" in given)) expect(given.outputs).toEqual(answer(10 * value));
  else if (given.code === "MW0712") expect(options.signal?.aborted).toBe(true);
  else if (given.code === "MW0711") expect(options.deadlineMs).toBeLessThanOrEqual(endMs);
  else expect(["MW0705", "MW0798"]).toContain(given.code);
}
