import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { manualClock } from "../../kernel/index.js";
import { createDeadlines } from "./deadlines.js";

describe("deadlines", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const setUp = () => {
    const clock = manualClock();
    const late: string[] = [];
    const deadlines = createDeadlines(100, clock);
    const pass = (ms: number) => {
      clock.advance(ms);
      vi.advanceTimersByTime(ms);
    };
    return { late, pass, start: (name: string) => deadlines.start(() => void late.push(name)) };
  };

  it("fires each at its own time, with one timer for all", () => {
    const { late, pass, start } = setUp();
    start("a");
    pass(60);
    start("b");
    expect(vi.getTimerCount()).toBe(1);
    pass(39);
    expect(late).toEqual([]);
    pass(1);
    expect(late).toEqual(["a"]);
    expect(vi.getTimerCount()).toBe(1);
    pass(60);
    expect(late).toEqual(["a", "b"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("never fires what was settled before", () => {
    const { late, pass, start } = setUp();
    const settleA = start("a");
    start("b");
    settleA();
    pass(100);
    expect(late).toEqual(["b"]);
    const settleC = start("c");
    pass(50);
    settleC();
    pass(100);
    expect(late).toEqual(["b"]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
