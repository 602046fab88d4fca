import { dependencyCruiserConfig } from "./scripts/architecture-rules.mjs";

export default dependencyCruiserConfig();
