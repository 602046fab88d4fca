import fc from "fast-check";
import { expect, test } from "vitest";
import {
  readEvent,
  readPrediction,
  skimPrediction,
  writeEvent,
  writePrediction,
  type PredictionRecord,
} from "./live-records.js";

const bitsOf = (numbers: Float32Array) => [
  ...new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length),
];

const time = fc.integer({ min: -8.64e15, max: 8.64e15 });
const text = fc.string({ unit: "binary" });
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const names = fc.stringMatching(/^[a-z]{1,5}$/);
const seen = fc.array(
  fc.dictionary(names, fc.record({ sequence: fc.nat(), beforeMs: time }), { noNullPrototype: true }),
);
const common = fc.record({
  id: fc.stringMatching(/^p-[0-9a-f]{12}-[1-9][0-9]{0,9}$/),
  model: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
  version: fc.integer({ min: 1, max: 1e6 }),
  atMs: time,
  asOfMs: time,
  events: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.nat(), { noNullPrototype: true }),
  request: fc.array(
    fc.oneof(
      text,
      finite.map((value) => value + 0),
      fc.constant(null),
    ),
  ),
  // Every pattern of bits: NaNs with their payloads, infinities, negative zero, subnormals.
  numbers: fc
    .array(fc.integer({ min: 0, max: 0xffffffff }))
    .map((bits) => new Float32Array(Uint32Array.from(bits).buffer)),
  texts: fc.array(text),
  outputs: fc.array(
    fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0),
    { minLength: 1, maxLength: 3 },
  ),
  latencyMs: fc.double({ min: 0, max: 1e6, noNaN: true }).map((value) => value + 0),
});
const fallback = fc.record(
  { by: text, because: fc.stringMatching(/^MW[0-9]{4}$/) },
  { noNullPrototype: true },
);
const record: fc.Arbitrary<PredictionRecord> = fc
  .tuple(common, fc.option(seen, { nil: undefined }), fc.option(fallback, { nil: undefined }))
  .map(([fields, seen, fallback]) => ({ ...fields, ...(seen && { seen }), ...(fallback && { fallback }) }));

test("a prediction comes back from its line bit by bit, and its line is one line", () => {
  fc.assert(
    fc.property(record, (written) => {
      const line = writePrediction(written);
      expect(line).not.toMatch(/[\n\r]/);
      const { numbers, ...others } = readPrediction(line);
      const { numbers: expected, ...rest } = written;
      expect(others).toEqual(rest);
      expect(bitsOf(numbers)).toEqual(bitsOf(expected));
      expect(skimPrediction(line)).toEqual({ id: written.id, asOfMs: written.asOfMs });
    }),
  );
});

test("an event comes back from its line", () => {
  const values = fc.array(
    fc.oneof(
      text,
      finite.map((value) => value + 0),
      fc.constant(null),
    ),
  );
  fc.assert(
    fc.property(fc.option(time), values, fc.nat(), (receivedMs, given, sequence) => {
      const line = writeEvent(receivedMs, given);
      expect(line).not.toMatch(/[\n\r]/);
      expect(readEvent(line, sequence)).toEqual({ sequence, receivedMs, values: given });
    }),
  );
});

test("NaN and negative zero, and a window onto a larger memory", () => {
  const memory = Float32Array.of(9, NaN, -0, 0.1, 9);
  const written: PredictionRecord = {
    ...{ id: "p-1-1", model: "m", version: 1, atMs: 0, asOfMs: -1, events: {}, request: [] },
    ...{ numbers: memory.subarray(1, 4), texts: [""], outputs: [0.5], latencyMs: 0 },
  };
  const { numbers } = readPrediction(writePrediction(written));
  // IEEE 754: the quiet NaN, minus zero, and 0.1 rounded to 24 bits.
  expect(bitsOf(numbers)).toEqual([0x7fc00000, 0x80000000, 0x3dcccccd]);
});
