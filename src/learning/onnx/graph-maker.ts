/** Who made a graph. It stands by itself: what users import must not pull in the types of ONNX's protocol buffers. */
export interface GraphInfo {
  readonly producer: string;
  readonly producerVersion: string;
  readonly graphName: string;
  readonly doc: string;
}
