import { describeSessionContract } from "../../../test/contracts/session.js";
import { onnxruntimeSessions } from "./index.js";

describeSessionContract("onnxruntime in line", () => onnxruntimeSessions);
describeSessionContract("onnxruntime apart", () => onnxruntimeSessions, { apart: { limitMs: 60_000 } });
describeSessionContract("onnxruntime in a thread", () => onnxruntimeSessions, { inThread: true });
