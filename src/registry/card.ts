/** A measured value with its interval, when there is one. */
export interface CardMetric {
  readonly name: string;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
  /** What was done, e.g. "95 % bootstrap interval over 1,000 resamples". */
  readonly convention?: string;
}

/** One part of the test rows. */
export interface CardSlice {
  readonly slice: string;
  readonly rows: number;
  readonly metric: string;
  readonly value: number;
}

/** How a measure differs between groups of people. */
export interface CardFairness {
  readonly group: string;
  readonly rows: number;
  readonly metric: string;
  readonly value: number;
  /** To the group that is compared with. */
  readonly difference: number;
}

/**
 * Everything that a model card tells. Plain data, so that equal facts give an equal card. A part that is empty or
 * left out has no heading.
 */
export interface CardFacts {
  readonly model: string;
  /** One or two sentences: what is predicted, when, and what probability 1 means. */
  readonly predicts: string;
  /** What it is meant for, in the words of its owners. */
  readonly use?: readonly string[];
  readonly owners?: readonly string[];
  readonly licence?: readonly string[];
  /** What a graph takes and gives, where no features stand before it. */
  readonly tensors?: readonly { readonly name: string; readonly role: string; readonly type: string }[];
  readonly data: readonly string[];
  readonly split: readonly string[];
  readonly features: readonly { readonly name: string; readonly origin: string; readonly meaning: string }[];
  readonly metrics: readonly CardMetric[];
  readonly slices: readonly CardSlice[];
  readonly fairness?: readonly CardFairness[];
  /** The rules that a version must pass; how it fared is recorded with its promotion. */
  readonly gates: readonly string[];
  /** Where the model must not be trusted, one sentence each. */
  readonly limits: readonly string[];
  /** Whom it may harm, and what is done about it. */
  readonly ethics?: readonly string[];
  /** What it was trained with: versions of programs, kind of machine. */
  readonly environment?: readonly string[];
  /** The command that makes the model again, and what it needs. */
  readonly reproduce: readonly string[];
}

/** Renders a model card in Markdown. Foreign texts cannot break out of a table cell or a list item. */
export function renderCard(facts: CardFacts): string {
  const sections: [title: string, body: string][] = [
    ["Intended use", list(facts.use)],
    ["Owners", list(facts.owners)],
    ["Licence", list(facts.licence)],
    [
      "Inputs and outputs",
      table(
        ["tensor", "role", "type"],
        (facts.tensors ?? []).map((t) => [t.name, t.role, t.type]),
      ),
    ],
    ["Data", list(facts.data)],
    ["Split", list(facts.split)],
    [
      "Features",
      table(
        ["feature", "origin", "meaning"],
        facts.features.map((f) => [f.name, f.origin, f.meaning]),
      ),
    ],
    ["Metrics", table(["metric", "value", "interval", "convention"], facts.metrics.map(metricCells))],
    [
      "Slices",
      table(
        ["slice", "rows", "metric", "value"],
        facts.slices.map((s) => [s.slice, String(s.rows), s.metric, figure(s.value)]),
      ),
    ],
    [
      "Fairness",
      table(
        ["group", "rows", "metric", "value", "difference"],
        (facts.fairness ?? []).map((f) => [
          ...[f.group, String(f.rows), f.metric, figure(f.value), figure(f.difference)],
        ]),
      ),
    ],
    ["Gates", list(facts.gates)],
    ["Limits", list(facts.limits)],
    ["Ethics", list(facts.ethics)],
    ["Environment", list(facts.environment)],
    ["How to reproduce", list(facts.reproduce)],
  ];
  const body = sections.flatMap(([title, text]) => (text === "" ? [] : [`## ${title}\n\n${text}\n`]));
  return [`# ${oneLine(facts.model)}\n`, `${oneLine(facts.predicts)}\n`, ...body].join("\n");
}

function metricCells({ name, value, low, high, convention }: CardMetric): string[] {
  const interval = low === undefined || high === undefined ? "" : `${figure(low)} to ${figure(high)}`;
  return [name, figure(value), interval, convention ?? ""];
}

/** Four decimals: what a person compares; the manifest holds every digit. */
function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(4);
}

function list(items: readonly string[] = []): string {
  return items.map((item) => `- ${oneLine(item)}`).join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function cell(text: string): string {
  return oneLine(text).replaceAll("|", "\\|");
}

/** In one line, without what Markdown or HTML would take for more than text. */
function oneLine(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/&(?=#?\w+;)/g, "&amp;")
    .replaceAll("<", "&lt;")
    .trim();
}

/**
 * A model card for a terminal: what stands in it for Markdown's sake as it was written, and no character that a terminal
 * would obey.
 */
export function cardText(card: string): string {
  return card
    .replaceAll("\\|", "|")
    .replace(/&(lt|amp);/g, (_entity, name) => (name === "lt" ? "<" : "&"))
    .replace(/(?!\n)\p{Cc}/gu, "\ufffd");
}
