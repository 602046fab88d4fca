export { fsAppendLog, type FsAppendLogOptions } from "./append-log.js";
export { fsBlobStore } from "./blob-store.js";
export { fsCheckpointStore } from "./checkpoint-store.js";
export { fsLogReader } from "./log-reader.js";
