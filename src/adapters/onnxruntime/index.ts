export { onnxruntimeSessions } from "./session.js";
