import { describeApiKeyStoreContract } from "../../../test/contracts/api-key-store.js";
import { memoryApiKeyStore } from "./api-key-store.js";

describeApiKeyStoreContract("memory", async () => memoryApiKeyStore());
