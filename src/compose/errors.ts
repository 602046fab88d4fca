import { errorTable } from "../kernel/index.js";

export const composeErrors = errorTable({
  MW1120: {
    title: "no project here",
    exit: 2,
    http: 500,
    about:
      "The folder has no `millwright.config.ts` (or `.js`, `.mjs`). Run `millwright init` or name the folder.",
  },
  MW1121: {
    title: "configuration not readable",
    exit: 2,
    http: 500,
    about: "The configuration could not be loaded: it has a syntax error, an import that fails, or it threw.",
  },
  MW1122: {
    title: "bad configuration",
    exit: 2,
    http: 500,
    about:
      "The configuration's default export is not what `defineProject` makes, or a part of it does not fit.",
  },
});
