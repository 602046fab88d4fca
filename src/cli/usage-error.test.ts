import { expect, test } from "vitest";
import { usageError } from "./usage-error.js";

test("what commander says becomes a coded error, with its suggestion", () => {
  const unknown = usageError({
    code: "commander.unknownOption",
    message: "error: unknown option '--jsn'\n(Did you mean --json?)",
  });
  expect(unknown).toMatchObject({
    code: "MW1201",
    found: "unknown option '--jsn'",
    remedy: "Did you mean --json?",
    row: { exit: 2 },
  });
  expect(usageError({ code: "commander.help", message: "(outputHelp)" })).toMatchObject({
    found: "no command",
  });
});
