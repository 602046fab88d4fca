import { describe, expect, it } from "vitest";
import { compileBatching, type BatchingOptions } from "./batching.js";

describe("the options of batching", () => {
  it("may be left out", () => {
    expect(compileBatching()).toEqual({ maxBatchRows: 64, maxQueuedRows: 4096, instances: 1 });
    expect(compileBatching({ instances: 2 })).toMatchObject({ maxBatchRows: 64, instances: 2 });
  });

  it.each<[object, string]>([
    [{ maxBatchRow: 8 }, "MW0103"],
    [{ maxBatchRows: 0 }, "MW0104"],
    [{ maxQueuedRows: 1.5 }, "MW0104"],
    [{ instances: 65 }, "MW0104"],
  ])("are refused as %j", (options, code) => {
    expect(() => compileBatching(options as BatchingOptions)).toThrow(
      expect.objectContaining({ code }) as Error,
    );
  });
});
