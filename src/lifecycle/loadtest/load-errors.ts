import { errorTable } from "../../kernel/index.js";

export const loadErrors = errorTable({
  MW1175: {
    title: "no peak is declared",
    exit: 2,
    http: 400,
    about:
      "A load test steps up to twice the peak that a model must bear, and the model declares none. Declare " +
      "`slo: { peakPerSecond }`, or give a rate with --rate.",
  },
  MW1176: {
    title: "load plan does not fit",
    exit: 2,
    http: 400,
    about:
      "A load test has ascending steps with the declared peak, 100 %, among them, and as many requests as can be kept " +
      "in memory. The message says what was asked for.",
  },
  MW1177: {
    title: "nothing to send",
    exit: 2,
    http: 422,
    about:
      "A load test sends rows of the latest dataset version that are complete requests, or the lines of a file, each a " +
      "JSON object. There are none.",
  },
  MW1178: {
    title: "trial request failed",
    exit: 3,
    http: 502,
    about:
      "Before a load test one of its requests is sent alone. The server could not be reached, did not answer in time, " +
      "or refused it, so that no load was sent.",
  },
  MW1179: {
    title: "load generator ended",
    exit: 3,
    http: 500,
    about:
      "The thread that sends the requests of a load test ended by a fault. Nothing was judged or recorded.",
  },
});
