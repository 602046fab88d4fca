import { areOfOneKind } from "./split-tensors.js";
import type { Call } from "./waiting-call.js";

/** Priorities 0 to 9. */
export const lastPriority = 9;

/** Calls that wait, in the order of their priority and, within one, of their arrival. */
export interface BatchQueue {
  /** Calls and rows that wait. */
  readonly calls: number;
  readonly rows: number;
  push(call: Call): void;
  /** Puts calls of a batch that was taken before all others of their priorities, in their order. */
  putBack(calls: readonly Call[]): void;
  /** Takes a call out; harmless for one that does not wait. */
  remove(call: Call): void;
  /** Takes the calls out whose deadline is not after `nowMs`. */
  takeExpired(nowMs: number): readonly Call[];
  /**
   * Takes the first call and those after it that may share its batch, until one of these would make it more than
   * `maxRows`. Calls of another kind keep their places. Empty when none waits.
   */
  takeBatch(maxRows: number): Call[];
  /** Calls and rows that go before a new call of a priority. */
  ahead(priority: number): { readonly calls: number; readonly rows: number };
}

/** One priority's calls, linked, so that one in the middle leaves at no cost. */
interface Line {
  first: Call | undefined;
  last: Call | undefined;
  calls: number;
  rows: number;
}

export function batchQueue(): BatchQueue {
  const lines = Array.from({ length: lastPriority + 1 }, emptyLine);
  const total = { calls: 0, rows: 0 };
  /** No deadline of a waiting call is before it. It may be that of one that has left. */
  let earliestDeadlineMs = Infinity;

  const count = (call: Call, sign: 1 | -1) => {
    const line = lines[call.priority];
    line.calls += sign;
    line.rows += sign * call.rows;
    total.calls += sign;
    total.rows += sign * call.rows;
    call.waiting = sign === 1;
    if (call.waiting) earliestDeadlineMs = Math.min(earliestDeadlineMs, call.deadlineMs);
  };
  const remove = (call: Call) => {
    if (!call.waiting) return;
    unlink(lines[call.priority], call);
    count(call, -1);
  };
  return Object.freeze({
    get calls() {
      return total.calls;
    },
    get rows() {
      return total.rows;
    },
    push(call: Call) {
      append(lines[call.priority], call);
      count(call, 1);
    },
    putBack(calls: readonly Call[]) {
      for (const call of calls.toReversed()) {
        prepend(lines[call.priority], call);
        count(call, 1);
      }
    },
    remove,
    takeExpired(nowMs: number) {
      if (nowMs < earliestDeadlineMs) return none;
      const gone = [...inOrder(lines)].filter(({ deadlineMs }) => deadlineMs <= nowMs);
      gone.forEach(remove);
      earliestDeadlineMs = Infinity;
      for (const { deadlineMs } of inOrder(lines))
        earliestDeadlineMs = Math.min(earliestDeadlineMs, deadlineMs);
      return gone;
    },
    takeBatch(maxRows: number) {
      const batch = batchOf(lines, maxRows);
      batch.forEach(remove);
      return batch;
    },
    ahead(priority: number) {
      let calls = 0;
      let rows = 0;
      for (let p = 0; p <= priority; p++) {
        calls += lines[p].calls;
        rows += lines[p].rows;
      }
      return { calls, rows };
    },
  });
}

const none: readonly Call[] = Object.freeze([]);
const emptyLine = (): Line => ({ first: undefined, last: undefined, calls: 0, rows: 0 });

function* inOrder(lines: readonly Line[]): Generator<Call> {
  for (const { first } of lines) for (let call = first; call !== undefined; call = call.after) yield call;
}

function batchOf(lines: readonly Line[], maxRows: number): Call[] {
  const head = lines.find(({ calls }) => calls > 0)?.first;
  if (head === undefined) return [];
  const batch = [head];
  let { rows } = head;
  // Nothing else would fit: the usual end for calls that are computed one by one, without a look at all the others.
  if (head.alone || rows >= maxRows) return batch;
  for (const line of lines) {
    for (let call = line.first; call !== undefined; call = call.after) {
      if (call === head || call.alone || !areOfOneKind(head.inputs, call.inputs)) continue;
      // Not passed over for a smaller one behind it: of equals, the first to come is the first to be computed.
      if (rows + call.rows > maxRows) return batch;
      batch.push(call);
      rows += call.rows;
      if (rows === maxRows) return batch;
    }
  }
  return batch;
}

function append(line: Line, call: Call): void {
  call.before = line.last;
  if (line.last === undefined) line.first = call;
  else line.last.after = call;
  line.last = call;
}

function prepend(line: Line, call: Call): void {
  call.after = line.first;
  if (line.first === undefined) line.last = call;
  else line.first.before = call;
  line.first = call;
}

function unlink(line: Line, call: Call): void {
  if (call.before === undefined) line.first = call.after;
  else call.before.after = call.after;
  if (call.after === undefined) line.last = call.before;
  else call.after.before = call.before;
  call.before = undefined;
  call.after = undefined;
}
