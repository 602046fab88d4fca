/** A value as JSON has it, for messages: of numbers that JSON does not know NaN and Infinity by their names. */
export function valueText(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number") return String(value);
  const text = JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "number" && !Number.isFinite(inner) ? String(inner) : inner,
  ) as string | undefined;
  return text ?? `a ${typeof value}`;
}
