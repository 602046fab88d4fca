import { describe, expect, it } from "vitest";
import { parseTimestamp, sha256 } from "../../kernel/index.js";
import { generateDeliveries } from "./deliveries.js";

const { csv, rowCount } = generateDeliveries();
const [head, ...lines] = csv.trimEnd().split("\n");
const rows = lines.map((line) => line.split(","));

describe("the deliveries of a new project", () => {
  it("are the same bytes at every call, on every machine", () => {
    expect(generateDeliveries().csv).toBe(csv);
    // Written down once: whoever changes the generator changes what every new user sees.
    expect(sha256(csv)).toBe("441eef104a7ada750ad3c5be9e3865e79b289410c843cd5a5aa32859d538075b");
  });

  it("are whole rows in order of time, from January to April 2025", () => {
    expect(head).toBe("ordered_at,restaurant,courier,km,minutes");
    expect(rows).toHaveLength(rowCount);
    expect(rowCount).toBeGreaterThan(20_000);
    expect(rows.every((cells) => cells.length === 5 && cells.every((cell) => cell !== ""))).toBe(true);
    const times = rows.map(([at]) => parseTimestamp(at));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect([rows[0][0].slice(0, 7), rows[rowCount - 1][0].slice(0, 7)]).toEqual(["2025-01", "2025-04"]);
  });

  it("are late often enough to learn from, and seldom enough to be news", () => {
    const minutes = rows.map((cells) => Number(cells[4]));
    const late = minutes.filter((value) => value > 45).length / rowCount;
    expect(late).toBeGreaterThan(0.1);
    expect(late).toBeLessThan(0.25);
    expect(minutes.every((value) => Number.isInteger(value) && value >= 8 && value < 180)).toBe(true);
  });
});
