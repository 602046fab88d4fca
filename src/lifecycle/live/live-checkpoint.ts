import { packMessage, writeMessages, type IdSet } from "../../features/index.js";
import { sha256, type AppendLog, type CheckpointStore, type MillwrightError } from "../../kernel/index.js";
import { lifecycleErrors } from "../errors.js";
import type { KnownPredictions, SavedPredictions } from "../watch/known-predictions.js";
import type { SourceLogs } from "./live-logs.js";
import type { LogPosition } from "./live-records.js";
import type { LiveFeatures } from "../views/open-features.js";

/** What a live project keeps in memory beside its models. Everything in it rests on records of its logs. */
export interface LiveMemory {
  readonly features: LiveFeatures;
  /** The ids that were taken, by source; of sources that have ids. */
  readonly ids: ReadonlyMap<string, IdSet>;
  readonly known: KnownPredictions;
  /** How far all that goes: the last record of each source's log, and of the log of predictions. */
  readonly events: ReadonlyMap<string, LogPosition>;
  readonly predictions: LogPosition;
}

/** How far a checkpoint goes in a log, and the record there: a checkpoint fits only the log that has it. */
export interface SavedPosition {
  readonly sequence: number;
  /** SHA-256 of the record. */
  readonly record: string;
}

/** The facts of a checkpoint's message "live". */
export interface SavedLive {
  readonly events: Readonly<Record<string, SavedPosition>>;
  readonly predictions: SavedPosition;
  readonly known: SavedPredictions;
  /** The column of the ids that are kept, by source. */
  readonly ids: Readonly<Record<string, string>>;
}

/** Saves checkpoints of a live project now and then. */
export interface LiveCheckpoints {
  /** Counts records that a restart would have to read again. */
  note(records: number): void;
  /** Saves what changed since the last one, and waits for it. */
  close(): Promise<void>;
}

export interface LiveCheckpointParts {
  readonly store: CheckpointStore;
  readonly live: string;
  readonly memory: LiveMemory;
  readonly logs: readonly SourceLogs[];
  readonly predictions: AppendLog;
  /** Records from one checkpoint to the next. */
  readonly every: number;
  readonly onWarning: (problem: MillwrightError) => void;
}

const savePosition = ({ sequence, record }: LogPosition): SavedPosition => ({
  sequence,
  record: sha256(record),
});

export function liveCheckpoints(parts: LiveCheckpointParts): LiveCheckpoints {
  const { store, live, every, onWarning } = parts;
  let noted = 0;
  let saving: Promise<void> | undefined;

  async function save(): Promise<void> {
    noted = 0;
    const { chunks, end } = checkpointOf(parts);
    try {
      await store.save(live, chunks);
    } catch (error) {
      onWarning(notSaved(live, error));
    } finally {
      end();
    }
  }

  return Object.freeze({
    note(records: number) {
      noted += records;
      if (noted < every || saving !== undefined) return;
      saving = save().finally(() => (saving = undefined));
    },
    async close() {
      await saving;
      if (noted > 0) await save();
    },
  });
}

/** A checkpoint of this very moment, to be written while everything goes on. */
function checkpointOf({ memory, logs, predictions }: LiveCheckpointParts) {
  const saved: SavedLive = {
    events: Object.fromEntries([...memory.events].map(([name, position]) => [name, savePosition(position)])),
    predictions: savePosition(memory.predictions),
    known: memory.known.toJson(),
    ids: Object.fromEntries(
      logs.flatMap(({ source: { name, id } }) =>
        id !== undefined && memory.ids.has(name) ? [[name, id]] : [],
      ),
    ),
  };
  const facts = packMessage("live", { ...saved });
  const snapshot = memory.features.snapshot();

  async function* messages(): AsyncGenerator<Uint8Array> {
    yield facts;
    if (snapshot !== undefined) yield* snapshot.messages();
    for (const [name, ids] of memory.ids) yield* ids.messages(name);
    // A checkpoint that a power cut leaves must not rest on records that it took.
    for (const { log } of logs) await log.sync();
    await predictions.sync();
  }

  return { chunks: writeMessages(messages()), end: () => snapshot?.close() };
}

function notSaved(live: string, cause: unknown) {
  return lifecycleErrors.error("MW1117", {
    expected: `a checkpoint of live state "${live}" to be saved`,
    found: cause instanceof Error ? cause.message : String(cause),
    remedy: "Make room for it; until then the next start reads the logs, which takes longer.",
    cause,
  });
}
