import type { ServerDuplexStream } from "@grpc/grpc-js";
import { shuttingDown } from "../refusals.js";
import type { OpenDoor } from "./door.js";
import { decoded, waitingFor, type BrokenMessage, type Waiting } from "./incoming.js";
import type { AnswerInference } from "./infer.js";
import { refused } from "./methods.js";
import type { InferRequest, StreamInferResponse } from "./messages.js";
import { errorText, statusOf } from "./status.js";

type Call = ServerDuplexStream<InferRequest | BrokenMessage, StreamInferResponse>;

const method = "ModelStreamInfer";

/**
 * A stream of inferences. Answers come in the order of the requests; several are computed at once, so that they share
 * batches. An error is a message like others, and the stream lives on.
 *
 * Memory stays bounded whoever is at the other end: with `maxStreamInFlight` answers not yet taken no request is
 * read, and an answer is handed over when the one before it has left.
 */
export function streamMethod(door: OpenDoor, infer: AnswerInference, open: Set<() => void>) {
  const most = door.options.maxStreamInFlight;
  return (call: Call): void => {
    const waiting = sharedWaiting(call, door);
    let inFlight = 0;
    let last = Promise.resolve();
    const finish = (end: () => void) => {
      open.delete(refuse);
      call.pause();
      void last.then(end);
    };
    // Requests that the client has sent and nobody read are not answered: it must learn that from the status.
    const refuse = () => finish(() => call.emit("error", statusOf(refused(door, closed(), method))));
    open.add(refuse);
    waiting.onGone(() => open.delete(refuse));
    call.on("data", (message: InferRequest | BrokenMessage) => {
      inFlight++;
      if (inFlight >= most) call.pause();
      const answer = answered(door, infer, { message, waiting });
      last = last
        .then(() => answer)
        .then((response) => handedOver(call, waiting, response))
        .finally(() => {
          inFlight--;
          if (inFlight < most && open.has(refuse)) call.resume();
        });
    });
    call.once("end", () => finish(() => call.end()));
  };
}

/** One listener for the end of the call, whatever number of requests wait in it. */
function sharedWaiting(call: Call, { clock }: OpenDoor): Waiting {
  const listeners = new Set<() => void>();
  const waiting = waitingFor(call, method, clock);
  let gone = false;
  waiting.onGone(() => {
    gone = true;
    for (const listener of listeners) listener();
    listeners.clear();
  });
  return {
    ...waiting,
    onGone(listener) {
      if (gone) listener();
      else listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

interface Asked {
  readonly message: InferRequest | BrokenMessage;
  readonly waiting: Waiting;
}

/** Never rejects. */
async function answered(
  door: OpenDoor,
  infer: AnswerInference,
  { message, waiting }: Asked,
): Promise<StreamInferResponse> {
  let id = "";
  try {
    const request = decoded(message, method);
    id = request.id;
    const response = await infer(request, waiting);
    // What a client of decoupled models waits for: here every answer is the only one of its request.
    const parameters = { ...response.parameters, triton_final_response: { bool_param: true } };
    return { error_message: "", infer_response: { ...response, parameters } };
  } catch (error) {
    return { error_message: errorText(refused(door, error, method)), infer_response: { id } };
  }
}

/** Resolves when the message has left for the network, or nobody is there to take it. */
function handedOver(call: Call, waiting: Waiting, response: StreamInferResponse): Promise<void> {
  return new Promise((resolve) => {
    const forget = waiting.onGone(resolve);
    call.write(response, () => {
      forget();
      resolve();
    });
  });
}

const closed = () =>
  shuttingDown("Open the stream on another instance, and send again what was not answered.");
