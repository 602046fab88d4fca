/** A blob without its bytes. */
export interface BlobEntry {
  /** SHA-256 of the bytes: its name. */
  readonly hash: string;
  readonly sizeBytes: number;
  /** When it was put or adopted last, epoch milliseconds by the store's clock. */
  readonly modifiedAtMs: number;
}

/**
 * A content-addressed store: a blob's name is the SHA-256 of its bytes, so a blob never changes and
 * writing one twice is harmless. A blob is either wholly there or not at all, whenever the process dies.
 */
export interface BlobStore {
  /** Stores bytes and returns their SHA-256. A blob that is there already counts as modified now. */
  put(bytes: Uint8Array): Promise<string>;
  /** Moves a finished local file into the store and returns its SHA-256. */
  adopt(path: string): Promise<string>;
  has(hash: string): Promise<boolean>;
  /** The bytes, verified against the name. Throws MW1001 if absent, MW1002 if they do not match. */
  get(hash: string): Promise<Uint8Array>;
  /** A read-only local file with the blob's bytes, for engines that read files. Throws MW1001. */
  localPath(hash: string): Promise<string>;
  /** All blobs, in no order. Those that come or go meanwhile may be among them or not. */
  list(): AsyncIterable<BlobEntry>;
  /**
   * Removes a blob that was not modified after a time, and says whether it did. A blob that is put again at
   * this very moment stays: who puts a blob before naming it never names a removed one.
   */
  remove(hash: string, options: { readonly unmodifiedSinceMs: number }): Promise<boolean>;
}

/** A run of records with consecutive sequence numbers. */
export interface LogBatch {
  /** Sequence number of the first record. */
  readonly first: number;
  readonly records: readonly string[];
}

/**
 * An append-only log of single-line text records, numbered from 1. An append resolves once its records
 * survive the death of the process; a torn tail is cut at open, damage before the tail is an error.
 */
export interface AppendLog {
  /** The number the next record will get. */
  readonly nextSequence: number;
  /** Appends in order and returns the number of the first record. Throws MW1003 when nothing could be written. */
  append(records: readonly string[]): Promise<number>;
  /** Records from a sequence number on, up to what was appended when the call was made. */
  read(from: number): AsyncIterable<LogBatch>;
  /** Resolves once every record whose append had resolved survives a power cut too. Throws MW1003. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** One of the checkpoints that are kept under a name. */
export interface StoredCheckpoint {
  /** Names it in messages. */
  readonly label: string;
  /** Its chunks as they were given, each verified before it is. Throws MW1012 where it is damaged or cut. */
  read(): AsyncIterable<Uint8Array>;
}

/** Keeps what a process would have to compute anew at its next start. A name has one writer at a time. */
export interface CheckpointStore {
  /**
   * Keeps a checkpoint wholly, or not at all, whenever the process dies. The one before it stays, older ones
   * go. Throws MW1003, and what the chunks throw.
   */
  save(name: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** What is kept under a name, the newest first. Throws MW1012 when that cannot be told. */
  list(name: string): Promise<readonly StoredCheckpoint[]>;
}
