import { expect, test } from "vitest";

import {
  capitalized,
  clip,
  count,
  day,
  decimals,
  general,
  milliseconds,
  minute,
  percent,
  plain,
  points,
  range,
  seconds,
  shortDay,
} from "./format.js";

test("figures that could not be computed are dashes", () => {
  for (const format of [count, percent, points, general, milliseconds, seconds, day, minute, shortDay]) {
    expect([format(null), format(NaN), format(undefined), format(Infinity)]).toEqual(["—", "—", "—", "—"]);
  }
  expect(range({ value: 1, low: null, high: 2 }, 2)).toBe("—");
});

test("numbers have a true minus, and no minus before zero", () => {
  expect([decimals(-0.126, 2), decimals(-0.001, 2), decimals(0.5, 0)]).toEqual(["−0.13", "0.00", "1"]);
});

test("counts are grouped by three", () => {
  expect([count(0), count(999), count(1000), count(3_000_000), count(-1116)]).toEqual([
    "0",
    "999",
    "1,000",
    "3,000,000",
    "−1,116",
  ]);
});

test("shares keep sight of small values", () => {
  expect([percent(0), percent(0.0003), percent(0.198), points(0.0114)]).toEqual([
    "0.0 %",
    "< 0.1 %",
    "19.8 %",
    "1.1 points",
  ]);
});

test("mixed magnitudes keep three to four digits", () => {
  expect([general(1688), general(712.43), general(21), general(7.4312), general(3e-9)]).toEqual([
    "1,688",
    "712.4",
    "21",
    "7.431",
    "3.0e−9",
  ]);
  expect([plain(0.2), plain(1), plain(100)]).toEqual(["0.2", "1", "100"]);
});

test("spans of time carry their unit", () => {
  expect([milliseconds(0.661), milliseconds(12.34), milliseconds(250), milliseconds(1500)]).toEqual([
    "0.66 ms",
    "12.3 ms",
    "250 ms",
    "1.50 s",
  ]);
  expect([seconds(0.8), seconds(52.31), seconds(183.2)]).toEqual(["800 ms", "52.3 s", "3 min 3 s"]);
});

test("times are in UTC", () => {
  expect([day(0), minute(0), shortDay(86_400_000)]).toEqual(["1970-01-01", "1970-01-01 00:00 UTC", "2 Jan"]);
  expect(day(1e300)).toBe("—");
});

test("names are cut inside, so that their ends stay", () => {
  expect(clip("destination_mean_delay_1h", 18)).toBe("destin…an_delay_1h");
  expect(clip("short", 18)).toBe("short");
  expect(capitalized("hour")).toBe("Hour");
});
