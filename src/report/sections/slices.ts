import { responsive } from "../charts/plot.js";
import { capitalized, count, decimals, percent, range } from "../format.js";
import { markup, type Markup } from "../markup.js";
import type { ReportData, Slice, SliceDimension } from "../report-data.js";
import { figure, nothing, type Section } from "../section.js";
import { stateBadge } from "../state.js";
import { table } from "../table.js";
import { alongOrder, fromWeakest, type MeasuredSlice } from "./slice-charts.js";

const charted = 24;

/** Performance where the average hides it: by each value of each dimension. */
export function slices(data: ReportData): Section {
  const overall = data.metrics.auc.value;
  return {
    id: "slices",
    title: "Slices",
    finding: finding(data),
    body:
      data.slices.length === 0
        ? nothing("The model declares no slices.")
        : markup`<div class="pair">${data.slices.map((dimension) => panel(dimension, overall))}</div>`,
    convention: data.conventions.slices,
  };
}

function measured(all: readonly Slice[]): MeasuredSlice[] {
  return all.flatMap((slice) => {
    const { value, low, high } = slice.auc ?? { value: null, low: null, high: null };
    if (value === null || !Number.isFinite(value)) return [];
    return [{ ...slice, point: value, low: low ?? value, high: high ?? value }];
  });
}

const weakestFirst = (all: readonly Slice[]) =>
  [...all].sort((a, b) => (a.auc?.value ?? Infinity) - (b.auc?.value ?? Infinity));

function finding(data: ReportData): string {
  const parts = data.slices.flatMap((dimension) => {
    const [weakest] = measured(weakestFirst(dimension.slices));
    return weakest === undefined
      ? []
      : [`${dimension.name} ${weakest.value} (AUC ${decimals(weakest.point, 3)})`];
  });
  return parts.length === 0 ? "No slice is large enough to be measured." : `Weakest: ${parts.join(" and ")}.`;
}

function panel(dimension: SliceDimension, overall: number | null): Markup {
  const { name, ordered } = dimension;
  const known = measured(ordered ? dimension.slices : weakestFirst(dimension.slices));
  const shown = ordered ? known : known.slice(0, charted);
  const draw = ordered ? alongOrder : fromWeakest;
  const chart =
    known.length === 0
      ? nothing(`No ${name} has enough rows of both classes.`)
      : responsive("half", (width) => draw(shown, { name, overall, width }));
  const selection = shown.length < known.length ? `, the ${charted} weakest of ${known.length}` : "";
  return markup`<div>${figure(`AUC by ${name}${selection}`, chart)}${sliceTable(dimension)}</div>`;
}

function sliceTable({ name, slices: all }: SliceDimension): Markup {
  return table(
    weakestFirst(all),
    [
      { heading: capitalized(name), cell: (s) => s.value, key: (s) => s.value },
      { heading: "AUC", kind: "number", cell: (s) => decimals(s.auc?.value, 3), key: (s) => s.auc?.value },
      { heading: "Interval", kind: "number", cell: (s) => (s.auc === undefined ? "—" : range(s.auc, 3)) },
      { heading: "Rows", kind: "number", cell: (s) => count(s.n), key: (s) => s.n },
      { heading: "Base rate", kind: "number", cell: (s) => percent(s.rate), key: (s) => s.rate },
      { heading: "State", cell: (s) => stateBadge(s.state), key: (s) => s.state },
    ],
    { caption: `All slices by ${name}, weakest first`, scrolls: true },
  );
}
