import { errorTable } from "../../kernel/index.js";

export const tracingErrors = errorTable({
  MW1015: {
    title: "bad collector address",
    exit: 2,
    http: 500,
    about:
      "Traces are sent to a collector's OTLP/HTTP endpoint, an http or https address such as `http://127.0.0.1:4318`.",
  },
});
