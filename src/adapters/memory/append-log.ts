import { storageErrors, type AppendLog, type LogBatch } from "../../kernel/index.js";

const batchRecords = 1024;

/** A log that lives as long as the process. */
export function memoryAppendLog(): AppendLog {
  const stored: string[] = [];
  let closed = false;

  async function* read(from: number, end: number): AsyncGenerator<LogBatch> {
    for (let first = Math.max(1, from); first < end; first += batchRecords) {
      const records = stored.slice(first - 1, Math.min(first - 1 + batchRecords, end - 1));
      yield await Promise.resolve({ first, records });
    }
  }

  return Object.freeze({
    get nextSequence() {
      return stored.length + 1;
    },
    async append(records: readonly string[]) {
      if (closed) throw closedError();
      for (const record of records) checkRecord(record);
      const first = stored.length + 1;
      for (const record of records) stored.push(record);
      return Promise.resolve(first);
    },
    read: (from: number) => read(from, stored.length + 1),
    // There is nothing that a power cut would leave.
    sync: () => Promise.resolve(),
    async close() {
      closed = true;
      return Promise.resolve();
    },
  });
}

/** The same limits as a log of lines has, so that what works in memory works on disk. */
function checkRecord(record: string): void {
  if (!/[\n\ud800-\udfff]/u.test(record)) return;
  throw storageErrors.error("MW1007", {
    expected: "a record without line feeds and unpaired surrogates",
    found: JSON.stringify(record.length > 60 ? `${record.slice(0, 57)}...` : record),
    remedy: "Write the record as JSON, which escapes both.",
  });
}

function closedError() {
  return storageErrors.error("MW1006", {
    expected: "the log to be open",
    found: "an append after it was closed",
    remedy: "Append before closing, or open the log again.",
  });
}
