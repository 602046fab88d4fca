import { describeRunStoreContract } from "../../../test/contracts/run-store.js";
import { memoryRunStore } from "./run-store.js";

describeRunStoreContract("memory", async () => memoryRunStore());
