import { describe, expect, test } from "vitest";
import { manualClock } from "../kernel/index.js";
import { columns, paint, seconds, terminalProgress, type Terminal } from "./terminal.js";

/** A stream that keeps what is written to it. */
function screen({ isTTY = false, colours = false }) {
  const written: string[] = [];
  const stream = Object.assign(Object.create(process.stderr) as NodeJS.WriteStream, {
    isTTY,
    hasColors: () => colours,
    write: (text: string) => written.push(text) > 0,
  });
  return { stream, text: () => written.join(""), terminal: { out: stream, err: stream } satisfies Terminal };
}

test("columns line up; numbers stand to the right", () => {
  const rows = [
    ["model", "rows", "took"],
    ["late", "7", "0.4 s"],
    ["later-trip", "1,234", "12 s"],
  ];
  expect(columns(rows)).toBe(
    ["model        rows   took", "late            7  0.4 s", "later-trip  1,234   12 s"].join("\n"),
  );
  expect(columns([])).toBe("");
});

describe("columns on a terminal", () => {
  const rows = [
    ["feature", "what", "rows"],
    ["city_mean_delay_6h", "mean of delay where delay > 15 over the last six hours", "7"],
    ["distance", "request", "1,234"],
  ];

  test("are as wide as they need where there is room", () => {
    expect(columns(rows, 200)).toBe(columns(rows));
    expect(columns(rows, 81)).toBe(columns(rows));
  });

  test("are shortened where they are widest, and never wider than the terminal", () => {
    expect(columns(rows, 60)).toBe(
      [
        // By hand: 18, 2, 33, 2 and 5 columns.
        `feature${" ".repeat(11)}  what${" ".repeat(29)}   rows`,
        "city_mean_delay_6h  mean of delay where delay > 15 o…      7",
        `distance${" ".repeat(10)}  request${" ".repeat(26)}  1,234`,
      ].join("\n"),
    );
    for (let width = 35; width < 100; width++) {
      const longest = Math.max(
        ...columns(rows, width)
          .split("\n")
          .map((line) => line.length),
      );
      expect(longest).toBeLessThanOrEqual(width);
    }
  });

  test("stand below one another where even that is too wide; nothing is lost then", () => {
    expect(columns(rows, 30)).toBe(
      [
        "feature  city_mean_delay_6h",
        "what     mean of delay where delay > 15 over the last six hours",
        "rows     7",
        "",
        "feature  distance",
        "what     request",
        "rows     1,234",
      ].join("\n"),
    );
  });
});

test("durations for people", () => {
  const shown = [0, 449, 9_949, 9_950, 59_499, 59_500, 125_000].map(seconds);
  expect(shown).toEqual(["0.0 s", "0.4 s", "9.9 s", "10 s", "59 s", "1 m 0 s", "2 m 5 s"]);
});

test("colours only where they are wanted", () => {
  expect(paint(screen({ isTTY: true, colours: true }).stream, "red", "no")).toBe("\u001b[31mno\u001b[0m");
  expect(paint(screen({ isTTY: true }).stream, "red", "no")).toBe("no");
  expect(paint(screen({ colours: true }).stream, "red", "no")).toBe("no");
});

test("in a pipe: one line when work of more than a second is done, and nothing else", () => {
  const { terminal, text } = screen({});
  const clock = manualClock();
  const progress = terminalProgress(terminal, clock);
  const short = progress.start("short", 10);
  clock.advance(999);
  short.update(10);
  short.finish("all");
  expect(text()).toBe("");
  const long = progress.start("long", 10);
  clock.advance(1_500);
  long.update(5);
  long.finish("10 rows");
  expect(text()).toBe("✓ long: 10 rows 1.5 s\n");
});

test("on a terminal: a bar that is redrawn in place and gone in the end", () => {
  const { terminal, text } = screen({ isTTY: true });
  const clock = manualClock();
  const task = terminalProgress(terminal, clock).start("train", 200);
  expect(text()).toMatch(/train ─{24} {3}0 %$/);
  clock.advance(2_000);
  task.update(50);
  // By hand: a quarter took two seconds, so three quarters take six.
  expect(text()).toMatch(/train ━{6}─{18} {2}25 % 6\.0 s left$/);
  const drawn = text();
  clock.advance(10);
  task.update(51);
  expect(text()).toBe(drawn);
  task.finish();
  expect(text()).toBe(`${drawn}\r\u001b[2K✓ train 2.0 s\n`);
});
