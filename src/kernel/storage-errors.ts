import { errorTable } from "./errors.js";

/** Errors of the storage ports, the same whatever adapter raises them. */
export const storageErrors = errorTable({
  MW1001: {
    title: "blob missing",
    exit: 3,
    http: 500,
    about:
      "A stored file is referred to but is not in the blob store; it was deleted, or the store was moved.",
  },
  MW1002: {
    title: "blob damaged",
    exit: 3,
    http: 500,
    about:
      "The bytes of a stored file do not match the hash that is its name. Restore it from a backup, or make it anew.",
  },
  MW1003: {
    title: "write failed",
    exit: 3,
    http: 507,
    about:
      "Storage did not take a write, for instance because the disk is full. Nothing of it was kept; what was acknowledged before is safe.",
  },
  MW1004: {
    title: "log damaged",
    exit: 3,
    http: 500,
    about:
      "A record of an append-only log does not match its checksum, although later records follow. A torn last record is no damage: it was never acknowledged and is cut.",
  },
  MW1005: {
    title: "log in use",
    exit: 3,
    http: 503,
    about:
      "Another living process writes to the same log folder. A log has one writer. Two servers of one project need a live " +
      "state each: `--live <name>`, in process the option `live`.",
  },
  MW1006: {
    title: "log closed",
    exit: 3,
    http: 503,
    about: "Something was appended to a log after it was closed.",
  },
  MW1007: {
    title: "bad log record",
    exit: 3,
    http: 500,
    about:
      "A record of an append-only log is a single line of text: it cannot hold a line feed or an unpaired surrogate.",
  },
  MW1008: {
    title: "database of a newer version",
    exit: 2,
    http: 500,
    about: "The database file was written by a newer version of Millwright. It is left as it is.",
  },
  MW1009: {
    title: "database damaged",
    exit: 3,
    http: 500,
    about: "The file is not an SQLite database, or its content contradicts itself. Restore it from a backup.",
  },
  MW1010: {
    title: "database locked",
    exit: 3,
    http: 503,
    about:
      "Another process held a transaction open for longer than a call waits. Nothing was written; try again.",
  },
  MW1011: {
    title: "database not usable",
    exit: 3,
    http: 507,
    about:
      "The database file cannot be opened, read or written: its folder is missing, permissions forbid it, or the disk is full. Nothing was half-written.",
  },
  MW1012: {
    title: "checkpoint damaged",
    exit: 3,
    http: 500,
    about:
      "A stored checkpoint is cut off or does not match its checksums. It is left out: the one before it is used, or what it held is computed anew from the logs, which takes longer.",
  },
  MW1013: {
    title: "store not reachable",
    exit: 3,
    http: 503,
    about:
      "A store on another machine did not answer in time, refused the call, or was closed. A change whose answer was lost may have been made; asking again is safe, for a change that was made is refused the second time.",
  },
  MW1014: {
    title: "store too old",
    exit: 2,
    http: 500,
    about: "The server of a store is of a version that lacks what Millwright needs. Nothing was written.",
  },
});
