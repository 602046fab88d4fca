import vitest from "@vitest/eslint-plugin";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";
import { rooms, table } from "./scripts/architecture-table.mjs";

const tests = ["**/*.test.ts", "**/*.testing.ts", "test/**/*.ts"];
const waiting = "Domains do not wait for time to pass; giving way with `setImmediate` is fine.";
const pureRooms = rooms.filter((room) => ["story", "domains", "mathematics", "ground"].includes(room.layer));

/** What the compiler does not see. */
const mistakes = [
  "no-cond-assign",
  "no-constant-binary-expression",
  "no-constant-condition",
  "no-dupe-else-if",
  "no-duplicate-case",
  "no-empty-character-class",
  "no-loss-of-precision",
  "no-misleading-character-class",
  "no-self-assign",
  "no-self-compare",
  "no-sparse-arrays",
  "no-unreachable-loop",
  "no-unsafe-finally",
  "no-unsafe-optional-chaining",
  "no-useless-catch",
  "no-useless-escape",
  "no-var",
  "prefer-const",
  "preserve-caught-error",
  "use-isnan",
  "valid-typeof",
];

/** What plain JavaScript may use without importing it; TypeScript knows by itself. */
const nodeGlobals = [
  ...["process", "console", "performance", "Buffer", "URL", "TextEncoder", "TextDecoder"],
  ...["setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate", "queueMicrotask"],
  ...["fetch", "AbortController", "AbortSignal", "structuredClone"],
];

const wallClock = [
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: "Take the time from the clock that is passed in.",
  },
  {
    selector: "CallExpression[callee.name='Date']",
    message: "Take the time from the clock that is passed in.",
  },
];
const namedExports = [
  {
    selector: "ExportDefaultDeclaration",
    message: "Export by name, so that a thing is called the same everywhere.",
  },
  {
    selector: "ExportAllDeclaration",
    message: "Name what is exported, so that a room's surface can be read in its index.",
  },
];
const castAway = [
  {
    selector: "TSAsExpression > TSAsExpression[typeAnnotation.type='TSUnknownKeyword']",
    message: "A cast through unknown silences the compiler: narrow the value or mend its type.",
  },
];
const sleeping = [
  {
    selector: "CallExpression[callee.name=/^set(Timeout|Interval)$/]",
    message: "A test that sleeps is slow on a fast machine and wrong on a slow one: wait for the event.",
  },
  {
    selector: "ImportDeclaration[source.value=/^(node:)?timers/]",
    message: "A test that sleeps is slow on a fast machine and wrong on a slow one: wait for the event.",
  },
];
const clockAndRandom = [
  { object: "Date", property: "now", message: "Take the time from the clock that is passed in." },
  { object: "performance", property: "now", message: "Take the time from the clock that is passed in." },
  { object: "process", property: "hrtime", message: "Take the time from the clock that is passed in." },
  { object: "Math", property: "random", message: "Draw from the rng that is passed in." },
];

export default defineConfig(
  globalIgnores([
    "dist/",
    "bench/.venv-feast/",
    "bench/.venv-learning/",
    "bench/.venv-serving/",
    "templates/",
    "test/architecture/fixtures/",
    "**/.millwright/",
    "coverage/",
  ]),
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      ...Object.fromEntries(mistakes.map((rule) => [rule, "error"])),
      "no-empty": ["error", { allowEmptyCatch: false }],
      "no-warning-comments": ["error", { terms: ["todo", "fixme", "xxx"] }],
      eqeqeq: "error",
    },
  },
  {
    files: ["**/*.ts", "**/*.mts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-exports": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
      "@typescript-eslint/no-import-type-side-effects": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", destructuredArrayIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      // A port is asynchronous even where one adapter can answer at once.
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/max-params": ["error", { max: 3 }],
      "no-restricted-properties": ["error", ...clockAndRandom],
      "no-restricted-syntax": ["error", ...namedExports, ...castAway, ...wallClock],
      "max-lines": ["error", { max: 300 }],
    },
  },
  {
    files: pureRooms.map((room) => `src/${room.name}/**/*.ts`),
    ignores: tests,
    rules: {
      "no-restricted-globals": [
        "error",
        { name: "process", message: "Environment, streams and signals are read in delivery and passed in." },
        { name: "setTimeout", message: waiting },
        { name: "setInterval", message: waiting },
        { name: "fetch", message: "The network is reached through a port." },
        { name: "console", message: "Report through the progress and log ports." },
      ],
      "no-restricted-imports": [
        "error",
        {
          name: "node:timers/promises",
          importNames: ["setTimeout", "setInterval", "scheduler"],
          message: waiting,
        },
      ],
    },
  },
  {
    files: tests,
    plugins: { vitest },
    rules: {
      "@typescript-eslint/max-params": "off",
      "@typescript-eslint/unbound-method": "off",
      "max-lines": ["error", { max: 500 }],
      "no-restricted-syntax": ["error", ...namedExports, ...castAway, ...wallClock, ...sleeping],
      "vitest/no-disabled-tests": "error",
      "vitest/no-focused-tests": "error",
      "vitest/no-identical-title": "error",
      "vitest/valid-expect": "error",
      "vitest/valid-expect-in-promise": "error",
      "vitest/require-awaited-expect-poll": "error",
    },
  },
  {
    files: ["**/*.test.ts"],
    rules: {
      // Contract suites are functions that hold the expectations: `testBlobStore(...)`.
      "vitest/expect-expect": [
        "error",
        { assertFunctionNames: ["expect", "expect*", "fc.assert", "assert*"] },
      ],
    },
  },
  // The two places where time and randomness enter, and the programs that are users themselves.
  { files: ["src/kernel/clock.ts", "src/kernel/rng.ts"], rules: { "no-restricted-properties": "off" } },
  {
    files: ["examples/**/*.ts", "bench/**/*.ts"],
    rules: { "no-restricted-properties": "off", "no-restricted-syntax": ["error", ...namedExports] },
  },
  // Tools that demand a default export.
  {
    files: ["*.config.ts", "**/millwright.config.ts"],
    rules: { "no-restricted-syntax": ["error", ...wallClock] },
  },
  ...Object.keys(table.longFiles).map((file) => ({
    files: [file],
    rules: { "max-lines": ["error", { max: 500 }] },
  })),
  {
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: { globals: Object.fromEntries(nodeGlobals.map((name) => [name, false])) },
    rules: { "no-undef": "error", "no-unused-vars": ["error", { ignoreRestSiblings: true }] },
  },
);
