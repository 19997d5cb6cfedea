/**
 * Judges one request to create or change an object of ours, after defaults and the schema: what a schema cannot see. It
 * never stands in the way of a deletion or of a change that leaves the spec alone, and never answers with a stack.
 */
import type { ContactChannelSpec, LLM, MCPServerSpec } from "../../crds/index";
import type { ModelEnvironment } from "../adapters/models/endpoint";
import { endpointOf } from "../adapters/models/endpoint";
import { refusedParameters } from "../adapters/models/parameters";
import type { Expressions } from "../runtime/expressions";
import { examineChannel } from "./contact-channel";
import type { AdmissionWorld } from "./existence";
import { findMissing, similarTo, warnsOnly } from "./existence";
import type { Findings } from "./mcp-server";
import { examine } from "./mcp-server";
import { faultOf } from "./output-schema";
import type { Referrer } from "./references";
import {
  impossibleRefusal,
  introduced,
  isPossible,
  newReferences,
  refusal,
  uncheckedWarnings,
  waitWarnings,
} from "./references";
import type { Request, Submitted } from "./request";
import { faultMessage, leavesSpecAlone, referrerOf } from "./request";
import type { RawSpec } from "./spellings";
import { withoutEffect } from "./without-effect";

/** Whether a request may pass, and what its sender is told. */
export type Verdict = { kind: "Approve"; warnings: string[] } | { kind: "Deny"; message: string; warnings: string[] };

/** What the reviewers need from outside. */
export interface ReviewWorld extends AdmissionWorld {
  /** Addresses that the operator's environment gives, as the model adapters get them; none when left out. */
  environment?: ModelEnvironment;
  expressions: Pick<Expressions, "faultOf">;
}

/** Judges a request. Throws only by a bug. */
export async function review(request: Request, world: ReviewWorld): Promise<Verdict> {
  if (leavesSpecAlone(request)) return approve([]);
  const { object, stored } = request;
  const spec = object.spec ?? {};
  const referrer = referrerOf(request);
  const own = reviewOwn(request, world);
  if (own.kind === "Deny") return own;
  const references = await reviewReferences(referrer, spec, stored?.spec, world);
  return { ...references, warnings: [...own.warnings, ...withoutEffect(request), ...references.warnings] };
}

/** What there is to say about an object without looking at others. */
function reviewOwn(request: Request, world: ReviewWorld): Verdict {
  switch (request.kind) {
    case "LLM":
      return reviewLLM(request.object, world.environment ?? {});
    case "MCPServer":
      return reviewMCPServer(request, world);
    case "ContactChannel":
      return toVerdict(examineChannel((request.object.spec ?? {}) as unknown as ContactChannelSpec), request);
    case "Task":
      return reviewTask(request);
    default:
      return approve([]);
  }
}

function approve(warnings: string[]): Verdict {
  return { kind: "Approve", warnings };
}

/** What the provider would refuse is a warning, for the object is still of use, and its Secret or endpoint may yet come. */
function reviewLLM(object: Submitted, environment: ModelEnvironment): Verdict {
  // The schema has accepted the spec; of the metadata only the name is read.
  const llm = {
    metadata: { name: object.metadata?.name ?? "" },
    spec: object.spec,
  } as unknown as LLM;
  const endpoint = endpointOf(llm, environment);
  if (endpoint.kind === "Failure") return approve([endpoint.message]);
  return approve(
    refusedParameters(llm.spec, endpoint).map(
      ({ parameter, why }) => `spec.parameters.${parameter} will not be sent: ${why}`,
    ),
  );
}

/** What could never be started or sent is refused; a doubt is a warning. The schema has accepted the spec. */
function reviewMCPServer(request: Request, { expressions }: ReviewWorld): Verdict {
  const spec = (request.object.spec ?? {}) as unknown as MCPServerSpec;
  const { faults, warnings } = examine(spec);
  const { approvalPolicy } = spec;
  const fault = approvalPolicy === undefined ? undefined : expressions.faultOf(approvalPolicy);
  return toVerdict({ faults: fault === undefined ? faults : [...faults, policyFault(fault)], warnings }, request);
}

function policyFault(why: string): string {
  return `spec.approvalPolicy cannot be evaluated: ${why.replace(/\.$/, "")}. It is CEL over tool, args, annotations and task, and says whether a call needs approval.`;
}

function toVerdict({ faults, warnings }: Findings, request: Request): Verdict {
  if (faults.length === 0) return approve(warnings);
  const message = `${introduced(referrerOf(request))} cannot be used: ${faults.join(" ")}`;
  return { kind: "Deny", message, warnings };
}

/** Only at creation: afterwards the schema of the answer cannot change. */
function reviewTask(request: Request): Verdict {
  const outputSchema = request.object.spec?.["outputSchema"];
  const fault = outputSchema === undefined || request.stored ? undefined : faultOf(outputSchema);
  if (fault === undefined) return approve([]);
  return {
    kind: "Deny",
    message: `${introduced(referrerOf(request))} has an output schema that no answer could be checked with: ${fault}`,
    warnings: [],
  };
}

async function reviewReferences(
  referrer: Referrer,
  spec: RawSpec,
  stored: RawSpec | undefined,
  world: AdmissionWorld,
): Promise<Verdict> {
  const { namespace } = referrer;
  const references = newReferences(referrer, spec, stored);
  if (references.length === 0) return approve([]);
  const impossible = references.filter((reference) => !isPossible(reference));
  if (impossible.length > 0) return { kind: "Deny", message: impossibleRefusal(referrer, impossible), warnings: [] };
  const { missing, unchecked } = await findMissing(references, namespace, world);
  const warnings = uncheckedWarnings(referrer, unchecked);
  if (missing.length === 0) return approve(warnings);
  if (await warnsOnly(namespace, world)) return approve([...waitWarnings(referrer, missing), ...warnings]);
  return {
    kind: "Deny",
    message: refusal(referrer, missing, (reference) => similarTo(reference, namespace, world)),
    warnings,
  };
}

/**
 * A reviewer that always answers. One that throws has a bug, and what it was about to check is unknown: the request is
 * refused in words, rather than let through unseen or answered with a stack. `report` gets what was thrown.
 */
export async function reviewSafely(
  request: Request,
  world: ReviewWorld,
  report: (thrown: unknown) => void,
): Promise<Verdict> {
  const [settled] = await Promise.allSettled([review(request, world)]);
  if (settled.status === "fulfilled") return settled.value;
  report(settled.reason);
  return { kind: "Deny", message: faultMessage(request), warnings: [] };
}
