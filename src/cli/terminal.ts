import type { Clock, Progress, ProgressTask } from "../kernel/index.js";

/** Where commands write: results to `out`, everything for people's eyes meanwhile to `err`. */
export interface Terminal {
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WriteStream;
}

const barWidth = 24;
const redrawMs = 80;
/** Work shorter than this shows nothing but its result. */
const patienceMs = 1000;

const colours = { dim: 2, bold: 1, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

/** Colours a text on a terminal that wants colours (https://no-color.org). */
export function paint(stream: NodeJS.WriteStream, colour: keyof typeof colours, text: string): string {
  return stream.isTTY && stream.hasColors() ? `\u001b[${colours[colour]}m${text}\u001b[0m` : text;
}

/** Seconds for people: `0.4 s`, `12 s`, `2 m 5 s`. */
export function seconds(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const whole = Math.round(ms / 1000);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} m ${whole % 60} s`;
}

const spans = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
] as const;

/** A span of time for people, in the unit that fits: `2.5 h`. */
export function duration(ms: number): string {
  const span = spans.find(([, size]) => Math.abs(ms) >= size);
  return span === undefined ? `${(ms / 1000).toFixed(1)} s` : `${(ms / span[1]).toFixed(1)} ${span[0]}`;
}

/**
 * Progress on a terminal: a bar that is redrawn in place, replaced by one line when the work is done.
 * Elsewhere (a pipe, a log file): that line alone. Work under a second leaves no line.
 */
export function terminalProgress({ err }: Terminal, clock: Clock): Progress {
  return Object.freeze({
    start(label: string, total = 0): ProgressTask {
      const startedMs = clock.monotonicMs();
      let drawnMs = startedMs;
      const elapsed = () => clock.monotonicMs() - startedMs;
      if (err.isTTY) drawBar(err, { label, share: 0, elapsedMs: 0 });
      return {
        update(done) {
          const nowMs = clock.monotonicMs();
          if (!err.isTTY || nowMs - drawnMs < redrawMs) return;
          drawnMs = nowMs;
          drawBar(err, { label, share: total > 0 ? done / total : done, elapsedMs: nowMs - startedMs });
        },
        finish(note) {
          if (err.isTTY) err.write("\r\u001b[2K");
          if (elapsed() < patienceMs) return;
          const mark = paint(err, "green", "✓");
          err.write(
            `${mark} ${label}${note === undefined ? "" : `: ${note}`} ${paint(err, "dim", seconds(elapsed()))}\n`,
          );
        },
      };
    },
  });
}

function drawBar(err: NodeJS.WriteStream, state: { label: string; share: number; elapsedMs: number }): void {
  const share = Math.max(0, Math.min(1, state.share));
  const full = Math.round(share * barWidth);
  const bar = paint(err, "cyan", "━".repeat(full)) + paint(err, "dim", "─".repeat(barWidth - full));
  const percent = `${Math.round(share * 100)}`.padStart(3);
  const left =
    share > 0.02 && state.elapsedMs > patienceMs ? state.elapsedMs / share - state.elapsedMs : undefined;
  const eta = left === undefined ? "" : ` ${seconds(left)} left`;
  err.write(`\r\u001b[2K  ${state.label} ${bar} ${percent} %${paint(err, "dim", eta)}`);
}

/** A number with its noun: `1 prediction`, `2,000 predictions`. */
export function counted(n: number, noun: string): string {
  return `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
}

/** Width of the terminal that results go to; undefined when they go elsewhere. */
const terminalWidth = () => (process.stdout.isTTY ? process.stdout.columns : undefined);

/** A column of texts is shortened to no less than this, or its heading. */
const leastWidth = 8;
const gap = "  ";

/**
 * Rows as aligned columns under their headings, the first row; numbers to the right. Where a terminal is too
 * narrow the widest texts behind the first are shortened; where that does not do, the cells of a row stand below one another.
 */
export function columns(rows: readonly (readonly string[])[], width = terminalWidth()): string {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i].length))) ?? [];
  const numeric = widths.map((_, i) =>
    rows.slice(1).every((row) => /^[\d.,%+−-]*( s| ms| min| h| d)?$/.test(row[i])),
  );
  // The first column says what the row is about.
  const least = widths.map((own, i) =>
    i === 0 || numeric[i] ? own : Math.min(own, Math.max(leastWidth, rows[0][i].length)),
  );
  const fitted = width === undefined ? widths : fit(widths, least, width);
  if (fitted === undefined) return stacked(rows);
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => shortened(cell, fitted[i]))
      .map((cell, i) => (numeric[i] ? cell.padStart(fitted[i]) : cell.padEnd(fitted[i])))
      .join(gap)
      .trimEnd();
  return rows.map(line).join("\n");
}

/** The widths, with the widest taken back as far as is needed; undefined when that is not enough. */
function fit(widths: readonly number[], least: readonly number[], width: number): number[] | undefined {
  const fitted = [...widths];
  let excess = fitted.reduce((sum, own) => sum + own, gap.length * (fitted.length - 1)) - width;
  for (; excess > 0; excess--) {
    const spare = fitted.map((own, i) => (own > least[i] ? own : 0));
    const widest = spare.indexOf(Math.max(...spare));
    if (spare[widest] === 0) return undefined;
    fitted[widest]--;
  }
  return fitted;
}

const shortened = (text: string, width: number) =>
  text.length > width ? `${text.slice(0, width - 1)}…` : text;

/** Every row as lines of a heading and its cell, empty cells left out. */
function stacked([heads, ...rows]: readonly (readonly string[])[]): string {
  const width = Math.max(...heads.map((head) => head.length));
  const block = (row: readonly string[]) =>
    row
      .flatMap((cell, i) => (cell === "" ? [] : [`${heads[i].trim().padEnd(width)}${gap}${cell}`]))
      .join("\n");
  return rows.map(block).join("\n\n");
}
