import { markup } from "../markup.js";
import type { ReportData } from "../report-data.js";
import { nothing, type Section } from "../section.js";
import { table } from "../table.js";

/** The conditions of the configuration and how each came out. */
export function gates({ gates: all, conventions }: ReportData): Section {
  const passed = all.filter((gate) => gate.passed).length;
  return {
    id: "gates",
    title: "Gates",
    finding: all.length === 0 ? "None configured." : `${passed} of ${all.length} passed.`,
    body:
      all.length === 0
        ? nothing("The model declares no gates, so nothing but the trial itself decided.")
        : table(
            all,
            [
              { heading: "Gate", cell: (gate) => gate.name, key: (gate) => gate.name },
              { heading: "Required", kind: "number", cell: (gate) => gate.required },
              { heading: "Observed", kind: "number", cell: (gate) => gate.observed },
              {
                heading: "Result",
                cell: (gate) =>
                  markup`<span class="badge ${gate.passed ? "passed" : "drift"}">${gate.passed ? "✓ passed" : "✕ failed"}</span>`,
                key: (gate) => (gate.passed ? 1 : 0),
              },
            ],
            { caption: "Gates: required and observed", narrow: true },
          ),
    convention: conventions.gates,
  };
}
