import { heatMap, type HeatCell } from "../charts/heat-map.js";
import { drawing, plotArea, responsive } from "../charts/plot.js";
import { clip, count, decimals, general, shortDay } from "../format.js";
import { markup, type Markup } from "../markup.js";
import type {
  EvidenceState,
  FeatureDrift,
  MonitoringReport,
  MonitoringWindow,
  ReportData,
} from "../report-data.js";
import { figure, isNotRun, nothing, notRun, type Section } from "../section.js";
import { states } from "../state.js";

/** Change of every feature in every window, as a map of features by windows. */
export function drift({ monitoring }: ReportData): Section {
  const frame = { id: "drift", title: "Drift" };
  if (isNotRun(monitoring)) {
    return {
      ...frame,
      finding: "Not evaluated.",
      body: notRun(monitoring),
    };
  }
  const features = strongestFirst(monitoring);
  return {
    ...frame,
    finding: finding(monitoring),
    body:
      features.length === 0
        ? nothing("No window holds a feature to compare.")
        : figure(`Effect by feature and window, strongest feature first (${monitoring.effectName})`, [
            key(monitoring),
            responsive("full", (width) => draw(monitoring, features, width)),
          ]),
    convention: monitoring.conventions.drift,
  };
}

const cells = (monitoring: MonitoringReport) => monitoring.windows.flatMap((window) => window.drift);

/** What whole windows say: one that has not ended is shown, but two days of a week are not a week. */
function finding({ windows }: MonitoringReport): string {
  const whole = windows.filter(({ partial }) => !partial);
  const all = whole.flatMap((window) => window.drift);
  const drifted = all.filter((cell) => cell.state === "drift");
  const names = new Set(drifted.map((cell) => cell.feature));
  const total = new Set(all.map((cell) => cell.feature)).size;
  if (drifted.length === 0) return `None of ${total} columns drifted in ${whole.length} whole windows.`;
  return `${names.size} of ${total} columns drifted in at least one of ${whole.length} whole windows: ${listing([...names])}.`;
}

const listing = (names: readonly string[]) =>
  names.length <= 4 ? names.join(", ") : `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;

function strongestFirst(monitoring: MonitoringReport): string[] {
  const strongest = new Map<string, number>();
  for (const { feature, effect } of cells(monitoring)) {
    strongest.set(feature, Math.max(strongest.get(feature) ?? -1, effect ?? -1));
  }
  return [...strongest].sort((a, b) => b[1] - a[1]).map(([feature]) => feature);
}

function key(monitoring: MonitoringReport): Markup {
  const all = cells(monitoring);
  const entries = (Object.keys(states) as EvidenceState[]).map((state) => {
    const swatch = markup`<svg width="26" height="18" aria-hidden="true"><g class="heat ${state}"><rect class="ground" width="26" height="18" rx="2"/>
      <rect class="tint" width="26" height="18" rx="2" fill-opacity="0.6"/><text x="13" y="13" text-anchor="middle">${states[state].glyph}</text></g></svg>`;
    return markup`<li>${swatch} <div><b>${state}</b> ${count(all.filter((cell) => cell.state === state).length)}<br><span>${states[state].meaning}</span></div></li>`;
  });
  return markup`<ul class="key states">${entries}</ul>`;
}

function draw(monitoring: MonitoringReport, features: readonly string[], width: number): Markup {
  const { windows } = monitoring;
  const left =
    width < 400 ? 132 : Math.min(240, 24 + 7 * Math.max(...features.map((name) => [...name].length)));
  const right = Math.max(width < 400 ? 14 : 4, width - left - windows.length * 104);
  const plot = plotArea(width, features.length * 28 + 34, [28, right, 6, left]);
  const top = Math.max(2 * monitoring.effectThreshold, ...cells(monitoring).map((cell) => cell.effect ?? 0));
  const rows = features.map((feature) => ({
    label: clip(feature, width < 400 ? 18 : 33),
    cells: windows.map((window) => {
      const found = window.drift.find((cell) => cell.feature === feature);
      return found === undefined ? undefined : heatCell(found, window, top);
    }),
  }));
  const columns = windows.map((window) => `${shortDay(window.startMs)}${window.partial ? "*" : ""}`);
  const description = finding(monitoring);
  return drawing(
    plot,
    { title: "Drift by feature and window", description },
    heatMap(plot, { rows, columns }),
  );
}

function heatCell(cell: FeatureDrift, window: MonitoringWindow, top: number): HeatCell {
  const { effect, pValue, state } = cell;
  const strength = effect === null ? 0 : Math.min(1, 0.04 + (0.96 * Math.max(0, effect)) / top);
  const evidence =
    effect === null
      ? "no effect computed"
      : `effect ${decimals(effect, 3)}, p ${pValue === null ? "not computed" : general(pValue)}`;
  return {
    kind: state,
    strength,
    glyph: states[state].glyph,
    text: effect === null ? "" : decimals(effect, 2),
    tip: `${cell.feature}, week of ${shortDay(window.startMs)}${window.partial ? " (partial)" : ""}: ${state}; ${evidence}; ${count(window.rows)} rows`,
  };
}
