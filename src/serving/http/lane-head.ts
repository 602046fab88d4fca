/** The head of an inference request that the lane may answer itself. */
export interface LaneHead {
  readonly model: string;
  readonly version?: string;
  /** Where the body begins, and its length in bytes. */
  readonly bodyAt: number;
  readonly bodyBytes: number;
  /** The header Inference-Header-Content-Length. */
  readonly headerLength: string | undefined;
  readonly acceptEncoding: string | undefined;
}

/** Longer heads are none that a client of the protocol sends. */
const mostHeadBytes = 4096;

const requestLine = /^POST \/v2\/models\/([\w.-]+)(?:\/versions\/([\w.-]+))?\/infer HTTP\/1\.1$/;
/** A token, a colon, and a value of visible characters (RFC 9110, 5.1 and 5.5), without the whitespace around it. */
const fieldLine = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;

/** What changes how a request is to be read, or answered, is for the complete parser. */
const others: ReadonlySet<string> = new Set([
  ...[
    "transfer-encoding",
    "content-encoding",
    "expect",
    "upgrade",
    "trailer",
    "te",
    "http2-settings",
    "origin",
  ],
]);
/** Read here, so each may come once. */
const known: ReadonlySet<string> = new Set([
  ...["host", "connection", "content-length", "inference-header-content-length", "accept-encoding"],
]);

/** A client's requests have few different heads, and this many of them are remembered. */
const mostRemembered = 256;

/**
 * Reads the head at the beginning of some bytes; gives undefined for anything but a complete and plain one, of a body
 * within the limit: then the server's own parser decides what the bytes are. Strict on purpose, for what two parsers
 * read differently can be smuggled past one.
 */
export function headReader(bodyLimitBytes: number): (bytes: Buffer) => LaneHead | undefined {
  const remembered = new Map<string, LaneHead>();
  return (bytes) => {
    const end = bytes.indexOf("\r\n\r\n");
    if (end === -1 || end > mostHeadBytes) return undefined;
    const text = bytes.toString("latin1", 0, end);
    const known = remembered.get(text);
    if (known !== undefined) return known;
    const head = parseHead(text);
    if (head === undefined || head.bodyBytes > bodyLimitBytes) return undefined;
    if (remembered.size === mostRemembered) remembered.clear();
    remembered.set(text, head);
    return head;
  };
}

function parseHead(text: string): LaneHead | undefined {
  const [first, ...lines] = text.split("\r\n");
  const asked = requestLine.exec(first);
  const fields = asked && readFields(lines);
  if (!fields) return undefined;
  const length = fields.get("content-length");
  const connection = fields.get("connection");
  if (length === undefined || !/^\d{1,15}$/.test(length) || !fields.has("host")) return undefined;
  if (connection !== undefined && connection.toLowerCase() !== "keep-alive") return undefined;
  const [, model, version] = asked;
  return Object.freeze({
    ...{ model, bodyAt: text.length + 4, bodyBytes: Number(length) },
    ...(version === undefined ? {} : { version }),
    headerLength: fields.get("inference-header-content-length"),
    acceptEncoding: fields.get("accept-encoding"),
  });
}

/** The fields that are read here, by their names; undefined where a line is none, or says something else. */
function readFields(lines: readonly string[]): ReadonlyMap<string, string> | undefined {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const field = fieldLine.exec(line);
    if (field === null) return undefined;
    const name = field[1].toLowerCase();
    if (others.has(name) || fields.has(name)) return undefined;
    if (known.has(name)) fields.set(name, field[2]);
  }
  return fields;
}
