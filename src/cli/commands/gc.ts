import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { durationMs, type Duration } from "../../kernel/index.js";
import { collectGarbage, holdBlob, releaseBlob, type Garbage } from "../../lifecycle/index.js";
import { withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";
import { columns, counted } from "../terminal.js";

interface GcOptions extends CommonOptions {
  readonly apply?: boolean;
  readonly keepSteps: number;
  readonly grace: number;
}

interface HoldOptions extends CommonOptions {
  readonly as: string;
  readonly reason: string;
}

/** How many blobs are named one by one. */
const shown = 10;

export function addGc(program: Command): void {
  const gc = program
    .command("gc")
    .description("find stored files that nothing needs any more, and remove them");

  withCommonOptions(gc.command("run", { isDefault: true }))
    .description(
      "say what nothing reaches: no registered version, dataset version, run or hold; --apply removes it",
    )
    .option("--apply", "remove; without it nothing is changed")
    .option("--keep-steps <duration>", "keep what was written since, for remembered steps", span, span("30d"))
    .option("--grace <duration>", "keep at least what is younger, for runs that go on", span, span("1h"))
    .action((options: GcOptions) =>
      runOnProject(options, async (project, signal) => {
        const { apply = false, keepSteps: keepStepsMs, grace: graceMs } = options;
        const found = await collectGarbage(project, { apply, keepStepsMs, graceMs }, signal);
        return { json: found, text: garbageText(found) };
      }),
    );

  const withPerson = (name: string) =>
    withCommonOptions(gc.command(name))
      .argument("<hash>", "SHA-256 of the file", hash)
      .requiredOption("--as <name>", "who decides")
      .requiredOption("--reason <text>", "why, in one line; it is kept in the audit log");

  withPerson("hold")
    .description("keep a stored file, and the files that it names, until it is released")
    .action((blob: string, { as: by, reason, ...options }: HoldOptions) =>
      runOnProject(options, async (project) => {
        await holdBlob(project, { blob, by, reason });
        return { json: { blob, held: true }, text: `${blob.slice(0, 12)} is held.` };
      }),
    );

  withPerson("release")
    .description("end a hold")
    .action((blob: string, { as: by, reason, ...options }: HoldOptions) =>
      runOnProject(options, async (project) => {
        await releaseBlob(project, { blob, by, reason });
        return { json: { blob, held: false }, text: `${blob.slice(0, 12)} is not held any longer.` };
      }),
    );
}

/** Milliseconds of a duration. */
function span(text: string): number {
  if (/^\d+(ms|s|m|h|d)$/.test(text) && !/^0+\D/.test(text)) return durationMs(text as Duration);
  throw new InvalidArgumentError("It takes a duration such as 12h or 30d.");
}

function hash(text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  throw new InvalidArgumentError("It takes the 64 hexadecimal digits of a SHA-256.");
}

function garbageText({ applied, kept, garbage, total, spared }: Garbage): string {
  const why = [
    ["package", "registered versions"],
    ["dataset", "dataset versions"],
    ["run", "runs"],
    ["hold", "holds"],
    ["age", "written lately"],
  ] as const;
  const amounts = [...why.map(([kind, name]) => [name, kept[kind]] as const), ["nothing", total] as const];
  const rows = amounts.map(([name, { blobs, bytes }]) => [
    name,
    blobs.toLocaleString("en"),
    size(bytes).padStart(8),
  ]);
  const table = columns([["kept for", "files", "    size"], ...rows]);
  const named = garbage
    .slice(0, shown)
    .map(({ hash, sizeBytes }) => `  ${hash.slice(0, 16)}  ${size(sizeBytes)}`);
  const more = garbage.length > shown ? [`  and ${counted(garbage.length - shown, "other")}`] : [];
  const files = `${counted(total.blobs, "file")}, ${size(total.bytes)}`;
  const verdict =
    total.blobs === 0
      ? "Nothing to remove."
      : applied
        ? `Removed ${files}.`
        : `Would remove ${files}: millwright gc --apply`;
  const late = spared === 0 ? [] : [`${counted(spared, "file")} written again meanwhile and kept.`];
  return [table, "", verdict, ...named, ...more, ...late].join("\n");
}

/** Bytes for people: `812 B`, `3.4 kB`, `1.2 GB`. */
function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`;
}
