import type { EventSource } from "../../data/index.js";
import { bindPositions, compileExpression, type Value } from "../../kernel/index.js";
import type { LoggedEvent } from "../ports.js";

/** The two clocks of one event. */
export interface EventTimes {
  /** When it could be known. */
  readonly availableMs: number;
  /** When it happened, never later than it could be known. */
  readonly eventMs: number;
}

/**
 * An event is available at the time that its source declares, and never before the server took it. A source
 * that declares none is known when it happens, or when it is taken if the server's clock rules.
 */
export function availableMs(declaredMs: number, receivedMs: number, declares: boolean): number {
  if (Number.isNaN(receivedMs)) return declaredMs;
  return declares ? Math.max(declaredMs, receivedMs) : receivedMs;
}

/** Compiles the reading of an event's clocks; undefined for an event that never becomes available. */
export function compileEventTimes(
  source: EventSource,
): (event: Pick<LoggedEvent, "values" | "receivedMs">) => EventTimes | undefined {
  const bind = bindPositions(Object.keys(source.schema));
  const stated = bind(source.eventTime);
  const declared: (values: readonly Value[]) => Value =
    source.availableAt === undefined ? stated : compileExpression(source.availableAt.node, bind);
  return ({ values, receivedMs }) => {
    const declaredMs = declared(values) as number | null;
    const statedMs = stated(values) as number | null;
    if (declaredMs === null || statedMs === null) return undefined;
    const available = availableMs(declaredMs, receivedMs ?? NaN, source.availableAt !== undefined);
    return { availableMs: available, eventMs: Math.min(statedMs, available) };
  };
}
