import { describeRegistryStoreContract } from "../../../test/contracts/registry-store.js";
import { memoryRegistryStore } from "./registry-store.js";

describeRegistryStoreContract("memory", async (clock) => memoryRegistryStore(clock));
