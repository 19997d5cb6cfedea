/** A request to create or change an object, as the reviews see it, and what every review asks of it. Pure. */
import { isSameJson } from "../runtime/same-json";
import type { Referrer } from "./references";
import { introduced } from "./references";
import type { RawSpec } from "./spellings";

/** `stored` is what the cluster holds, for an update. */
export interface Request {
  kind: string;
  namespace: string;
  object: Submitted;
  stored?: Submitted;
}

/** A request and whose it is. */
export interface SignedRequest extends Request {
  user: User;
  /** Nothing comes of a dry run, so nothing is told about it. */
  isDryRun: boolean;
}

/** Who sent a request, as the API server has authenticated them (authentication.k8s.io/v1 UserInfo). */
export interface User {
  username: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
  /** Whether it is an account of the operator. */
  isOperator: boolean;
}

/** The annotations of an object. */
export type Annotations = Readonly<Record<string, string>>;

/** An object on its way into the cluster; its metadata may still lack what the API server fills in. */
export interface Submitted {
  metadata?: { name?: string; deletionTimestamp?: unknown; annotations?: Annotations };
  spec?: RawSpec;
}

/** The annotations of an object, and none of an object that there is not. */
export function annotationsOf(object: Submitted | undefined): Annotations {
  return object?.metadata?.annotations ?? {};
}

/** The object in sentences. */
export function referrerOf({ kind, namespace, object }: Request): Referrer {
  return { kind, namespace, name: object.metadata?.name ?? "" };
}

/** Whether nothing of the spec changes, or the object is on its way out: such a request is nobody's business here. */
export function leavesSpecAlone({ object, stored }: Request): boolean {
  if (object.metadata?.deletionTimestamp) return true;
  return stored !== undefined && isSameJson(stored.spec, object.spec);
}

/** What a person reads when admission itself is at fault. */
export function faultMessage(request: Request): string {
  return (
    `${introduced(referrerOf(request))} could not be examined, because KubeChain's admission webhook failed on it. ` +
    `This is a fault of KubeChain, not of the object: please report it with the manifest and the webhook's log.`
  );
}
