import { horizontalBars } from "../charts/bars.js";
import { drawing, plotArea, responsive } from "../charts/plot.js";
import { clip, count, percent } from "../format.js";
import { markup, type Markup } from "../markup.js";
import type { Importance, ReportData } from "../report-data.js";
import { figure, nothing, type Section } from "../section.js";

const shown = 20;
const origins = { window: "one", request: "two", derived: "three-solid" } as const;

/** The inputs that reduce the loss most, coloured by where they come from. */
export function importances(data: ReportData): Section {
  const sorted = [...data.importances].sort((a, b) => b.gain - a.gain);
  const total = sorted.reduce((sum, each) => sum + each.gain, 0);
  const top = sorted.slice(0, shown);
  return {
    id: "importances",
    title: "Importances",
    finding: finding(sorted, total),
    body:
      top.length === 0
        ? nothing("The model reports no importances.")
        : figure(
            sorted.length > shown
              ? `The ${shown} strongest of ${sorted.length} inputs`
              : `All ${sorted.length} inputs`,
            [key(sorted, total), responsive("full", (width) => draw(top, total, width))],
          ),
    convention: data.conventions.importances,
  };
}

const share = (part: readonly Importance[], total: number) =>
  total === 0 ? 0 : part.reduce((sum, each) => sum + each.gain, 0) / total;

function finding(sorted: readonly Importance[], total: number): string {
  if (sorted.length === 0 || total === 0) return "No input reduces the loss.";
  const windows = share(
    sorted.filter((each) => each.origin === "window"),
    total,
  );
  return `${sorted[0].name} leads with ${percent(sorted[0].gain / total)} of the gain; windowed features together carry ${percent(windows)}.`;
}

function key(sorted: readonly Importance[], total: number): Markup {
  const entries = (["window", "request", "derived"] as const).map((origin) => {
    const part = sorted.filter((each) => each.origin === origin);
    return markup`<li><svg width="12" height="12" aria-hidden="true"><rect class="bar ${origins[origin]}" width="12" height="12" rx="2"/></svg>
      ${origin} <span>${count(part.length)} inputs, ${percent(share(part, total))}</span></li>`;
  });
  return markup`<ul class="key">${entries}</ul>`;
}

function draw(top: readonly Importance[], total: number, width: number): Markup {
  const isNarrow = width < 400;
  const longest = Math.max(...top.map((each) => [...each.name].length));
  const left = isNarrow ? 138 : Math.min(250, 24 + longest * 7);
  const plot = plotArea(width, top.length * (isNarrow ? 22 : 24) + 12, [4, isNarrow ? 52 : 70, 8, left]);
  const bars = top.map((each) => ({
    label: clip(each.name, isNarrow ? 19 : 34),
    value: Math.max(0, each.gain),
    text: percent(total === 0 ? 0 : each.gain / total),
    tone: origins[each.origin],
    tip: `${each.name} (${each.origin}): ${percent(total === 0 ? 0 : each.gain / total)} of the gain, ${count(each.splits)} splits`,
  }));
  return drawing(
    plot,
    {
      title: "Share of gain by input",
      description: bars.map((bar) => `${bar.label} ${bar.text}`).join("; "),
    },
    horizontalBars(plot, bars),
  );
}
