import { serveWorker } from "../kernel/index.js";
import { copyNext, word, type CopyJob } from "./copy-latest.js";

serveWorker<CopyJob, true>((job) => {
  for (;;) {
    const changes = Atomics.load(job.words, word.changes);
    if (copyNext(job)) continue;
    if (Atomics.load(job.words, word.closed) === 1) return true;
    Atomics.wait(job.words, word.changes, changes);
  }
});
