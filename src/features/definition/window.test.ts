import { describe, expect, test } from "vitest";
import { durationMs, type Duration } from "../../kernel/index.js";
import type { WindowedFeature } from "./aggregation.js";
import { planSlots } from "../algebra/slots.js";
import { createViewState } from "../algebra/view-state.js";
import { hopMs, lowerBoundMs } from "./window.js";

const iso = (text: string) => Date.parse(`2001-05-${text}Z`);

/** Window, question, first moment that counts: by hand from the table of hops. */
const cases: [window: Duration, asked: string, first: string][] = [
  ["1m", "20T10:17:42.500", "20T10:16:00"],
  ["59m", "20T10:17:42.500", "20T09:18:00"],
  ["59m", "20T10:17:00", "20T09:18:00"],
  ["1h", "20T10:17:42.500", "20T09:15:00"],
  ["1h", "20T10:15:00", "20T09:15:00"],
  ["1h", "20T10:14:59.999", "20T09:10:00"],
  ["719m", "20T12:04:00", "20T00:05:00"],
  ["719m", "20T12:03:59.999", "20T00:00:00"],
  ["12h", "20T12:59:59.999", "20T00:00:00"],
  ["12h", "20T13:00:00", "20T01:00:00"],
  ["287h", "20T10:17:42.500", "08T11:00:00"],
  ["12d", "20T10:17:42.500", "08T00:00:00"],
  ["12d", "20T00:00:00", "08T00:00:00"],
];

const counting: WindowedFeature = { kind: "count", windowMs: 0 };

describe("a window", () => {
  test.each(cases)("of %s before %s begins at %s", (window, asked, first) => {
    expect(lowerBoundMs(iso(asked), durationMs(window))).toBe(iso(first));
  });

  test.each(cases)("of %s before %s has its first moment %s in it and the one before outside", (...row) => {
    const [window, asked, first] = row;
    const state = createViewState(planSlots([{ ...counting, windowMs: durationMs(window) }], {}));
    const one = { numbers: Float64Array.of(1), values: [] };
    const counted = () => {
      const out = { numbers: new Float32Array(1), texts: [] };
      state.read(state.find("a"), iso(asked), out, { number: 0, text: 0 });
      return out.numbers[0];
    };
    state.apply(state.entity("a"), iso(first) - 1, one);
    expect(counted()).toBe(0);
    state.apply(state.entity("a"), iso(first), one);
    state.apply(state.entity("a"), iso(asked) - 1, one);
    expect(counted()).toBe(2);
  });

  test("is rounded to a hop that grows with it", () => {
    const hops = (["1ms", "3599999ms", "1h", "43199999ms", "12h", "1036799999ms", "12d"] as const).map(
      (window) => hopMs(durationMs(window)) / 60_000,
    );
    expect(hops).toEqual([1, 1, 5, 5, 60, 60, 1_440]);
  });

  test("before 1970 is rounded towards the past too", () => {
    expect(lowerBoundMs(-1, 3_600_000)).toBe(-3_900_000);
    expect(lowerBoundMs(0, 3_600_000)).toBe(-3_600_000);
  });
});
