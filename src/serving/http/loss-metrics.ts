import { Counter, type Registry } from "prom-client";
import type { Gatekeeper } from "../../access/index.js";
import type { Tracing } from "../../kernel/index.js";

export interface LossParts {
  readonly gate: Pick<Gatekeeper, "counters"> | undefined;
  readonly tracing: Pick<Tracing, "counters"> | undefined;
}

/** What went by without its limit being known, its line in the audit trail, or its trace; read when it is scraped. */
export function lossMetrics(registry: Registry, { gate, tracing }: LossParts): void {
  const registers = [registry];
  if (gate !== undefined) {
    new Counter({
      ...{
        name: "millwright_access_unchecked_total",
        help: "Requests whose limit was not known.",
        registers,
      },
      collect() {
        this.reset();
        this.inc(gate.counters().unchecked);
      },
    });
    byResult("millwright_audit_entries_total", "Entries of the audit trail.", () => {
      const { written, lost } = gate.counters().audit;
      return { written, lost };
    });
  }
  if (tracing !== undefined) {
    byResult("millwright_trace_spans_total", "Spans of traces.", () => {
      const { sent, dropped, failed } = tracing.counters();
      return { sent, dropped, failed };
    });
  }

  function byResult(name: string, help: string, read: () => Readonly<Record<string, number>>): void {
    new Counter({
      ...{ name, help, labelNames: ["result"], registers },
      collect() {
        this.reset();
        for (const [result, count] of Object.entries(read())) this.inc({ result }, count);
      },
    });
  }
}
