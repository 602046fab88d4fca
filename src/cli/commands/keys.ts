import { InvalidArgumentError, type Command } from "commander";
import type { ApiKeyRecord } from "../../access/index.js";
import { durationMs, type Duration } from "../../kernel/index.js";
import { createKey, keyWarnings, listKeys, revokeKey } from "../../lifecycle/index.js";
import { withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";
import { columns } from "../terminal.js";

interface CreateOptions extends CommonOptions {
  readonly scope: readonly string[];
  readonly expires?: number;
}

/** `keys`: who may call the project's servers. */
export function addKeys(program: Command): void {
  const keys = program.command("keys").description("API keys for callers of the project's servers");

  withCommonOptions(keys.command("create <name>"))
    .description("make an API key and show it, once: standard output is the key alone")
    .requiredOption(
      "--scope <scope...>",
      "what it is for: predict, feedback, ingest, read or manage, with :<model> for one model; * for all",
    )
    .option("--expires <duration>", "how long it is valid; without it, until it is revoked", span)
    .action((name: string, { scope: scopes, expires, ...options }: CreateOptions) =>
      runOnProject(options, async (project) => {
        const issued = await createKey(project, { name, scopes, validMs: expires ?? null });
        const { id, expiresAtMs } = issued.record;
        const until =
          expiresAtMs === null ? "It does not expire." : `It expires on ${timeText(expiresAtMs)}.`;
        const warnings = await keyWarnings(project, scopes);
        const about = [`Key ${id} of ${name} for ${scopes.join(", ")}. ${until}`, "It is not shown again."];
        const notes = options.json === true ? warnings : [...about, ...warnings];
        // Standard output is the key alone, for whatever stores it.
        process.stderr.write(notes.map((note) => `${note}\n`).join(""));
        return { json: { ...issued, warnings }, text: issued.key };
      }),
    );

  withCommonOptions(keys.command("list", { isDefault: true }))
    .description("list all API keys, the newest first; of their secrets nothing")
    .action((options: CommonOptions) =>
      runOnProject(options, async (project) => {
        const found = await listKeys(project);
        const text = found.length === 0 ? "No API keys." : keysText(found, project.clock.nowMs());
        return { json: { keys: found }, text };
      }),
    );

  withCommonOptions(keys.command("revoke <id>"))
    .description("end an API key for good, within a second in every running server")
    .action((id: string, options: CommonOptions) =>
      runOnProject(options, async (project) => {
        const record = await revokeKey(project, id);
        return { json: record, text: `Key ${record.id} of ${record.name} is revoked.` };
      }),
    );
}

/** Milliseconds of a duration. */
function span(text: string): number {
  if (/^\d{1,9}(ms|s|m|h|d)$/.test(text) && !/^0+\D/.test(text)) return durationMs(text as Duration);
  throw new InvalidArgumentError("It takes a duration such as 12h or 90d.");
}

const timeText = (timeMs: number) => `${new Date(timeMs).toISOString().slice(0, 16).replace("T", " ")}Z`;

function keysText(keys: readonly ApiKeyRecord[], nowMs: number): string {
  const rows = keys.map(({ id, name, scopes, createdAtMs, lastUsedAtMs, ...times }) => [
    id,
    name,
    scopes.join(" "),
    stateText(times, nowMs),
    timeText(createdAtMs),
    lastUsedAtMs === null ? "never" : timeText(lastUsedAtMs),
  ]);
  return columns([["key", "name", "scopes", "state", "created", "last used"], ...rows]);
}

function stateText(
  { revokedAtMs, expiresAtMs }: Pick<ApiKeyRecord, "revokedAtMs" | "expiresAtMs">,
  nowMs: number,
): string {
  if (revokedAtMs !== null) return `revoked ${timeText(revokedAtMs)}`;
  if (expiresAtMs === null) return "valid";
  return `${nowMs < expiresAtMs ? "until" : "expired"} ${timeText(expiresAtMs)}`;
}
