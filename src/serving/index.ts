export type { HttpServerOptions, ServerLog } from "./http/options.js";
export { startHttpServer, type HttpServer } from "./http/server.js";
