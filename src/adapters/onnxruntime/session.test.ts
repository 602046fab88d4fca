import { describeSessionContract } from "../../../test/contracts/session.js";
import { onnxruntimeSessions } from "./index.js";

describeSessionContract("onnxruntime", () => onnxruntimeSessions);
