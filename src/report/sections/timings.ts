import { horizontalBars } from "../charts/bars.js";
import { drawing, plotArea, responsive } from "../charts/plot.js";
import { clip, percent, seconds } from "../format.js";
import type { ReportData } from "../report-data.js";
import { figure, nothing, type Section } from "../section.js";

/** Where the wall time of the run went, step by step. */
export function timings({ timings: steps, conventions }: ReportData): Section {
  const total = steps.reduce((sum, each) => sum + each.seconds, 0);
  const longest = [...steps].sort((a, b) => b.seconds - a.seconds)[0];
  return {
    id: "time",
    title: "Where the time went",
    finding:
      longest === undefined || total === 0
        ? "No step was timed."
        : `${seconds(total)} in all; ${longest.step} took ${percent(longest.seconds / total)} of it.`,
    body:
      steps.length === 0
        ? nothing("The run recorded no timings.")
        : figure(
            "Wall time per step, one after the other",
            responsive("full", (width) => draw(steps, total, width)),
          ),
    convention: conventions.timings,
  };
}

function draw(steps: ReportData["timings"], total: number, width: number) {
  const isNarrow = width < 400;
  const left = isNarrow ? 126 : Math.min(250, 24 + 7 * Math.max(...steps.map((each) => each.step.length)));
  const plot = plotArea(width, steps.length * 25 + 10, [4, isNarrow ? 60 : 90, 6, left]);
  const starts = steps.map((_, i) =>
    steps.slice(0, i).reduce((sum, each) => sum + Math.max(0, each.seconds), 0),
  );
  const bars = steps.map((each, i) => ({
    from: starts[i],
    label: clip(each.step, isNarrow ? 17 : 33),
    value: Math.max(0, each.seconds),
    text: seconds(each.seconds),
    tone: "one",
    tip: `${each.step}: ${seconds(each.seconds)}, ${percent(total === 0 ? 0 : each.seconds / total)} of the run`,
  }));
  const description = bars.map((bar) => `${bar.label} ${bar.text}`).join("; ");
  return drawing(plot, { title: "Wall time per step", description }, horizontalBars(plot, bars));
}
