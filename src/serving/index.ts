export { standardLog, type HttpServerOptions, type ServerLog } from "./http/options.js";
export { startServers, type Served, type Servers, type ServersOptions } from "./start-servers.js";
export { startCrew, type Crew } from "./workers/crew.js";
export { joinCrew, type Member } from "./workers/member.js";
export { shareDoors } from "./workers/shared.js";
export { requireShareable } from "./workers/require-shareable.js";
