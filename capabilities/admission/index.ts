/** Which requests are admitted by whom: thin bindings between Pepr and the pure functions of this folder. */
import type { GenericKind } from "kubernetes-fluent-client";
import type { PeprMutateRequest, PeprValidateRequest } from "pepr";
import { Capability, Log } from "pepr";
import * as kinds from "../../crds/kinds";
import { prepareSafely } from "./prepare";
import type { Request, Submitted } from "./request";
import type { ReviewWorld } from "./review";
import { reviewSafely } from "./review";

/** Moves old spellings and gives defaults (Mutate), then checks what a schema cannot (Validate). */
export function admission(world: ReviewWorld): Capability {
  const capability = new Capability({
    name: "admission",
    description: "Moves old spellings, gives defaults, and checks that what an object refers to exists.",
  });
  const { When } = capability;
  for (const model of [kinds.LLM, kinds.MCPServer, kinds.Task, kinds.TaskRun]) {
    When(model).IsCreatedOrUpdated().Mutate(prepareIncoming);
  }
  for (const model of [kinds.LLM, kinds.Agent, kinds.MCPServer, kinds.Tool, kinds.Task, kinds.TaskRun]) {
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

/** Pepr lets a Mutate action refuse only by throwing; `withoutBookkeeping` carries the message to where kubectl prints it. */
async function prepareIncoming(incoming: PeprMutateRequest<GenericKind>): Promise<void> {
  const preparation = await prepareSafely(requestOf(incoming), reportFault(incoming));
  if (preparation.kind === "Refused") throw new Error(preparation.message);
  if (preparation.kind === "Changed") incoming.Raw["spec"] = preparation.spec;
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

function reportFault({ Request: { uid, kind, namespace, name } }: Incoming): (thrown: unknown) => void {
  return (thrown) =>
    Log.error(
      { uid, kind: kind.kind, namespace, name, err: thrown },
      "A request could not be examined; this is a bug.",
    );
}
