// The process that sends requests at intended times, whatever the answers do. It is told what to send over IPC and
// gives back one record for every intended request; nothing is put together here.
import { once } from "node:events";
import { connect } from "node:net";
import { Worker } from "node:worker_threads";

const headEnd = Buffer.from("\r\n\r\n");
const lastChunk = Buffer.from("0\r\n\r\n");
const none = Buffer.alloc(0);
const lookMs = 20;

/** One connection with one request at a time; it connects again when the server has closed it. */
class Connection {
  #port;
  #socket;
  #got = none;
  #settle;

  constructor(port) {
    this.#port = port;
  }

  open() {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: this.#port, host: "127.0.0.1", noDelay: true });
      socket.once("connect", () => resolve(this)).once("error", reject);
      socket.on("error", () => undefined).on("close", () => this.#lost(socket));
      socket.on("data", (chunk) => this.#read(chunk));
      this.#socket = socket;
    });
  }

  /** `settle(status, retryAfter)` is called once; status 0 means that no answer came. */
  send(bytes, settle) {
    this.#settle = settle;
    if (this.#socket !== undefined) {
      this.#socket.write(bytes);
      return;
    }
    this.open().then(
      () => this.#socket?.write(bytes),
      () => this.#done(0, false),
    );
  }

  close() {
    this.#settle = undefined;
    this.#socket?.destroy();
  }

  #lost(socket) {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    this.#done(0, false);
  }

  #done(status, retryAfter) {
    const settle = this.#settle;
    this.#settle = undefined;
    this.#got = none;
    settle?.(status, retryAfter);
  }

  #read(chunk) {
    this.#got = this.#got.length === 0 ? chunk : Buffer.concat([this.#got, chunk]);
    const end = this.#got.indexOf(headEnd);
    if (end === -1) return;
    const head = this.#got.latin1Slice(0, end).toLowerCase();
    const at = head.indexOf("\r\ncontent-length:");
    if (
      at === -1 ? !this.#got.subarray(-5).equals(lastChunk) : this.#got.length < end + 4 + lengthAt(head, at)
    )
      return;
    if (head.includes("\r\nconnection: close")) {
      this.#socket?.destroy();
      this.#socket = undefined;
    }
    this.#done(Number(head.slice(9, 12)), head.includes("\r\nretry-after:"));
  }
}

const lengthAt = (head, at) => Number.parseInt(head.slice(at + 17), 10);

function wireOf({ path, headers, body }) {
  const lines = Object.entries({ host: "127.0.0.1", ...headers, "content-length": body.length });
  const head = `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), body]);
}

/** The records of the intended requests; a status of 0 is an error, -1 was not sent, -2 had no answer in time. */
function emptyRecords(count) {
  return {
    sentAt: new Float64Array(count).fill(NaN),
    doneAt: new Float64Array(count).fill(NaN),
    status: new Int16Array(count).fill(-1),
    retryAfter: new Uint8Array(count),
  };
}

/** Sends what is due over the connections that are free, in order, and writes the records. */
function createSender({ wires, connections, schedule, now, lastSendMs }) {
  const free = [...connections];
  const records = emptyRecords(schedule.length);
  let due = 0;
  let sent = 0;
  let settled = 0;

  function send(number, connection) {
    records.sentAt[number] = now();
    records.status[number] = -2;
    connection.send(wires[number % wires.length], (status, retryAfter) => {
      records.doneAt[number] = now();
      records.status[number] = status;
      records.retryAfter[number] = retryAfter ? 1 : 0;
      settled++;
      free.push(connection);
      if (now() < lastSendMs) sendDue();
    });
  }

  function sendDue() {
    while (sent < due && free.length > 0) send(sent++, free.shift());
  }

  return {
    records,
    wake: () => {
      const at = now();
      while (due < schedule.length && schedule[due] <= at) due++;
      sendDue();
    },
    /** Whether everything was answered that was sent in time. */
    isOver: () => settled === sent && (sent === schedule.length || now() >= lastSendMs),
  };
}

async function run({ port, requests, intended, connections: count, patienceMs, answerMs }) {
  const connections = await Promise.all(Array.from({ length: count }, () => new Connection(port).open()));
  const schedule = new Float64Array(new SharedArrayBuffer(intended.length * 8));
  schedule.set(intended);
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const metronome = new Worker(new URL("metronome.mjs", import.meta.url), { workerData: { schedule, flag } });
  await once(metronome, "message");
  const begin = process.hrtime.bigint();
  metronome.postMessage(begin);
  const now = () => Number(process.hrtime.bigint() - begin) / 1e6;
  const lastSendMs = (schedule.at(-1) ?? 0) + patienceMs;
  const sender = createSender({ wires: requests.map(wireOf), connections, schedule, now, lastSendMs });
  metronome.on("message", sender.wake);
  await new Promise((resolve) => {
    const look = setInterval(() => {
      if (!sender.isOver() && now() < lastSendMs + answerMs) return;
      clearInterval(look);
      resolve();
    }, lookMs);
  });
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
  await metronome.terminate();
  for (const connection of connections) connection.close();
  return sender.records;
}

process.once("message", (given) => {
  run(given).then(
    (records) => process.send({ records }, () => process.disconnect()),
    (error) => process.send({ error: error.message }, () => process.disconnect()),
  );
});
