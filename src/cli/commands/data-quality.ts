import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import type { FailingRow, ReadableValue, ValidatedExpectation, Validation } from "../../data/index.js";
import { findSource, listFailures, profileData, validateData } from "../../lifecycle/index.js";
import { cliErrors } from "../errors.js";
import { wholeNumber, withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";
import { counted } from "../terminal.js";
import { profileText, suggestionsText } from "./data-profile-text.js";

export function addDataQuality(data: Command): void {
  addProfile(data);
  addValidate(data);
  addFailures(data);
}

function addProfile(data: Command): void {
  withCommonOptions(data.command("profile <source>"))
    .description("show a source in figures as it is now, column by column, without making a version")
    .option("--suggest", "print the expectations that the figures suggest, as code for the configuration")
    .action((name: string, options: CommonOptions & { suggest?: boolean }) =>
      runOnProject(options, async (project, signal) => {
        const source = findSource(project, name);
        const profile = await profileData(project, source, signal);
        const { suggestions } = profile;
        const text =
          options.suggest === true ? suggestionsText(suggestions) : profileText(profile, source.schema);
        return { json: profile, text };
      }),
    );
}

function addValidate(data: Command): void {
  withCommonOptions(data.command("validate [source]"))
    .description(
      "judge all expectations of a source (all sources by default) as it is now, without making a version",
    )
    .option("--failing <file>", "write every failing row with its reasons, one JSON object a line")
    .action((given: string | undefined, options: CommonOptions & { failing?: string }) =>
      runOnProject(options, async (project, signal) => {
        const sources = given === undefined ? [...project.sources.values()] : [findSource(project, given)];
        const validations: Validation[] = [];
        const file = options.failing === undefined ? undefined : await newLines(resolve(options.failing));
        try {
          for (const source of sources) {
            const { validation, failingRows } = await validateData(project, source, signal);
            validations.push(validation);
            await file?.write(failingLines(source.name, failingRows()));
          }
          await file?.finish();
        } catch (error) {
          await file?.abandon();
          throw error;
        }
        const written =
          file === undefined ? [] : [`Wrote ${counted(file.count(), "failing row")} to ${file.path}`];
        return {
          json: { validations, ...(file === undefined ? {} : { failing: file.path }) },
          text: [...validations.map(validationText), ...written].join("\n\n"),
          refused: validations.some(({ ok }) => !ok),
        };
      }),
    );
}

function addFailures(data: Command): void {
  withCommonOptions(data.command("failures <source>"))
    .description("show the rows that the latest dataset version of a source set aside, and why")
    .option("-n, --limit <n>", "show at most so many rows", wholeNumber, 20)
    .action((name: string, options: CommonOptions & { limit: number }) =>
      runOnProject(options, async (project) => {
        const { rows, ...failures } = await listFailures(project, findSource(project, name));
        const shown = rows.slice(0, options.limit);
        const head = `${failures.source}: ${failures.version}, ${counted(rows.length, "row")} set aside`;
        const lines = shown.map(
          ({ row, reasons, values }) => `  row ${row}: ${reasons.join("; ")}\n    ${valuesText(values)}`,
        );
        const more = rows.length - shown.length;
        const rest = more === 0 ? [] : [`  and ${counted(more, "more row")}`];
        return { json: { ...failures, rows: shown }, text: [head, ...lines, ...rest].join("\n") };
      }),
    );
}

function validationText({ source, rowCount, quarantinedCount, ok, expectations }: Validation): string {
  const verdict = rowCount === quarantinedCount ? "no rows are left" : ok ? "ok" : "not ok";
  const head = `${source}: ${verdict}, ${counted(rowCount, "row")}, ${quarantinedCount.toLocaleString("en")} to set aside`;
  return [head, ...expectations.map(expectationText)].join("\n");
}

function expectationText(expectation: ValidatedExpectation): string {
  const { name, severity, verdict, failed, found, columns, examples } = expectation;
  const mark = { ok: "✓", broken: "✗", insufficient: "?" }[verdict];
  const size = found ?? (failed === 0 ? "" : counted(failed, "row"));
  const head = `  ${mark} ${name} (${severity})${size === "" ? "" : `: ${size}`}`;
  const lines = examples.map(({ row, reasons, values }) => {
    const own = reasons.filter((breach) => breach.expectation === name);
    const reason = own.length === 0 ? name : own.map((breach) => breach.reason).join("; ");
    const read = Object.fromEntries(columns.map((column) => [column, values[column]]));
    // A check of the whole schema reads every column, and its reason tells the value.
    const about = name === "schema" || columns.length === 0 ? "" : ` (${valuesText(read)})`;
    return `      row ${row}: ${reason}${about}`;
  });
  return [head, ...lines].join("\n");
}

function valuesText(values: Readonly<Record<string, ReadableValue>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
    .join(", ");
}

function* failingLines(source: string, rows: Iterable<FailingRow>): Generator<string> {
  for (const row of rows) yield `${JSON.stringify({ source, ...row })}\n`;
}

/** A file of lines that is there wholly or not at all, however many lines it has. Throws MW1201. */
async function newLines(path: string) {
  const unfinished = `${path}.part`;
  let count = 0;
  const append = (lines: Iterable<string>, flags: "w" | "a") =>
    pipeline(Readable.from(lines), createWriteStream(unfinished, { flags }));
  await append([], "w").catch((cause: unknown) => {
    throw cliErrors.error("MW1201", {
      expected: "a file that can be written as --failing",
      found: cause instanceof Error ? cause.message : String(cause),
      remedy: "Name a file in a folder that is there.",
      cause,
    });
  });
  function* counting(lines: Iterable<string>) {
    for (const line of lines) {
      count++;
      yield line;
    }
  }
  return {
    path,
    count: () => count,
    write: (lines: Iterable<string>) => append(counting(lines), "a"),
    finish: () => rename(unfinished, path),
    abandon: () => rm(unfinished, { force: true }),
  };
}
