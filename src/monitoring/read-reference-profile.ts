import { monitoringErrors } from "./errors.js";
import {
  profileId,
  type ColumnProfile,
  type NumberProfile,
  type ReferenceProfile,
} from "./reference-profile.js";

/**
 * Reads a reference profile from a package's JSON, verifying its shape and its content hash.
 * @throws MW0902
 */
export function readReferenceProfile(json: string): ReferenceProfile {
  const profile = parse(json);
  if (!isReferenceProfile(profile))
    throw refuse("the shape of a reference profile of format 1", "another shape");
  const id = profileId(profile);
  if (id !== profile.id) throw refuse(`content hash ${profile.id}`, id);
  return Object.freeze(profile);
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw refuse("JSON", "text that does not parse", cause);
  }
}

function refuse(expected: string, found: string, cause?: unknown) {
  return monitoringErrors.error("MW0902", {
    expected,
    found,
    remedy: "Build the package again from its training run.",
    cause,
  });
}

function isReferenceProfile(value: unknown): value is ReferenceProfile {
  return (
    isRecord(value) &&
    value.format === 1 &&
    typeof value.id === "string" &&
    isCount(value.rows) &&
    Array.isArray(value.features) &&
    value.features.every(isColumnProfile) &&
    isNumberProfile(value.prediction)
  );
}

function isColumnProfile(value: unknown): value is ColumnProfile {
  return isNumberProfile(value) || isTextProfile(value);
}

function isNumberProfile(value: unknown): value is NumberProfile {
  return (
    isRecord(value) &&
    value.kind === "number" &&
    typeof value.name === "string" &&
    Array.isArray(value.edges) &&
    value.edges.every((edge, i, edges) => Number.isFinite(edge) && (i === 0 || edge > edges[i - 1])) &&
    isCounts(value.counts, value.edges.length + 1) &&
    isCount(value.missing)
  );
}

function isTextProfile(value: unknown): boolean {
  return (
    isRecord(value) &&
    value.kind === "text" &&
    typeof value.name === "string" &&
    Array.isArray(value.values) &&
    value.values.every((text) => typeof text === "string") &&
    isCounts(value.counts, value.values.length + 1) &&
    isCount(value.missing)
  );
}

function isCounts(value: unknown, length: number): boolean {
  return Array.isArray(value) && value.length === length && value.every(isCount);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
