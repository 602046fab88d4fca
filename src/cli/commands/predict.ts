import { extname, resolve } from "node:path";
import { InvalidArgumentError, Option, type Command } from "commander";
import { predictFile, type PredictedFile } from "../../lifecycle/index.js";
import { cliErrors } from "../errors.js";
import { liveName, wholeNumber, withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";
import { counted } from "../terminal.js";

interface PredictOptions extends CommonOptions {
  readonly file: string;
  readonly out: string;
  readonly live?: string;
  readonly columns?: readonly string[];
  readonly onBadRow: "fail" | "skip" | "null";
  readonly force?: boolean;
  readonly delimiter: string;
  readonly chunkRows?: number;
}

export function addPredict(program: Command): void {
  withCommonOptions(program.command("predict <model>"))
    .description(
      "predict every row of a file, into a Parquet file; the same command goes on where one was ended",
    )
    .requiredOption("--file <file>", "rows to predict: a Parquet, CSV or JSON file, by its extension")
    .requiredOption("--out <file>", "the Parquet file to write", parquetPath)
    .option("--live <name>", "with the events that this live state logged until now", liveName)
    .option("--columns <names>", "columns to carry to the output, by commas; all by default", names)
    .addOption(
      new Option(
        "--on-bad-row <what>",
        "rows that are no valid requests: write nothing, leave them out, or keep them without a prediction",
      )
        .choices(["fail", "skip", "null"])
        .default("fail"),
    )
    .option("--force", "overwrite the output")
    .option("--delimiter <character>", "between the fields of a CSV file", delimiter, ",")
    .option("--chunk-rows <n>", "rows of a part, behind which an ended command goes on", wholeNumber)
    .action((model: string, options: PredictOptions) =>
      runOnProject(options, async (project, signal) => {
        const { live, columns, onBadRow, force, chunkRows } = options;
        const predicted = await predictFile(
          project,
          {
            ...{ model, file: location(options), out: differentPath(options), onBadRow },
            ...(live === undefined ? {} : { live }),
            ...(columns === undefined ? {} : { columns }),
            ...(force === undefined ? {} : { force }),
            ...(chunkRows === undefined ? {} : { chunkRows }),
          },
          { files: project.files, signal },
        );
        return { json: predicted, text: predictedText(predicted) };
      }),
    );
}

function parquetPath(text: string): string {
  if (extname(text).toLowerCase() === ".parquet") return text;
  throw new InvalidArgumentError("It takes a path that ends with .parquet.");
}

const names = (text: string): readonly string[] => text.split(",").filter((name) => name !== "");

function delimiter(text: string): string {
  if (text.length === 1 && !/["\r\n]/.test(text)) return text;
  throw new InvalidArgumentError("It takes one character, not a quote or a line end.");
}

const jsonExtensions = [".json", ".jsonl", ".ndjson"];

/** The file and how it is read. Throws MW1201 for another extension. */
function location({ file, delimiter }: PredictOptions) {
  const path = resolve(file);
  const extension = extname(path).toLowerCase();
  if (extension === ".parquet") return { format: "parquet", path } as const;
  if (extension === ".csv") return { format: "csv", path, delimiter, nullText: "" } as const;
  if (jsonExtensions.includes(extension)) return { format: "json", path } as const;
  throw cliErrors.error("MW1201", {
    expected: "a file that ends with .parquet, .csv, .json, .jsonl or .ndjson as --file",
    found: JSON.stringify(file),
    remedy: "Rename it, or convert it.",
  });
}

/** The output's path. Throws MW1201 where it is the input's. */
function differentPath({ file, out }: PredictOptions): string {
  const path = resolve(out);
  if (path !== resolve(file)) return path;
  throw cliErrors.error("MW1201", {
    expected: "another file as --out than as --file",
    found: path,
    remedy: "Name another output.",
  });
}

const reasonsShown = 5;

function predictedText({ model, version, out, written, refused, resumedRows }: PredictedFile): string {
  const shown = refused.first.slice(0, reasonsShown);
  return [
    `${out}: ${counted(written, "row")} by ${model}@${version}`,
    ...(resumedRows === 0 ? [] : [`${counted(resumedRows, "row")} had been predicted before`]),
    ...(refused.count === 0 ? [] : [`${counted(refused.count, "row")} refused (rows count from 0)`]),
    ...shown.map(({ row, reasons }) => `  row ${row}: ${reasons.join("; ")}`),
  ].join("\n");
}
