/**
 * What is changed about an object before the schema sees it: old spellings are moved, an LLM gets a model, a Task the name of
 * who asked, and a decision on a ToolCall its stamp. It decides; the binding applies.
 */
import { withModel } from "./defaults";
import { introduced } from "./references";
import type { Annotations, SignedRequest } from "./request";
import { faultMessage, leavesSpecAlone, referrerOf } from "./request";
import { withRequester } from "./requester";
import type { RawSpec } from "./spellings";
import { respell } from "./spellings";
import type { ApprovalWorld } from "./decisions";
import { prepareDecision } from "./decisions";

/** What is to happen to the object: nothing, another spec or other annotations, or a refusal in a whole sentence. */
export type Preparation =
  | { kind: "AsIs" }
  | { kind: "Changed"; spec?: RawSpec; annotations?: Annotations }
  | { kind: "Refused"; message: string };

/** What is to happen to the object of a request. */
export async function prepare(request: SignedRequest, world: ApprovalWorld): Promise<Preparation> {
  switch (request.kind) {
    case "ToolCall":
      return signed(await prepareDecision(request, world), request);
    case "Task":
    case "TaskRun":
      return signed(prepareSpec(request), request);
    default:
      return prepareSpec(request);
  }
}

/** The preparation, and the truth about who asked. */
function signed(preparation: Preparation, request: SignedRequest): Preparation {
  if (preparation.kind === "Refused") return preparation;
  const prepared = preparation.kind === "Changed" ? preparation : undefined;
  const spec = withRequester(prepared?.spec ?? request.object.spec ?? {}, request);
  return spec ? { ...prepared, kind: "Changed", spec } : preparation;
}

function prepareSpec(request: SignedRequest): Preparation {
  if (leavesSpecAlone(request)) return { kind: "AsIs" };
  const { kind, object, stored } = request;
  const given = object.spec ?? {};
  const respelling = respell(kind, given, stored?.spec);
  if (respelling.kind === "Contradiction")
    return {
      kind: "Refused",
      message: `${introduced(referrerOf(request))} ${respelling.message}`,
    };
  const respelled = respelling.kind === "Moved" ? respelling.spec : given;
  const spec = (kind === "LLM" && withModel(respelled, object.metadata?.name)) || respelled;
  return spec === given ? { kind: "AsIs" } : { kind: "Changed", spec };
}

/** A preparation that always answers; one that throws has a bug, and `report` gets what was thrown. */
export async function prepareSafely(
  request: SignedRequest,
  world: ApprovalWorld,
  report: (thrown: unknown) => void,
): Promise<Preparation> {
  const [settled] = await Promise.allSettled([Promise.resolve(request).then((asked) => prepare(asked, world))]);
  if (settled.status === "fulfilled") return settled.value;
  report(settled.reason);
  return { kind: "Refused", message: faultMessage(request) };
}
