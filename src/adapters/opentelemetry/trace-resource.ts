import type { TracerConfig } from "@opentelemetry/sdk-trace-base";
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";

type Resource = NonNullable<TracerConfig["resource"]>;
type Value = Resource["attributes"][string];

/** What all spans of this process have in common. */
export function traceResource(serviceName: string, serviceVersion: string | undefined): Resource {
  return new TraceResource({
    "service.name": serviceName,
    ...(serviceVersion !== undefined && { "service.version": serviceVersion }),
    // One of several workers, or one life of this one.
    "service.instance.id": randomUUID(),
    "host.name": hostname(),
    "process.pid": process.pid,
    "telemetry.sdk.name": "opentelemetry",
    "telemetry.sdk.language": "nodejs",
  });
}

/** Attributes that are known from the start; a class, which the SDK takes as it is and does not merge key by key. */
class TraceResource implements Resource {
  constructor(readonly attributes: Readonly<Record<string, Value>>) {}

  merge(other: Resource | null): Resource {
    return other === null ? this : new TraceResource({ ...this.attributes, ...other.attributes });
  }

  getRawAttributes(): [string, Value][] {
    return Object.entries(this.attributes);
  }
}
