export { codeState } from "./code-state.js";
