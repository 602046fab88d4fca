import { canonicalJson, type Canonical, type ExpressionNode, type Operation } from "../../kernel/index.js";
import type { AggregationKind, WindowedFeature } from "./aggregation.js";
import { view, type View } from "./view.js";

/** A view's definition as it is kept: what `View.definition` is after a way through JSON. */
interface StoredDefinition {
  readonly source: Canonical;
  readonly keyColumn?: string;
  readonly keyColumns?: readonly string[];
  readonly clock: View["clock"];
  readonly features: readonly StoredFeature[];
}

interface StoredFeature {
  readonly name: string;
  readonly kind: AggregationKind;
  readonly windowMs: number;
  readonly value?: StoredExpression;
  readonly where?: StoredExpression;
  readonly parameter?: number;
  readonly output?: "text";
}

type StoredExpression =
  | number
  | string
  | { readonly column: string }
  | { readonly op: Operation; readonly args: readonly StoredExpression[] };

/**
 * An earlier version of a view, from its definition; undefined when its source meant something else, so that
 * the features cannot be computed from what the source is now.
 */
export function earlierView({ name, source, definition }: View, earlier: Canonical): View | undefined {
  const [now, then] = [definition, earlier].map((one) => JSON.parse(canonicalJson(one)) as StoredDefinition);
  if (canonicalJson(now.source) !== canonicalJson(then.source)) return undefined;
  const keyColumns = then.keyColumns ?? [then.keyColumn ?? ""];
  return view(name, {
    source,
    entity: { entity: keyColumns },
    clock: then.clock,
    features: () => Object.fromEntries(then.features.map((feature) => [feature.name, featureOf(feature)])),
  });
}

function featureOf({ name: _, value, where, ...rest }: StoredFeature): WindowedFeature {
  return {
    ...rest,
    ...(value === undefined ? {} : { value: nodeOf(value) }),
    ...(where === undefined ? {} : { where: nodeOf(where) }),
  };
}

function nodeOf(stored: StoredExpression): ExpressionNode {
  if (typeof stored !== "object") return { op: "literal", value: stored };
  if ("column" in stored) return { op: "column", name: stored.column };
  return { op: stored.op, args: stored.args.map(nodeOf) };
}
