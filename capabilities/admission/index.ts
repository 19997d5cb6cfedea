/** Which requests are admitted by whom: thin bindings between Pepr and the pure functions of this folder. */
import type { GenericKind } from "kubernetes-fluent-client";
import type { PeprMutateRequest, PeprValidateRequest } from "pepr";
import { Capability, Log } from "pepr";
import * as kinds from "../../crds/kinds";
import { OPERATORS } from "../../crds/index";
import { systemClock } from "../runtime/clock";
import type { Recorder } from "../runtime/events";
import { createExpressions } from "../runtime/expressions";
import { createArguments } from "../toolcalls/arguments";
import type { AdmissionWorld } from "./existence";
import { askApiServer } from "./may-approve";
import { prepareSafely } from "./prepare";
import type { Request, SignedRequest, Submitted, User } from "./request";
import type { ReviewWorld } from "./review";
import { reviewSafely } from "./review";
import type { ApprovalWorld } from "./decisions";

/** What admission needs of the operator. */
export interface Surroundings extends AdmissionWorld, Pick<ReviewWorld, "environment"> {
  recorder: Recorder;
}

/**
 * Moves old spellings, gives defaults and stamps what people decide and ask (Mutate), then checks what a schema cannot
 * (Validate).
 */
export function admission(surroundings: Surroundings): Capability {
  const world = withOwnTools(surroundings);
  const capability = new Capability({
    name: "admission",
    description:
      "Moves old spellings, gives defaults, stamps approvals, and checks that what an object refers to exists.",
  });
  const { When } = capability;
  for (const model of [kinds.LLM, kinds.MCPServer, kinds.Task, kinds.TaskRun, kinds.ToolCall]) {
    When(model)
      .IsCreatedOrUpdated()
      .Mutate(async function prepareIncoming(incoming) {
        await prepareInPlace(incoming, world);
      });
  }
  for (const model of [
    kinds.LLM,
    kinds.Agent,
    kinds.MCPServer,
    kinds.ContactChannel,
    kinds.Tool,
    kinds.Task,
    kinds.TaskRun,
  ]) {
    When(model)
      .IsCreatedOrUpdated()
      .Validate(async function reviewIncoming(incoming) {
        const verdict = await reviewSafely(requestOf(incoming), world, reportFault(incoming));
        return verdict.kind === "Approve"
          ? incoming.Approve(verdict.warnings)
          : incoming.Deny(verdict.message, 422, verdict.warnings);
      });
  }
  return capability;
}

/** Making these opens nothing: they begin with the first request that needs them. */
function withOwnTools(surroundings: Surroundings): ReviewWorld & ApprovalWorld {
  const { cluster, known, environment, recorder } = surroundings;
  return {
    cluster,
    known,
    recorder,
    ...(environment && { environment }),
    clock: systemClock,
    expressions: createExpressions(),
    arguments: createArguments(),
    mayApprove: askApiServer({ cluster, clock: systemClock }),
  };
}

/** Pepr lets a Mutate action refuse only by throwing; `withoutBookkeeping` carries the message to where kubectl prints it. */
async function prepareInPlace(incoming: PeprMutateRequest<GenericKind>, world: ApprovalWorld): Promise<void> {
  const preparation = await prepareSafely(signedRequestOf(incoming), world, reportFault(incoming));
  if (preparation.kind === "Refused") throw new Error(preparation.message);
  if (preparation.kind === "AsIs") return;
  const { spec, annotations } = preparation;
  if (spec) incoming.Raw["spec"] = spec;
  if (annotations) incoming.Raw.metadata = { ...incoming.Raw.metadata, annotations: { ...annotations } };
}

type Incoming = PeprMutateRequest<GenericKind> | PeprValidateRequest<GenericKind>;

function requestOf({ Raw, OldResource, Request: { kind, namespace } }: Incoming): Request {
  const object = Raw as Submitted;
  const request = {
    kind: kind.kind,
    namespace: namespace ?? Raw.metadata?.namespace ?? "default",
    object,
  };
  return OldResource ? { ...request, stored: OldResource as Submitted } : request;
}

function signedRequestOf(incoming: PeprMutateRequest<GenericKind>): SignedRequest {
  const { userInfo, dryRun = false } = incoming.Request;
  return { ...requestOf(incoming), user: userOf(userInfo), isDryRun: dryRun };
}

function userOf({ username = "", ...more }: PeprMutateRequest<GenericKind>["Request"]["userInfo"]): User {
  return { username, ...more, isOperator: OPERATORS.includes(username) };
}

function reportFault({ Request: { uid, kind, namespace, name } }: Incoming): (thrown: unknown) => void {
  return (thrown) =>
    Log.error(
      { uid, kind: kind.kind, namespace, name, err: thrown },
      "A request could not be examined; this is a bug.",
    );
}
