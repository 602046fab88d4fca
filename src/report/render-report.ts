import { asJson, renderPage } from "./page.js";
import type { ReportData } from "./report-data.js";
import type { Section } from "./section.js";
import { calibration } from "./sections/calibration.js";
import { curves } from "./sections/curves.js";
import { drift } from "./sections/drift.js";
import { gates } from "./sections/gates.js";
import { header } from "./sections/header.js";
import { importances } from "./sections/importances.js";
import { latency } from "./sections/latency.js";
import { missing } from "./sections/missing.js";
import { performance } from "./sections/performance.js";
import { profile } from "./sections/profile.js";
import { reproduce } from "./sections/reproduce.js";
import { slices } from "./sections/slices.js";
import { timings } from "./sections/timings.js";

const sections: readonly ((data: ReportData) => Section)[] = [
  gates,
  curves,
  calibration,
  importances,
  slices,
  drift,
  performance,
  missing,
  latency,
  profile,
  timings,
  reproduce,
];

/** The report of one model version as one self-contained HTML document. Equal data give equal text. */
export function renderReport(given: ReportData): string {
  const data = asJson(given);
  return renderPage({
    title: `${data.model} version ${data.version}: model report`,
    header: header(data),
    sections: sections.map((section) => section(data)),
  });
}
