import { trace } from "@opentelemetry/api";
import fc from "fast-check";
import { expect, test } from "vitest";
import { callerContext } from "./trace-context.js";

const door = { kind: "http", method: "GET", route: "/" } as const;
const read = (traceparent: string | string[] | undefined, tracestate?: string | string[]) =>
  trace.getSpanContext(callerContext({ door, startedMs: 0, traceparent, tracestate }));

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";

// Cases of W3C's own suite: github.com/w3c/trace-context, test/test.py.
test.each([
  ["the example", `00-${traceId}-${spanId}-01`, 1],
  ["not sampled", `00-${traceId}-${spanId}-00`, 0],
  ["flags of later versions", `00-${traceId}-${spanId}-ff`, 1],
  ["blanks around it", ` 00-${traceId}-${spanId}-01\t`, 1],
  ["a later version", `cc-${traceId}-${spanId}-01`, 1],
  ["a later version with more", `cc-${traceId}-${spanId}-01-what-the-future-will-be-like`, 1],
])("takes %s", (_name, header, traceFlags) => {
  expect(read(header)).toMatchObject({ traceId, spanId, traceFlags, isRemote: true });
});

test.each([
  ["nothing", undefined],
  ["two headers", [`00-${traceId}-${spanId}-01`, `00-${traceId}-${spanId}-01`]],
  ["two headers as one", `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`],
  ["version ff", `ff-${traceId}-${spanId}-01`],
  ["version 00 with more", `00-${traceId}-${spanId}-01-more`],
  ["a later version with more, run together", `cc-${traceId}-${spanId}-01.more`],
  ["no trace", `00-${"0".repeat(32)}-${spanId}-01`],
  ["no span", `00-${traceId}-${"0".repeat(16)}-01`],
  ["capitals", `00-${traceId.toUpperCase()}-${spanId}-01`],
  ["a short id", `00-${traceId.slice(1)}-${spanId}-01`],
])("takes %s for no header", (_name, header) => {
  expect(read(header)).toBeUndefined();
});

test("carries the state along, whatever it is, and leaves out one that is too long", () => {
  const header = `00-${traceId}-${spanId}-01`;
  expect(read(header, ["a=1", "b=2"])?.traceState?.serialize()).toBe("a=1,b=2");
  expect(read(header, "nonsense")?.traceState?.serialize()).toBe("");
  expect(read(header, `a=${"x".repeat(511)}`)?.traceState).toBeUndefined();
  fc.assert(
    fc.property(fc.string(), fc.string(), (parent, state) => {
      const found = read(parent, state);
      expect(found === undefined || trace.isSpanContextValid(found)).toBe(true);
      expect(read(header, state)).toMatchObject({ traceId });
    }),
  );
});
