import { Option, type Command } from "commander";
import { backfillFeatures, rollBackView, type BackfilledView } from "../../lifecycle/index.js";
import { liveName, withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions, type Outcome } from "../run-command.js";
import { counted } from "../terminal.js";

interface BackfillOptions extends CommonOptions {
  readonly live: string;
  readonly rollback?: string;
}

export function addBackfill(features: Command): void {
  withCommonOptions(features.command("backfill [view]"))
    .description("fill new and changed views of a live state, compare them in the shadow, and switch to them")
    .option("--live <name>", "live state whose views are filled", liveName, "default")
    .addOption(
      new Option("--rollback <view>", "make the version of a view active again that was retired last"),
    )
    .action((view: string | undefined, options: BackfillOptions) =>
      runOnProject(options, async (project, signal) => {
        const { live, rollback } = options;
        if (rollback !== undefined) {
          const result = await rollBackView(project, { live, view: rollback });
          return { json: result, text: `${result.view}: ${result.active} is active again.` };
        }
        return outcomeOf(
          await backfillFeatures(project, view === undefined ? { live } : { live, view }, signal),
        );
      }),
    );
}

function outcomeOf(result: Awaited<ReturnType<typeof backfillFeatures>>): Outcome {
  const refused = result.views.some(({ outcome }) => outcome === "differs" || outcome === "overtaken");
  return { json: result, text: result.views.flatMap(viewLines).join("\n"), refused };
}

const outcomes: Readonly<Record<BackfilledView["outcome"], string>> = {
  unchanged: "active already, nothing to do",
  switched: "active now",
  differs: "not switched, for a view differs from a fold from scratch",
  overtaken: "not switched, for another backfill changed it meanwhile",
};

function viewLines({ view, space, outcome, ...found }: BackfilledView): string[] {
  const { filledTo, caughtUpTo, compared = 0, mismatches = 0, before } = found;
  const head = `${view} (${space}): ${outcomes[outcome]}`;
  if (filledTo === undefined) return [head];
  const lines = [
    head,
    `  filled up to event ${filledTo} of the log, caught up to ${caughtUpTo}`,
    `  ${counted(compared, "read")} compared with a fold from scratch, ${mismatches} with a difference`,
  ];
  if (before === undefined || before === null) return lines;
  if (!before.comparable)
    return [...lines, `  not comparable with ${before.space}: its source or key was another`];
  const changes = [
    ...Object.entries(before.differing).map(([name, count]) => `${name} differs in ${count}`),
    ...before.added.map((name) => `${name} is new`),
    ...before.removed.map((name) => `${name} is gone`),
  ];
  return [
    ...lines,
    `  against ${before.space}: ${changes.length === 0 ? "no difference" : changes.join(", ")}`,
  ];
}
