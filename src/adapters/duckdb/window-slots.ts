import { quotedIdentifier } from "@duckdb/node-api";
import type { WindowRequest } from "../../features/index.js";
import { columnsRead, type ExpressionNode, type Schema } from "../../kernel/index.js";
import { columnValueSql, expressionSql } from "./expression-sql.js";
import { fromCanonical } from "./sql.js";

type WindowView = WindowRequest["view"];
type Slot = WindowView["plan"]["slots"][number];

/** Operations whose cells SQL adds up exactly, in any order. */
const exactOperations = new Set<Slot["operation"]>(["count", "sum", "squares", "min", "max"]);

/** The largest magnitude of one value in its fixed-point unit; beyond it `fold` refuses (MW0303). */
export const largestUnits = 2 ** 50;

const columnOf = (schema: Schema) => (name: string) =>
  columnValueSql({ quoted: quotedIdentifier(name), kind: schema[name].kind });

const sqlOf = (node: ExpressionNode, schema: Schema) => expressionSql(node, columnOf(schema));

/** Why a view cannot be planned; undefined when it can. */
export function slotObjection({ source, plan }: WindowView): string | undefined {
  const { schema, availableAt } = source;
  const inexact = plan.slots.find(({ operation }) => !exactOperations.has(operation));
  if (inexact !== undefined) return `${inexact.operation} is not added up in SQL`;
  const nodes = plan.slots.flatMap(({ value, where }) => [value, where]);
  const unknown = [...nodes, availableAt?.node].find(
    (node) => node !== undefined && sqlOf(node, schema) === undefined,
  );
  return unknown === undefined ? undefined : "an expression has no exact counterpart in SQL";
}

/** Half up, as `Math.round`: `x − floor(x)` is exact, which `x + 0.5` is not. */
const roundHalfUp = (x: string) =>
  `(floor(${x}) + CASE WHEN ${x} - floor(${x}) >= 5e-1 THEN 1e0 ELSE 0e0 END)`;

/** What an event adds to a slot, as DOUBLE: 1, or its units; null: nothing. */
function contributionSql(
  { value, where, counts, scale }: Slot,
  sql: (node: ExpressionNode) => string,
): string {
  const given = value === undefined ? "1e0" : sql(value);
  const units = scale <= 1 ? given : roundHalfUp(`(${given} * ${scale}::DOUBLE)`);
  const added = counts ? `CASE WHEN ${given} IS NOT NULL THEN 1e0 END` : units;
  return where === undefined ? added : `CASE WHEN ${sql(where)} = 1e0 THEN ${added} END`;
}

/** The name of the column with a slot's contributions. */
export const slotColumn = (slot: number): string => `v${slot}`;

/** Columns `p0`, `p1`, … of the wanted keys meet the file's key columns. */
function keysMeet({ source, keyColumns }: WindowView): string {
  const column = columnOf(source.schema);
  return keyColumns.map((name, part) => `${column(name)} = wanted.p${part}`).join(" AND ");
}

export interface EventBounds {
  /** No question sees what is known from then on, or lies before. */
  readonly beforeMs: number;
  readonly fromMs: number;
  /** Length of the bins in the table `bins` (k, bin): events of other bins are left out as well. */
  readonly binMs?: number;
}

/**
 * The events of the wanted keys: `k`, availability `av`, place in windows `x`, and `v…` by slot. Those that
 * no question can see are left out, and only then are values computed.
 */
