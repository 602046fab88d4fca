import { parentPort, workerData } from "node:worker_threads";
import type { WorkerMessage } from "../run-workers.js";
import { solveLogistic, type LogisticProblem, type LogisticSolution } from "./newton.js";

const post = (message: WorkerMessage<LogisticSolution>) => parentPort?.postMessage(message);
const result = solveLogistic(workerData as LogisticProblem, (done) => post({ kind: "progress", done }));
post({ kind: "result", result });
