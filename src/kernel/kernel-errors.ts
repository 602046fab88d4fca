import { errorTable } from "./errors.js";

export const kernelErrors = errorTable({
  MW0101: {
    title: "bad duration",
    exit: 2,
    http: 400,
    about: "A duration is a whole number and a unit: ms, s, m, h or d, such as `90s`, `1h` or `7d`.",
  },
  MW0102: {
    title: "value cannot be hashed",
    exit: 3,
    http: 500,
    about:
      "Canonical hashing takes JSON values only; a function, a symbol, NaN or an infinite number has no canonical form.",
  },
  MW0103: {
    title: "unknown name",
    exit: 2,
    http: 400,
    about: "A name was used that the definition does not have. The message names the nearest valid one.",
  },
  MW0104: {
    title: "bad definition",
    exit: 2,
    http: 400,
    about: "A definition in the configuration has a value that its type does not allow.",
  },
  MW0105: {
    title: "cancelled",
    exit: 3,
    http: 499,
    about: "The operation was cancelled by its caller before it finished; nothing was half-written.",
  },
});
