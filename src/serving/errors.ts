import { errorTable } from "../kernel/index.js";

export const servingErrors = errorTable({
  MW0801: {
    title: "malformed JSON",
    exit: 2,
    http: 400,
    about:
      "The body is not JSON (RFC 8259; NaN and Infinity are not), nests deeper than 64 levels, or has a key that " +
      "would reach an object's prototype. Nothing of the request was taken.",
  },
  MW0802: {
    title: "unsupported content type",
    exit: 2,
    http: 415,
    about:
      "Bodies are `application/json`; events may also come as `application/x-ndjson`, one event per line. They come " +
      "as they are, without `Content-Encoding`; only the routes under `/v2` take compressed ones.",
  },
  MW0803: {
    title: "empty body",
    exit: 2,
    http: 400,
    about: "The route needs a JSON body and got none.",
  },
  MW0804: {
    title: "unknown route",
    exit: 2,
    http: 404,
    about: "No route has this path. The message names the nearest one; `GET /` lists all.",
  },
  MW0805: {
    title: "method not allowed",
    exit: 2,
    http: 405,
    about: "The path exists, but not with this method. The header `Allow` names the methods it has.",
  },
  MW0806: {
    title: "body too large",
    exit: 2,
    http: 413,
    about:
      "The body, or one line of it where events come as lines, is over the limit of its route. Send less at once, or " +
      "raise `--body-limit` (`bodyLimitBytes`).",
  },
  MW0807: {
    title: "server busy",
    exit: 3,
    http: 503,
    about:
      "As many requests are in flight as the server admits, so this one was refused before any work. Try again " +
      "after the seconds in `Retry-After`.",
  },
  MW0808: {
    title: "timed out",
    exit: 3,
    http: 504,
    about:
      "The answer was not ready in time. The work may still finish: repeat predictions freely, feedback and " +
      "events only if a duplicate does no harm.",
  },
  MW0809: {
    title: "unexpected failure",
    exit: 3,
    http: 500,
    about:
      "A fault in the server. The cause is in the server's log under the request id; the answer keeps it back.",
  },
  MW0810: {
    title: "request too slow",
    exit: 3,
    http: 408,
    about:
      "The request did not arrive completely within the server's time limit. Of events that came as lines those " +
      "before are kept; of anything else nothing was taken.",
  },
  MW0811: {
    title: "server is shutting down",
    exit: 3,
    http: 503,
    about:
      "The server finishes what is in flight and takes nothing new. Send the request to another instance.",
  },
  MW0812: {
    title: "bad batch",
    exit: 2,
    http: 400,
    about: "A batch is an object with one key that holds an array no longer than the server's limit.",
  },
  MW0813: {
    title: "malformed HTTP request",
    exit: 2,
    http: 400,
    about:
      "The request breaks HTTP: a bad request line, a bad percent escape, or a body shorter than announced.",
  },
  MW0814: {
    title: "unknown model",
    exit: 2,
    http: 404,
    about:
      "The server has no model of this name. The message names the nearest one; `GET /v1/models` lists all.",
  },
  MW0815: {
    title: "cannot listen",
    exit: 3,
    http: 500,
    about: "The server's address is taken, forbidden or not this machine's. Choose another host or port.",
  },
  MW0816: {
    title: "header too large",
    exit: 2,
    http: 431,
    about: "The request line and headers together are over 16 KiB.",
  },
  MW0828: {
    title: "malformed wish",
    exit: 2,
    http: 400,
    about:
      "The headers `millwright-priority` and `millwright-timeout-ms`, by which a caller of the typed API says how urgent " +
      "a prediction is and how long it waits, are whole numbers, the first at most 10. Nothing was computed.",
  },
  MW0829: {
    title: "not an origin",
    exit: 2,
    http: 500,
    about:
      "Pages of other origins may call a server from a browser where it is told of them: by scheme, host and port, such " +
      "as `https://shop.example`, or by `*` for all.",
  },
  MW0826: {
    title: "worker died",
    exit: 3,
    http: 500,
    about:
      "A process that was to serve beside others ended before it served. What it wrote on standard error says why.",
  },
  MW0827: {
    title: "workers need a shared store",
    exit: 2,
    http: 500,
    about:
      "Several processes can serve models with windowed features only where they share them: configure " +
      "`storage.online` as `redis({ … })`, or serve with one worker.",
  },
});
