import { expect, test } from "vitest";

import { textOf } from "../markup.js";
import { xAxis, yAxis } from "./axis.js";
import { histogram, horizontalBars } from "./bars.js";
import { heatMap } from "./heat-map.js";
import { drawing, plotArea, responsive } from "./plot.js";
import { linearScale } from "./scale.js";
import { sparkline } from "./sparkline.js";
import { horizontalWhiskers, verticalWhiskers } from "./whiskers.js";

const plot = plotArea(200, 100, [10, 20, 30, 40]);
const bar = { label: "<b>", tone: "one", tip: "a & b" };

test("a plot lies within its margins", () => {
  expect(plot).toMatchObject({ left: 40, right: 180, top: 10, bottom: 70 });
});

test("a drawing has a role, a title and a description", () => {
  const text = textOf(drawing(plot, { title: "T<", description: "D" }, []));
  expect(text).toContain('role="img"');
  expect(text).toContain("<title>T&lt;</title>");
  expect(text).toContain("<desc>D</desc>");
});

test("a responsive chart is drawn for each width of its span", () => {
  const widths: number[] = [];
  const note = (width: number) => {
    widths.push(width);
    return drawing(plot, { title: "", description: "" }, []);
  };
  responsive("full", note);
  responsive("half", note);
  expect(widths).toEqual([1136, 680, 346, 544, 346]);
});

test("axes label their ticks with as many decimals as tell them apart", () => {
  const scale = linearScale([0, 1], [40, 180]);
  const across = textOf(xAxis(plot, scale, { label: "share", wanted: 3 }));
  expect(across.match(/>(0\.\d|1\.0)</g)).toEqual([">0.0<", ">0.5<", ">1.0<"]);
  expect(across).toContain("share →");
  expect(textOf(yAxis(plot, scale, { label: "rate", grid: false }))).not.toContain("grid");
});

test("the longest bar fills the plot, the others keep its proportion, and names are escaped", () => {
  const text = textOf(
    horizontalBars(plot, [
      { ...bar, value: 4, text: "4" },
      { ...bar, value: 1, text: "1" },
    ]),
  );
  expect([...text.matchAll(/class="bar one"[^>]*? width="([\d.]+)"/gs)].map((match) => match[1])).toEqual([
    "140",
    "35",
  ]);
  expect(text).toContain("&lt;b&gt;");
  expect(text).toContain("a &amp; b");
});

test("a bar may start where another ended", () => {
  const text = textOf(
    horizontalBars(plot, [
      { ...bar, value: 1, text: "" },
      { ...bar, from: 1, value: 1, text: "" },
    ]),
  );
  expect([...text.matchAll(/class="bar one"\s+x="([\d.]+)"/gs)].map((match) => match[1])).toEqual([
    "40",
    "110",
  ]);
});

test("empty columns of a histogram are not drawn", () => {
  const columns = { edges: [0, 1, 2, 3], counts: [2, 0, NaN], tone: "one", tip: String };
  const text = textOf(histogram(columns, linearScale([0, 3], [0, 90]), linearScale([0, 2], [50, 0])));
  expect(text.match(/class="bar/g)).toHaveLength(1);
});

test("whiskers that are not finite are not drawn", () => {
  const mark = { at: 5, value: 3, low: 1, high: 4, tone: "one" as const, tip: "" };
  const marks = [mark, { ...mark, value: NaN }, { ...mark, hollow: true }];
  expect(textOf(verticalWhiskers(marks)).match(/<circle/g)).toHaveLength(2);
  expect(textOf(horizontalWhiskers(marks)).match(/hollow/g)).toHaveLength(1);
});

test("a heat map writes figures only where there is room, glyphs always", () => {
  const cell = { kind: "drift", strength: 0.5, glyph: "▲", text: "0.12", tip: "tip" };
  const map = { rows: [{ label: "f", cells: [cell, undefined] }], columns: ["a", "b"] };
  const wide = textOf(heatMap(plot, map));
  expect(wide).toContain("▲ 0.12");
  const narrow = textOf(heatMap(plotArea(100, 40, [10, 10, 0, 40]), map));
  expect(narrow).toContain("▲");
  expect(narrow).not.toContain("0.12");
});

test("a sparkline scales to its highest count; without counts there is none", () => {
  expect(textOf(sparkline([0, 5, 10], "d")).match(/height="(11|22)"/g)).toEqual([
    'height="11"',
    'height="22"',
  ]);
  expect(textOf(sparkline([0, 0], "d"))).toBe("");
});
