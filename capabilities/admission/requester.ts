/**
 * Who asked: the field that names the creator of a Task, and on whose behalf ToolCalls are made. Pure. It is written once, at
 * creation; whatever a request says about it later is put right without a word.
 */
import type { SignedRequest } from "./request";
import type { RawSpec } from "./spellings";

/** `spec` as it has to be in this request; undefined when it is so already. */
export function withRequester(spec: RawSpec, request: SignedRequest): RawSpec | undefined {
  const truth = trueRequester(spec, request);
  if (spec["requester"] === truth) return undefined;
  const { requester: _wrong, ...others } = spec;
  return truth === undefined ? others : { ...others, requester: truth };
}

function trueRequester(spec: RawSpec, { stored, user }: SignedRequest): unknown {
  if (stored) return stored.spec?.["requester"];
  // The operator asks on somebody's behalf. Where it does not know whose, its own name would say that it is known.
  return user.isOperator ? spec["requester"] : user.username;
}
