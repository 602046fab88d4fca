import { checkNumber, rejectUnknownKeys, type Clock } from "../../kernel/index.js";
import { tracingErrors } from "./errors.js";

export interface OpenTelemetryOptions {
  /** Base address of a collector that takes OTLP over HTTP; `/v1/traces` is added where it is missing. */
  readonly endpoint: string;
  /** `service.name`. */
  readonly serviceName: string;
  /** `service.version`. Default: not told. */
  readonly serviceVersion?: string;
  /**
   * Share of the traces that begin here which are sent, 0 to 1. A caller's own decision holds for traces that it began,
   * except with 0, which sends nothing at all.
   */
  readonly sampleShare: number;
  /** Sent with every batch, as for authentication. They win over those of `OTEL_EXPORTER_OTLP_HEADERS`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** Spans in memory at most, those being sent included; later ones are dropped and counted. Default 4096. */
  readonly queueSpans?: number;
  /** How long a span waits for others to be sent with. Default 1000. */
  readonly gatherMs?: number;
  /** How long one sending may take, tries after a failure included. Default 3000. */
  readonly sendTimeoutMs?: number;
  /** How long `close` waits for what is not sent yet. Default 3000. */
  readonly closeTimeoutMs?: number;
  /** Told once when the collector ceases to take spans, and again only after it took some. */
  readonly onTrouble?: (error: Error) => void;
}

export type CompiledTracing = Readonly<
  Required<Omit<OpenTelemetryOptions, "endpoint" | "serviceVersion" | "onTrouble">> &
    Pick<OpenTelemetryOptions, "serviceVersion" | "onTrouble">
> & { readonly url: string };

const keys: readonly (keyof OpenTelemetryOptions)[] = [
  ...(["endpoint", "serviceName", "serviceVersion", "sampleShare", "headers", "clock"] as const),
  ...(["queueSpans", "gatherMs", "sendTimeoutMs", "closeTimeoutMs", "onTrouble"] as const),
];

/** Checks the options and fills in the defaults. Throws MW0103, MW0104 and MW1015. */
export function compileTracing(options: OpenTelemetryOptions): CompiledTracing {
  rejectUnknownKeys(options, keys, "tracing");
  const { serviceName, serviceVersion, headers = {}, clock, onTrouble } = options;
  const whole = (value: number, where: string, max: number) =>
    checkNumber(value, `tracing.${where}`, { min: 1, max, whole: true });
  return Object.freeze({
    url: tracesUrl(options.endpoint),
    ...{ serviceName, headers: Object.freeze({ ...headers }), clock },
    ...(serviceVersion !== undefined && { serviceVersion }),
    ...(onTrouble && { onTrouble }),
    sampleShare: checkNumber(options.sampleShare, "tracing.sampleShare", { min: 0, max: 1 }),
    queueSpans: whole(options.queueSpans ?? 4096, "queueSpans", 1_000_000),
    gatherMs: whole(options.gatherMs ?? 1000, "gatherMs", 60_000),
    sendTimeoutMs: whole(options.sendTimeoutMs ?? 3000, "sendTimeoutMs", 60_000),
    closeTimeoutMs: whole(options.closeTimeoutMs ?? 3000, "closeTimeoutMs", 60_000),
  });
}

const path = "/v1/traces";

function tracesUrl(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw tracingErrors.error("MW1015", {
      expected: "an http or https address of a collector",
      found: url === undefined ? "text that is no address" : `an address of ${url.protocol.slice(0, -1)}`,
      remedy: "Write it as http://127.0.0.1:4318; collectors take OTLP over HTTP on port 4318.",
    });
  }
  if (!url.pathname.endsWith(path)) url.pathname = url.pathname.replace(/\/*$/, path);
  return url.href;
}
