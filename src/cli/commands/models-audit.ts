import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { audit } from "../../lifecycle/index.js";
import type { AuditEntry } from "../../registry/index.js";
import { withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";
import { columns, counted } from "../terminal.js";

interface AuditOptions extends CommonOptions {
  readonly verify?: boolean;
  readonly head?: string;
}

export function addAudit(models: Command): void {
  withCommonOptions(models.command("audit"))
    .description("list everything that was done to the registry, and verify that nobody changed the list")
    .option("--verify", "check the chain of hashes, every decision, and the registry against the log")
    .option("--head <hash>", "also fail if this head, noted earlier elsewhere, is not in the chain", headHash)
    .action((options: AuditOptions) =>
      runOnProject(options, async (project) => {
        const { verify = false, head } = options;
        const found = await audit(project, { verify, ...(head === undefined ? {} : { head }) });
        const { entries } = found;
        const rows = entries.map((entry) => [String(entry.sequence), minute(entry.atMs), eventText(entry)]);
        const verified =
          found.head === null
            ? []
            : [
                "",
                `${counted(entries.length, "entry").replace("entrys", "entries")}; the chain holds. Note its head elsewhere:`,
                found.head.hash,
              ];
        const text =
          rows.length === 0 ? "Nothing was done yet." : columns([["entry", "UTC", "what"], ...rows]);
        return { json: found, text: [text, ...verified].join("\n") };
      }),
    );
}

function headHash(text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  throw new InvalidArgumentError("It takes the 64 hexadecimal digits that models audit --verify printed.");
}

const minute = (atMs: number) => new Date(atMs).toISOString().slice(0, 16).replace("T", " ");

/** One entry in one line. */
function eventText({ event }: AuditEntry): string {
  switch (event.action) {
    case "register":
      return `${event.model}@${event.version} registered, package ${event.packageId.slice(0, 12)}`;
    case "promotion": {
      const { model, version, alias } = event.request;
      const { verdict, reasons } = event.decision;
      const outcome = { promote: `is ${alias}`, wait: `waits to be ${alias}`, refuse: `refused as ${alias}` };
      const why = verdict === "promote" ? "" : `: ${reasons.join("; ")}`;
      return `${model}@${version} ${outcome[verdict]}${why}`;
    }
    case "approve":
      return `${event.model}@${event.version} approved as ${event.alias} by ${event.by}: ${event.reason}`;
    case "reject":
      return `${event.model}@${event.version} rejected by ${event.by}: ${event.reason}`;
    case "retire":
      return `${event.model}@${event.version} archived: ${event.reason}`;
    case "hold":
      return `blob ${event.blob.slice(0, 12)} held by ${event.by}: ${event.reason}`;
    case "release":
      return `blob ${event.blob.slice(0, 12)} released by ${event.by}: ${event.reason}`;
  }
}
