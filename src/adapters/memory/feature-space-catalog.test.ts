import { describeFeatureSpaceCatalogContract } from "../../../test/contracts/feature-space-catalog.js";
import { memoryFeatureSpaceCatalog } from "./feature-space-catalog.js";

describeFeatureSpaceCatalogContract("memory", async () => memoryFeatureSpaceCatalog());
