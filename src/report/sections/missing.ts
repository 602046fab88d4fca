import { percent, shortDay } from "../format.js";
import { markup } from "../markup.js";
import type { MonitoringReport, ReportData } from "../report-data.js";
import { isNotRun, nothing, notRun, type Section } from "../section.js";
import { states } from "../state.js";
import { table } from "../table.js";

/** Share of missing values per feature and window beside that of the reference. */
export function missing({ monitoring }: ReportData): Section {
  const frame = { id: "missing", title: "Missing values" };
  if (isNotRun(monitoring)) {
    return {
      ...frame,
      finding: "Not evaluated.",
      body: notRun(monitoring),
    };
  }
  const features = [
    ...new Set(monitoring.windows.flatMap((window) => window.missing.map((each) => each.feature))),
  ];
  return {
    ...frame,
    finding: finding(monitoring),
    body:
      features.length === 0 ? nothing("No window holds a feature to count.") : shares(monitoring, features),
    convention: monitoring.conventions.missing,
  };
}

function finding(monitoring: MonitoringReport): string {
  const changed = new Set(
    monitoring.windows.flatMap((window) =>
      window.missing
        .filter((each) => each.state === "drift" || each.state === "missing")
        .map((each) => each.feature),
    ),
  );
  return changed.size === 0
    ? "No feature lost more values than in the reference."
    : `Changed against the reference: ${[...changed].join(", ")}.`;
}

function shares(monitoring: MonitoringReport, features: readonly string[]) {
  const found = (feature: string, index: number) =>
    monitoring.windows[index].missing.find((each) => each.feature === feature);
  const reference = (feature: string) =>
    monitoring.windows.flatMap((window) => window.missing).find((each) => each.feature === feature)
      ?.referenceShare;
  const columns = monitoring.windows.map((window, i) => ({
    heading: `${shortDay(window.startMs)}${window.partial ? "*" : ""}`,
    kind: "number" as const,
    cell: (feature: string) => {
      const each = found(feature, i);
      if (each === undefined) return "—";
      const { glyph } = states[each.state];
      return markup`<span class="${each.state === "drift" || each.state === "missing" ? "changed" : ""}">${glyph} ${percent(each.share)}</span>`;
    },
    key: (feature: string) => found(feature, i)?.share,
  }));
  return table(
    features,
    [
      { heading: "Feature", cell: (feature) => feature, key: (feature) => feature },
      {
        heading: "Reference",
        kind: "number",
        cell: (feature) => percent(reference(feature)),
        key: reference,
      },
      ...columns,
    ],
    { caption: "Share of missing values by feature and window" },
  );
}
