import type { GrpcCall, GrpcOutcome, OpenDoor } from "./door.js";

/** Does the work of a call and tells the door how it ended. What the door throws at that changes no answer. */
export async function settled<Response>(
  door: OpenDoor,
  call: GrpcCall,
  work: () => Promise<Response>,
): Promise<Response> {
  try {
    const response = await work();
    tell(door, call, { status: 200, ...versionOf(response) });
    return response;
  } catch (error) {
    const coded = door.explain(error, call.method);
    tell(door, call, { status: coded.row.http, code: coded.code });
    throw coded;
  }
}

function tell(door: OpenDoor, call: GrpcCall, outcome: GrpcOutcome): void {
  try {
    door.onSettled?.(call, outcome);
  } catch (error) {
    door.explain(error, call.method);
  }
}

/** Answers of inferences bear the version that computed them. */
function versionOf(response: unknown): Pick<GrpcOutcome, "version"> {
  if (typeof response !== "object" || response === null || !("model_version" in response)) return {};
  return { version: String(response.model_version) };
}
