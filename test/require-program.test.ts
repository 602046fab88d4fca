import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { requireProgram } from "./require-program.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millwright-program-"));
  vi.stubEnv("PATH", folder);
  vi.stubEnv("MILLWRIGHT_MISSING_PROGRAMS", join(folder, "missing.txt"));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe("requireProgram", () => {
  test("finds an executable file and passes over one that is not", () => {
    const path = join(folder, "mill");
    writeFileSync(path, "");
    vi.stubEnv("CI", "");
    expect(requireProgram("mill", "build one")).toBeUndefined();
    chmodSync(path, 0o755);
    expect(requireProgram("mill", "build one")).toBe(path);
  });

  test("in CI a missing program is a failure that names the remedy", () => {
    vi.stubEnv("CI", "true");
    expect(() => requireProgram("mill", "build one")).toThrow("mill is missing; get it with: build one");
  });

  test("elsewhere it is noted for the end of the run", () => {
    vi.stubEnv("CI", "");
    expect(requireProgram("mill", "build one")).toBeUndefined();
    expect(readFileSync(join(folder, "missing.txt"), "utf8")).toBe("mill; get it with: build one\n");
  });
});