export function eventsSql(view: WindowView, path: string, { beforeMs, fromMs, binMs }: EventBounds): string {
  const { source, plan, clock } = view;
  const stated = columnOf(source.schema)(source.eventTime);
  const known =
    source.availableAt === undefined ? stated : (sqlOf(source.availableAt.node, source.schema) as string);
  // A column of the source may have any name, so its values get other ones.
  const read = Object.keys(columnsOfView(view));
  const given = read.map((name, i) => `${columnOf(source.schema)(name)} AS c${i}`);
  const sql = (node: ExpressionNode) => expressionSql(node, (name) => `c${read.indexOf(name)}`) as string;
  const values = plan.slots.map((slot, i) => `${contributionSql(slot, sql)} AS ${slotColumn(i)}`);
  // `least` would skip a null, and a null time places an event nowhere.
  const place =
    clock === "available" ? "av" : "CASE WHEN stated < av THEN stated WHEN stated >= av THEN av END";
  const binned =
    binMs === undefined ? "" : ` SEMI JOIN bins ON e.k = bins.k AND floor(e.x / ${binMs}::DOUBLE) = bins.bin`;
  return (
    `SELECT e.k, av, x, ${values.join(", ")} FROM (SELECT *, ${place} AS x FROM (` +
    `SELECT wanted.k AS k, ${stated} AS stated, ${known} AS av, ${given.join(", ")} ` +
    `FROM ${fromCanonical(path)} JOIN wanted ON ${keysMeet(view)})) e${binned} ` +
    `WHERE av < ${beforeMs}::DOUBLE AND x >= ${fromMs}::DOUBLE`
  );
}

/** The columns that a view reads: its keys, its times and what it aggregates. */
export function columnsOfView({ source, plan, keyColumns }: WindowView): Schema {
  const nodes = [source.availableAt?.node, ...plan.slots.flatMap(({ value, where }) => [value, where])];
  const read = nodes.flatMap((node) => (node === undefined ? [] : columnsRead(node)));
  const names = new Set([source.eventTime, ...keyColumns, ...read]);
  return Object.fromEntries(Object.entries(source.schema).filter(([name]) => names.has(name)));
}

/** What a view reads of the rows of the wanted keys, in the order of the file. */
export function rowsOfKeysSql(view: WindowView, path: string): string {
  const names = Object.keys(columnsOfView(view)).map(quotedIdentifier).join(", ");
  const from = fromCanonical(path, ", file_row_number = true");
  return `SELECT ${names} FROM ${from} JOIN wanted ON ${keysMeet(view)} ORDER BY file_row_number`;
}

/** How many events have a key and a time, how many keys, events per key, and the span of the times. */
export function countsSql({ source, keyColumns }: WindowView, path: string): string {
  const column = columnOf(source.schema);
  const time = column(source.eventTime);
  const keys = keyColumns.map((name) => quotedIdentifier(name));
  return (
    `SELECT coalesce(sum(n), 0)::DOUBLE, count(*)::DOUBLE, coalesce(sum(n::DOUBLE * n) / sum(n), 0)::DOUBLE, ` +
    `coalesce(max(last) - min(first), 0)::DOUBLE FROM (` +
    `SELECT count(*) AS n, min(${time}) AS first, max(${time}) AS last FROM ${fromCanonical(path)} ` +
    `WHERE ${[time, ...keys].map((value) => `${value} IS NOT NULL`).join(" AND ")} GROUP BY ${keys.join(", ")})`
  );
}

/** The types of the columns `p0`, `p1`, … of the wanted keys. */
export function wantedColumns({ source, keyColumns }: WindowView): readonly ("VARCHAR" | "DOUBLE")[] {
  return keyColumns.map((name) => (source.schema[name].kind === "string" ? "VARCHAR" : "DOUBLE"));
}

/** The parts of a key out of its text. */
export function keyParts({ source, keyColumns }: WindowView, text: string): (string | number)[] {
  const parts = keyColumns.length === 1 ? [text] : (JSON.parse(text) as (string | number)[]);
  return parts.map((part, i) =>
    source.schema[keyColumns[i]].kind === "string" ? String(part) : Number(part),
  );
}

/** Whether every event is available when it happens, by its definition. */
export const isPlain = ({ source, clock }: WindowView): boolean =>
  clock === "available" || source.availableAt === undefined;
