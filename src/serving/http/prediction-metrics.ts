import { Counter, type Registry } from "prom-client";

/** What a prediction was asked over: the typed API, or the Open Inference Protocol by HTTP or gRPC. */
export type AskedOver = "v1" | "v2" | "grpc";

/** Which version of which model. */
interface Version {
  readonly model: string;
  readonly version: string;
}

/** Counts rows that one version answered. */
export type CountRows = (over: AskedOver, rows: number) => void;

/** Counts predictions over every protocol. Returns what counts those of a version, to be found once and kept. */
export function predictionMetrics(registry: Registry): (served: Version) => CountRows {
  const versions = new Map<string, { readonly served: Version; readonly rows: Record<AskedOver, number> }>();
  new Counter({
    name: "millwright_predictions_total",
    help: "Predictions answered: rows, by what they were asked over.",
    labelNames: ["model", "version", "protocol"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { served, rows } of versions.values())
        for (const [protocol, count] of Object.entries(rows))
          if (count > 0) this.inc({ ...served, protocol }, count);
    },
  });
  return ({ model, version }) => {
    const name = `${model} ${version}`;
    let series = versions.get(name);
    if (series === undefined)
      versions.set(name, (series = { served: { model, version }, rows: { v1: 0, v2: 0, grpc: 0 } }));
    const { rows: counts } = series;
    return (over, rows) => void (counts[over] += rows);
  };
}
