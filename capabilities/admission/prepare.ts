/**
 * What is changed about an object before the schema sees it: old spellings are moved, and an LLM gets a model. Pure but
 * for the guard around it. It decides; the binding applies.
 */
import { withModel } from "./defaults";
import { introduced } from "./references";
import type { Request } from "./request";
import { faultMessage, leavesSpecAlone, referrerOf } from "./request";
import type { RawSpec } from "./spellings";
import { respell } from "./spellings";

/** What is to happen to the object: nothing, another spec, or a refusal in a whole sentence. */
export type Preparation = { kind: "AsIs" } | { kind: "Changed"; spec: RawSpec } | { kind: "Refused"; message: string };

export function prepare(request: Request): Preparation {
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
export async function prepareSafely(request: Request, report: (thrown: unknown) => void): Promise<Preparation> {
  const [settled] = await Promise.allSettled([Promise.resolve(request).then(prepare)]);
  if (settled.status === "fulfilled") return settled.value;
  report(settled.reason);
  return { kind: "Refused", message: faultMessage(request) };
}
