import { sparkline } from "../charts/sparkline.js";
import { count, day, general, percent } from "../format.js";
import { markup } from "../markup.js";
import type { ProfiledColumn, ReportData } from "../report-data.js";
import { nothing, type Section } from "../section.js";
import { table } from "../table.js";

/** The columns of the dataset version at a glance. */
export function profile({ dataset, conventions }: ReportData): Section {
  return {
    id: "data",
    title: "Dataset",
    finding: `${count(dataset.rows)} rows of ${dataset.name} in ${dataset.profile.length} columns.`,
    body:
      dataset.profile.length === 0
        ? nothing("The dataset version carries no profile.")
        : table(
            dataset.profile,
            [
              { heading: "Column", cell: (column) => column.name, key: (column) => column.name },
              { heading: "Type", cell: (column) => column.type, key: (column) => column.type },
              {
                heading: "Missing",
                kind: "number",
                cell: (column) => percent(column.missingShare),
                key: (column) => column.missingShare,
              },
              {
                heading: "Distinct",
                kind: "number",
                cell: (column) => count(column.distinct),
                key: (column) => column.distinct,
              },
              { heading: "Minimum", kind: "number", cell: (column) => shown(column, column.min) },
              { heading: "Mean", kind: "number", cell: (column) => shown(column, column.mean) },
              { heading: "Maximum", kind: "number", cell: (column) => shown(column, column.max) },
              { heading: "Distribution", cell: distribution },
            ],
            { caption: "Columns of the dataset version" },
          ),
    convention: conventions.profile,
  };
}

const shown = (column: ProfiledColumn, value: number | null) =>
  column.type === "timestamp" ? day(value) : general(value);

function distribution(column: ProfiledColumn) {
  if (column.histogram !== undefined) return sparkline(column.histogram, `Distribution of ${column.name}`);
  return column.top === undefined
    ? "—"
    : markup`<span class="quiet">${column.top.slice(0, 5).join(", ")}</span>`;
}
