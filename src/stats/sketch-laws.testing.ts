import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson, seededRng, type Canonical, type Rng } from "../kernel/index.js";

interface Mergeable<Value> {
  add(value: Value): void;
  merge(other: Mergeable<Value>): void;
  toJson(): Canonical;
}

/** What the laws need to know of one kind of sketch. */
export interface LawfulSketch<Value, Sketch extends Mergeable<Value>> {
  make(json?: Canonical): Sketch;
  /** Different whole numbers give different values, as far as the limits count distinct values. */
  valueAt(index: number): Value;
  /** Everything that a sketch answers. */
  answers(sketch: Sketch): unknown;
  /** Numbers of distinct values at which something changes. */
  readonly limits: readonly number[];
}

/** Fisher & Yates. */
function shuffled<T>(values: readonly T[], rng: Rng): T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = rng.below(i + 1);
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}

/** Merges two sketches at random until one is left. */
function mergeAll<Sketch extends Mergeable<never>>(sketches: readonly Sketch[], rng: Rng): Sketch {
  const left = [...sketches];
  while (left.length > 1) {
    const [from] = left.splice(rng.below(left.length), 1);
    left[rng.below(left.length)].merge(from);
  }
  return left[0];
}

/** Streams with an exact number of distinct values, near the limits as often as not. */
function streams<Value>(valueAt: (index: number) => Value, limits: readonly number[]) {
  const near = limits.map((limit) => fc.integer({ min: limit - 2, max: limit + 2 }));
  const distinct = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 }), ...near);
  return fc.tuple(distinct, fc.integer({ min: 0, max: 100 }), fc.nat()).map(([size, repeats, seed]) => {
    const rng = seededRng(seed);
    const each = Array.from({ length: size }, (_, index) => index);
    const again = Array.from({ length: size === 0 ? 0 : repeats }, () => rng.below(size));
    return shuffled([...each, ...again], rng).map(valueAt);
  });
}

/** The laws that make a sketch usable for windows: its state is a function of the multiset of values alone. */
export function testSketchLaws<Value, Sketch extends Mergeable<Value>>(
  name: string,
  { make, valueAt, answers, limits }: LawfulSketch<Value, Sketch>,
): void {
  const stream = streams(valueAt, limits);
  const sketchOf = (values: readonly Value[], json?: Canonical) => {
    const sketch = make(json);
    for (const value of values) sketch.add(value);
    return sketch;
  };
  const bytes = (sketch: Sketch) => canonicalJson(sketch.toJson());

  describe(`${name} by the laws of all sketches`, () => {
    test("is the same to the last bit however the values are ordered, cut into parts and merged", () => {
      fc.assert(
        fc.property(stream, fc.nat(), fc.integer({ min: 1, max: 9 }), (values, seed, count) => {
          const rng = seededRng(seed);
          const parts = Array.from({ length: count }, () => [] as Value[]);
          for (const value of shuffled(values, rng)) parts[rng.below(count)].push(value);
          // Every other time nothing comes after the merges, so that they alone decide on the representation.
          const late = seed % 2 === 0 ? [] : parts.map((part) => part.splice(rng.below(part.length + 1)));
          const merged = mergeAll(
            parts.map((part) => sketchOf(part)),
            rng,
          );
          for (const value of late.flat()) merged.add(value);
          const straight = sketchOf(values);
          expect(bytes(merged)).toBe(bytes(straight));
          expect(answers(merged)).toEqual(answers(straight));
        }),
      );
    });

    test("goes on from its JSON as if it had never been written", () => {
      fc.assert(
        fc.property(stream, stream, (before, after) => {
          const written = bytes(sketchOf(before));
          const read = sketchOf([], JSON.parse(written) as Canonical);
          expect(bytes(read)).toBe(written);
          expect(answers(read)).toEqual(answers(sketchOf(before)));
          for (const value of after) read.add(value);
          expect(bytes(read)).toBe(bytes(sketchOf([...before, ...after])));
        }),
      );
    });

    test("leaves what it merges as it was, and shares nothing with it", () => {
      fc.assert(
        fc.property(stream, stream, (a, b) => {
          const [first, second] = [sketchOf(a), sketchOf(b)];
          const before = bytes(second);
          first.merge(second);
          const merged = bytes(first);
          for (const value of [...b, valueAt(77_777)]) first.add(value);
          expect(bytes(second)).toBe(before);
          for (const value of [...b, valueAt(88_888)]) second.add(value);
          expect(merged).toBe(bytes(sketchOf([...a, ...b])));
          expect(bytes(first)).toBe(bytes(sketchOf([...a, ...b, ...b, valueAt(77_777)])));
        }),
      );
    });

    test("merged with itself holds everything twice", () => {
      fc.assert(
        fc.property(stream, (values) => {
          const sketch = sketchOf(values);
          sketch.merge(sketch);
          expect(bytes(sketch)).toBe(bytes(sketchOf([...values, ...values])));
        }),
      );
    });

    test("gives JSON that later values do not change, and keeps none that it was given", () => {
      fc.assert(
        fc.property(stream, stream, (before, after) => {
          const sketch = sketchOf(before);
          const json = sketch.toJson();
          const written = canonicalJson(json);
          const read = make(json);
          for (const value of after) {
            sketch.add(value);
            read.add(value);
          }
          expect(canonicalJson(json)).toBe(written);
        }),
      );
    });

    test("is frozen, and refuses a sketch that it did not make", () => {
      expect(make()).toSatisfy(Object.isFrozen);
      expect(make(make().toJson())).toSatisfy(Object.isFrozen);
      const foreign = { add: () => undefined, merge: () => undefined, toJson: () => [] };
      expect(() => make().merge(foreign)).toThrow(/MW1401/);
    });
  });
}
