import type { Command } from "commander";
import {
  approveVersion,
  archiveVersion,
  promoteOnRecord,
  rejectVersion,
  versionNamed,
  type Standing,
} from "../../lifecycle/index.js";
import type { ModelVersion } from "../../registry/index.js";
import { withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";

interface Opinion extends CommonOptions {
  readonly as: string;
  readonly reason: string;
}

const withAlias = (command: Command): Command =>
  withCommonOptions(command).option("--alias <name>", "the alias that it is about", "champion");
const withReason = (command: Command): Command =>
  command.requiredOption("--reason <text>", "why, in one line; it is kept in the audit log");
const withPerson = (command: Command): Command =>
  withReason(withCommonOptions(command).requiredOption("--as <name>", "who decides"));

/** `approve`, `reject`, `promote` and `archive`: what people decide about a version. */
export function addDecisions(models: Command): void {
  withPerson(models.command("approve <model> <version>"))
    .description("approve a version that waits for people, as its package and evidence are now")
    .option("--alias <name>", "the alias that it is about", "champion")
    .action((model: string, ref: string, { as: by, reason, ...options }: Opinion & { alias: string }) =>
      runOnProject(options, async (project) => {
        const opinion = { ...versionNamed(model, ref), by, reason };
        const receipt = await approveVersion(project, opinion, options.alias);
        const { version, model: name } = receipt.approval;
        const next = waitingText(receipt.waitsFor, `${name} ${version}`);
        return { json: receipt, text: [`${by} approved version ${version} of ${name}.`, ...next].join("\n") };
      }),
    );

  withPerson(models.command("reject <model> <version>"))
    .description("take a version out of the running for good, out of staging too")
    .action((model: string, ref: string, { as: by, reason, ...options }: Opinion) =>
      runOnProject(options, async (project) => {
        const version = await rejectVersion(project, { ...versionNamed(model, ref), by, reason });
        return { json: version, text: `Version ${version.version} of ${version.model} is rejected.` };
      }),
    );

  withAlias(models.command("promote <model> <version>"))
    .description("make a version the champion, or give it another alias, on its recorded evidence")
    .action((model: string, ref: string, options: CommonOptions & { alias: string }) =>
      runOnProject(options, async (project) => {
        const record = await promoteOnRecord(project, {
          ...versionNamed(model, ref),
          alias: options.alias,
        });
        const { version, alias, model: name } = record.request;
        const text = `Version ${version} of ${name} is ${alias}. A running server keeps its version.`;
        return { json: { model: name, version, alias, decision: record.decision }, text };
      }),
    );

  withReason(withCommonOptions(models.command("archive <model> <version>")))
    .description("take a version that no alias points at out of use for good")
    .action((model: string, ref: string, { reason, ...options }: CommonOptions & { reason: string }) =>
      runOnProject(options, async (project) => {
        const version = await archiveVersion(project, { ...versionNamed(model, ref), reason });
        return { json: version, text: `Version ${version.version} of ${version.model} is archived.` };
      }),
    );
}

/** Where a version stands, above its card. */
export function standingText(version: ModelVersion, { stage, decisions, waitsFor }: Standing): string {
  const { model, state } = version;
  const aliases = state.kind === "aliased" ? ` (${state.aliases.join(", ")})` : "";
  const ended = state.kind === "rejected" ? [`Rejected by ${state.by}: ${state.reason}`] : [];
  const retired = state.kind === "retired" ? [`Archived: ${state.reason}`] : [];
  const refused = decisions.filter(({ decision }) => decision.verdict === "refuse");
  return [
    `${model} ${version.semver}, version ${version.version}, ${stage}${aliases}`,
    `package ${version.packageId}`,
    ...ended,
    ...retired,
    ...refused.flatMap(({ decision }) => decision.reasons.map((reason) => `Refused: ${reason}`)),
    ...waitingText(waitsFor, `${model} ${version.version}`),
  ].join("\n");
}

/** What a version waits for, and the command that goes on. */
function waitingText(waitsFor: Standing["waitsFor"], version: string): string[] {
  if (waitsFor === null) return [];
  const { alias, by, names, approvedBy } = waitsFor;
  const who = approvedBy.length === 0 ? "nobody yet" : approvedBy.join(", ");
  const state = `Waits to be ${alias}: approved by ${approvedBy.length} of ${by} (${who}).`;
  if (approvedBy.length >= by) return [state, `Go on: millwright models promote ${version}`];
  const left =
    names === null ? "" : ` It takes ${names.filter((name) => !approvedBy.includes(name)).join(", ")}.`;
  return [`${state}${left}`];
}
