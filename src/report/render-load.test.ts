import { expect, test } from "vitest";
import { renderLoad } from "./index.js";
import { sampleLoad } from "./sample-load.testing.js";

test("says every figure as text", () => {
  const page = renderLoad(sampleLoad());
  for (const part of [
    "At the declared peak of 400 requests a second",
    "✓ met",
    "▲ missed",
    "503 MW0703",
    "p95 objective",
    "480 ms after it",
    "19 of 20",
    "Warning: The generator was the bottleneck",
  ]) {
    expect(page).toContain(part);
  }
});

test("is complete in itself, and equal data give equal text", () => {
  const page = renderLoad(sampleLoad());
  expect(page).toBe(renderLoad(JSON.parse(JSON.stringify(sampleLoad())) as ReturnType<typeof sampleLoad>));
  const text = page.replace(/<(script|style)>.*?<\/\1>/gs, "");
  expect(text.replaceAll("http://127.0.0.1:8080", "")).not.toMatch(/https?:\/\/|@import|src=/);
  expect(text).not.toMatch(/NaN|undefined|Infinity|\[object/);
});

test("what was not measured is said", () => {
  const { recovery: _, ...sample } = sampleLoad();
  const cut = renderLoad({ ...sample, steps: [], sustained: null, interrupted: true });
  for (const part of ["broken off", "Nothing was sent.", "No step met the objective.", "Not measured."]) {
    expect(cut).toContain(part);
  }
  expect(cut).not.toMatch(/(cx|cy|[xy][12]?|d)="[^"]*NaN/);
});

test("a step in which nothing was answered is drawn as a gap", () => {
  const sample = sampleLoad();
  const latency = {
    ...sample.steps[4].latency,
    p50Ms: null,
    p90Ms: null,
    p95Ms: null,
    p99Ms: null,
    maxMs: null,
  };
  const dead = { ...sample.steps[4], good: 0, latency, histogram: { edgesMs: [], counts: [] } };
  const page = renderLoad({ ...sample, steps: [...sample.steps.slice(0, 4), dead] });
  expect(page).toContain("There was no good answer.");
  expect(page.replace(/<(script|style)>.*?<\/\1>/gs, "")).not.toMatch(/NaN|Infinity/);
});

test("names from outside cannot become markup", () => {
  expect(renderLoad({ ...sampleLoad(), model: "<script>alert(1)</script>" })).not.toContain("<script>alert");
});
