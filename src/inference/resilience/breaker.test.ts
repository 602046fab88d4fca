import { afterEach, describe, expect, it, vi } from "vitest";
import { withBreaker } from "./breaker.js";
import { answer, failure, heldModel, manualTime, question, type FailureCode } from "./resilience.testing.js";

const policy = { failureShare: 0.5, lastCalls: 4, minCalls: 4, openMs: 1000 };

function setUp() {
  const time = manualTime();
  const { infer, calls } = heldModel();
  const breaker = withBreaker(infer, policy, time.clock);
  /** Makes a call that ends as it is told; the code of its error, or "ok". */
  async function call(end: FailureCode | "ok"): Promise<string> {
    const before = calls.length;
    const given = breaker.infer(question(1)).then(
      () => "ok",
      (error: { readonly code: string }) => error.code,
    );
    const made = calls.at(before);
    if (end === "ok") made?.succeed(answer(1));
    else made?.fail(failure(end));
    return given;
  }
  const callAll = async (...ends: readonly (FailureCode | "ok")[]) => {
    for (const end of ends) await call(end);
  };
  return { time, calls, breaker, call, callAll };
}

describe("a breaker", () => {
  afterEach(() => vi.restoreAllMocks());

  it("opens when more than the share of the last calls failed, and not before", async () => {
    const { breaker, calls, call, callAll } = setUp();
    await callAll("MW0705", "MW0705", "MW0705");
    expect(breaker.state()).toBe("closed");
    await callAll("ok");
    expect(breaker.state()).toBe("closed");
    // Of the last four, two failed: half, and not more.
    await callAll("ok", "ok", "MW0703", "MW0703");
    expect(breaker.state()).toBe("closed");
    await callAll("MW0705");
    expect(breaker.state()).toBe("open");
    const before = calls.length;
    expect(await call("ok")).toBe("MW0715");
    expect(calls).toHaveLength(before);
  });

  it("says how long it stays open", async () => {
    const { breaker, time, callAll } = setUp();
    await callAll("MW0705", "MW0705", "MW0705", "MW0705");
    time.advance(300);
    await expect(breaker.infer(question(1))).rejects.toMatchObject({
      code: "MW0715",
      row: { http: 503 },
      details: { retryAfterMs: 700 },
    });
  });

  it.each<FailureCode>(["MW0704", "MW0707", "MW0706", "MW0798", "MW0799"])(
    "does not count %s, neither as a failure nor as a success",
    async (code) => {
      const { breaker, call, callAll } = setUp();
      await callAll(...Array<FailureCode>(20).fill(code));
      expect(breaker.state()).toBe("closed");
      await callAll("MW0705", "MW0705");
      expect(await call(code)).toBe(code);
      await callAll("MW0705", "MW0705");
      expect(breaker.state()).toBe("open");
    },
  );

  it("lets one call through on trial, which closes it", async () => {
    const { breaker, calls, time, call, callAll } = setUp();
    await callAll("MW0705", "MW0705", "MW0705", "MW0705");
    time.advance(1000);
    expect(breaker.state()).toBe("open");
    const trial = breaker.infer(question(1));
    expect(breaker.state()).toBe("half-open");
    await expect(breaker.infer(question(1))).rejects.toMatchObject({
      code: "MW0715",
      details: { retryAfterMs: 1000 },
    });
    calls[4].succeed(answer(1));
    await trial;
    expect(breaker.state()).toBe("closed");
    // What was before is forgotten, and the trial is the first of four calls: two of them may fail.
    await callAll("MW0705", "MW0705", "ok");
    expect(breaker.state()).toBe("closed");
    expect(await call("MW0705")).toBe("MW0705");
    expect(breaker.state()).toBe("open");
  });

  it("stays open for as long again when the trial fails", async () => {
    const { breaker, time, call, callAll } = setUp();
    await callAll("MW0705", "MW0705", "MW0705", "MW0705");
    time.advance(1000);
    expect(await call("MW0705")).toBe("MW0705");
    expect(breaker.state()).toBe("open");
    time.advance(999);
    expect(await call("ok")).toBe("MW0715");
    time.advance(1);
    expect(await call("ok")).toBe("ok");
    expect(breaker.state()).toBe("closed");
  });

  it.each<FailureCode>(["MW0707", "MW0799"])(
    "takes a trial that ends with %s for none: the next call is the trial",
    async (code) => {
      const { breaker, time, call, callAll } = setUp();
      await callAll("MW0705", "MW0705", "MW0705", "MW0705");
      time.advance(1000);
      expect(await call(code)).toBe(code);
      expect(breaker.state()).toBe("open");
      expect(await call("ok")).toBe("ok");
      expect(breaker.state()).toBe("closed");
    },
  );

  it.each(["1999-12-31", "2099-12-31"])("does not care that the date jumps to %s", async (date) => {
    const { time, call, callAll } = setUp();
    await callAll("MW0705", "MW0705", "MW0705", "MW0705");
    vi.spyOn(Date, "now").mockReturnValue(Date.parse(date));
    expect(await call("ok")).toBe("MW0715");
    time.advance(1000);
    expect(await call("ok")).toBe("ok");
  });
});
