import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileRecord, type Schema } from "../kernel/index.js";
import {
  contractChanges,
  semanticVersion,
  type ModelContract,
  type RequestField,
} from "./semantic-version.js";

const base: ModelContract = {
  request: {
    city: { kind: "string", nullable: false },
    distance: { kind: "int", nullable: false, min: 1, max: 500 },
    rain: { kind: "float", nullable: true },
  },
  response: { task: "binary" },
  features: { late_rate: { window: "24h" }, hour: { op: "hour" } },
};
const after = (changes: Partial<ModelContract>) =>
  semanticVersion({ semver: "1.2.3", contract: base }, { ...base, ...changes });
const request = (changes: Record<string, RequestField>) =>
  after({ request: { ...base.request, ...changes } });
const { city, distance, rain } = base.request;

describe("semanticVersion", () => {
  it("begins at 1.0.0 and counts data and parameters as patches", () => {
    expect(semanticVersion(null, base)).toBe("1.0.0");
    expect(semanticVersion(null, null)).toBe("1.0.0");
    expect(after({})).toBe("1.2.4");
    expect(semanticVersion({ semver: "1.9.9", contract: base }, base)).toBe("1.9.10");
  });

  it.each([
    ["a field was removed", { city, rain }],
    ["an optional field was removed: whoever sends it is refused", { city, distance }],
    ["a field was renamed", { town: city, distance, rain }],
    ["a required field is new", { ...base.request, vehicle: city }],
    ["a field has another type", { ...base.request, city: distance }],
    ["a fraction was admitted", { ...base.request, rain: { ...rain, kind: "int" as const } }],
    ["an optional field is required", { ...base.request, rain: { ...rain, nullable: false } }],
    ["a range is narrower", { ...base.request, distance: { ...distance, max: 499 } }],
    ["a range is new", { ...base.request, rain: { ...rain, min: 0 } }],
    ["texts are listed", { ...base.request, city: { ...city, values: ["Delft"] } }],
  ])("is major where a valid request may be refused: %s", (_, fields) => {
    expect(after({ request: fields })).toBe("2.0.0");
  });

  it("is major where the answer means something else, or nobody knows", () => {
    expect(after({ response: { task: "regression" } })).toBe("2.0.0");
    expect(semanticVersion({ semver: "1.2.3", contract: null }, base)).toBe("2.0.0");
    expect(semanticVersion({ semver: "1.2.3", contract: base }, null)).toBe("2.0.0");
  });

  it("is minor where requests may say more or features changed", () => {
    expect(request({ vehicle: { kind: "string", nullable: true } })).toBe("1.3.0");
    expect(request({ city: { ...city, nullable: true } })).toBe("1.3.0");
    expect(request({ distance: { ...distance, max: 501 } })).toBe("1.3.0");
    expect(request({ distance: { ...distance, kind: "float" } })).toBe("1.3.0");
    expect(after({ features: { hour: { op: "hour" } } })).toBe("1.3.0");
    expect(after({ features: { ...base.features, hour: { op: "minute" } } })).toBe("1.3.0");
    expect(after({ features: { ...base.features, weekday: 1 } })).toBe("1.3.0");
  });

  it("says what changed", () => {
    const next = {
      ...base,
      request: { city, distance: { ...distance, max: 600 }, extra: rain },
      features: { hour: { op: "minute" } },
    };
    expect(contractChanges(base, next)).toEqual([
      { level: "minor", what: "request field distance admits more" },
      { level: "minor", what: "request field extra added, optional" },
      { level: "major", what: "request field rain removed" },
      { level: "minor", what: "feature hour changed" },
      { level: "minor", what: "feature late_rate removed" },
    ]);
  });
});

const field = fc
  .record({
    kind: fc.constantFrom("int" as const, "float" as const, "string" as const, "bool" as const),
    nullable: fc.boolean(),
    low: fc.option(fc.integer({ min: -2, max: 1 }), { nil: undefined }),
    high: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    values: fc.option(fc.subarray(["a", "b", "c"], { minLength: 1 }), { nil: undefined }),
  })
  .map(({ kind, nullable, low, high, values }): RequestField => {
    const number = kind === "int" || kind === "float";
    return {
      ...{ kind, nullable },
      ...(number && low !== undefined ? { min: low } : {}),
      ...(number && high !== undefined ? { max: high } : {}),
      ...(kind === "string" && values !== undefined ? { values } : {}),
    };
  });
const requests = fc.dictionary(fc.constantFrom("x", "y"), field, { maxKeys: 2, noNullPrototype: true });
const contracts = fc.record({
  request: requests,
  response: fc.constantFrom("binary", "other"),
  features: fc.dictionary(fc.constantFrom("f", "g"), fc.integer({ min: 0, max: 1 }), {
    noNullPrototype: true,
  }),
});
/** Every value near a border of any field, and an absent one. */
const pool = [undefined, null, -3, -2, -1, 0, 0.5, 1, 1.5, 2, 3, 4, "a", "b", "c", "d", true, false];

/** The parser that serving uses. */
const accepts = (contract: ModelContract, record: object) =>
  compileRecord(contract.request as Schema)(record).ok;

describe("properties", () => {
  it("a version that is not major admits every request that the one before it admitted", () => {
    fc.assert(
      fc.property(contracts, contracts, (previous, next) => {
        const broken = pool.flatMap((x) =>
          pool
            .map((y) => ({ ...(x === undefined ? {} : { x }), ...(y === undefined ? {} : { y }) }))
            .filter((record) => accepts(previous, record) && !accepts(next, record)),
        );
        const major = semanticVersion({ semver: "1.0.0", contract: previous }, next) === "2.0.0";
        // Both ways: nothing is called incompatible that no request shows, but the answer's meaning.
        expect(major).toBe(broken.length > 0 || previous.response !== next.response);
      }),
      { numRuns: 300 },
    );
  });

  it("numbers ascend strictly, and equal input gives equal numbers", () => {
    fc.assert(
      fc.property(fc.array(fc.option(contracts), { maxLength: 8 }), (line) => {
        let previous: { semver: string; contract: ModelContract | null } | null = null;
        const numbers = line.map((contract) => {
          const semver: string = semanticVersion(previous, contract);
          expect(semanticVersion(previous, contract)).toBe(semver);
          previous = { semver, contract };
          return semver.split(".").map(Number);
        });
        for (let i = 1; i < numbers.length; i++) {
          const place = numbers[i].findIndex((part, at) => part !== numbers[i - 1][at]);
          expect(numbers[i][place]).toBe(numbers[i - 1][place] + 1);
          expect(numbers[i].slice(place + 1)).toEqual(numbers[i].slice(place + 1).fill(0));
        }
      }),
    );
  });
});
