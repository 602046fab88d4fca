import { describeResponseCacheContract } from "../../../test/contracts/response-cache.js";
import { manualClock } from "../../kernel/index.js";
import { memoryResponseCache } from "./response-cache.js";

describeResponseCacheContract("memory", async () => {
  const clock = manualClock();
  const cache = memoryResponseCache({ entries: 100, sizeBytes: 2 ** 20 }, clock);
  return { cache, expire: () => clock.advance(3_600_000) };
});
