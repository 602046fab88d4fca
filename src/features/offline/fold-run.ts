import { bindTable, type Table } from "../../kernel/index.js";
import type { FoldGroups, GroupedRows } from "./fold-groups.js";
import type { TextCoders } from "./fold-texts.js";
import { compileContributions, makeContributions, type SlotPlan } from "../algebra/slots.js";
import { createViewState } from "../algebra/view-state.js";

/** What the replay of any group of a view needs; plain data, its columns in shared memory if threads share it. */
export interface FoldJob {
  readonly plan: SlotPlan;
  /** The columns that the plan's expressions read. */
  readonly table: Table;
  /** Where each event lies in windows. */
  readonly times: Float64Array;
  readonly visibleFrom: Float64Array;
  readonly asked: { readonly timeMs: Float64Array; readonly askedAt: Float64Array };
  readonly groups: FoldGroups;
  readonly lookups: readonly FoldTarget[];
}

/** Where the answers go, by question row. */
export interface FoldTarget {
  readonly numbers: readonly Float32Array[];
  readonly texts: readonly Int32Array[];
}

/** Answers up to so many questions and returns how many there were. */
export type Answer = (limit: number) => number;

const start = { number: 0, text: 0 };

/** Compiles a view; what it returns opens the replay of a group. */
export function openFold(job: FoldJob, coders: TextCoders): (group: number) => Answer {
  const { plan, times, visibleFrom, asked, groups, lookups } = job;
  const contribute = compileContributions(plan, bindTable(job.table));
  const contributions = makeContributions(plan);
  const writers = lookups.map((target, i) => writerOf(target, coders.lookups[i]));

  return (group) => {
    const state = createViewState(plan);
    for (let entity = 0; entity < groups.entityCounts[group]; entity++) state.entity(String(entity));
    const events = rowsOf(groups.events, group);
    const lists = groups.questions.map((questions) => rowsOf(questions, group));
    const next = lists.map(() => 0);
    let nextEvent = 0;

    function applyBefore(askedAt: number): void {
      const { rows, entities } = events;
      for (; nextEvent < rows.length && visibleFrom[rows[nextEvent]] < askedAt; nextEvent++) {
        const row = rows[nextEvent];
        contribute(row, contributions);
        state.apply(entities[nextEvent], times[row], contributions);
      }
    }

    /** The list whose next question comes first; −1 when all are answered. */
    function soonest(): number {
      let first = -1;
      for (let list = 0; list < lists.length; list++) {
        const { rows } = lists[list];
        if (next[list] === rows.length) continue;
        const other = first < 0 ? Infinity : asked.askedAt[lists[first].rows[next[first]]];
        if (first < 0 || asked.askedAt[rows[next[list]]] < other) first = list;
      }
      return first;
    }

    return (limit) => {
      for (let answered = 0; answered < limit; answered++) {
        const list = lists.length === 1 ? (next[0] < lists[0].rows.length ? 0 : -1) : soonest();
        if (list < 0) return answered;
        const at = next[list]++;
        const row = lists[list].rows[at];
        const { vector, write } = writers[list];
        applyBefore(asked.askedAt[row]);
        state.read(lists[list].entities[at], asked.timeMs[row], vector, start);
        write(row);
      }
      return limit;
    };
  };
}

function rowsOf({ starts, rows, entities }: GroupedRows, group: number) {
  const [from, to] = [starts[group], starts[group + 1]];
  return { rows: rows.subarray(from, to), entities: entities.subarray(from, to) };
}

function writerOf({ numbers, texts }: FoldTarget, code: readonly ((text: string) => number)[]) {
  const vector = { numbers: new Float32Array(numbers.length), texts: texts.map(() => "") };
  const write = (row: number) => {
    for (let f = 0; f < numbers.length; f++) numbers[f][row] = vector.numbers[f];
    for (let f = 0; f < texts.length; f++) texts[f][row] = code[f](vector.texts[f]);
  };
  return { vector, write };
}
