/**
 * Asks the API server whether somebody may decide on a ToolCall: the verb `approve`, by name if it is granted so. Owns the
 * question and its limit of time; what follows from the answer is decided elsewhere.
 */
import { group } from "../../crds/index";
import type { Clock } from "../runtime/clock";
import { after } from "../runtime/clock";
import type { Cluster } from "../runtime/cluster";
import type { Result } from "../runtime/errors";
import type { ClusterObject, Draft, Ref, Resource } from "../runtime/objects";
import type { User } from "./request";

/** `Unknown`: nobody could be asked, and trying again may help. */
export type Answer = { kind: "Yes" } | { kind: "No" } | { kind: "Unknown" };

/** Whether this user may decide on this ToolCall. Never rejects. */
export type MayApprove = (user: User, call: Ref) => Promise<Answer>;

/** Part of every API server. Its objects are not stored: the answer to creating one is the answer. */
const REVIEWS: Resource = {
  apiVersion: "authorization.k8s.io/v1",
  kind: "SubjectAccessReview",
  plural: "subjectaccessreviews",
  namespaced: false,
};

interface SubjectAccessReview extends ClusterObject {
  spec: object;
  status?: { allowed?: boolean };
}

/** Well below the webhook's own limit of 5 s, so that a person is told that it may be tried again. */
const ANSWER_WITHIN_MS = 3_000;

/** The verb is granted in RBAC; so it is asked about like every other, as the API server itself would. */
export function askApiServer({ cluster, clock }: { cluster: Cluster; clock: Clock }): MayApprove {
  return async function mayApprove(user, { namespace, name }) {
    const { username, uid, groups, extra } = user;
    const resourceAttributes = { group, resource: "toolcalls", verb: "approve", namespace, name };
    const review: Draft<SubjectAccessReview> = {
      apiVersion: REVIEWS.apiVersion,
      kind: REVIEWS.kind,
      // The API server refuses a review with metadata, and takes empty text for none.
      metadata: { name: "", namespace: "" },
      spec: { user: username, uid, groups, extra, resourceAttributes },
    };
    return inTime(clock, cluster.create<SubjectAccessReview>(REVIEWS, review));
  };
}

/** An answer that comes later is nobody's any more: a review changes nothing. */
function inTime(clock: Clock, asked: Promise<Result<SubjectAccessReview>>): Promise<Answer> {
  return new Promise((resolve) => {
    const cancel = clock.at(after(clock, ANSWER_WITHIN_MS), () => resolve({ kind: "Unknown" }));
    void asked.then((result) => {
      cancel();
      resolve(answerIn(result));
    });
  });
}

function answerIn(result: Result<SubjectAccessReview>): Answer {
  if (!result.ok) return { kind: "Unknown" };
  return { kind: result.value.status?.allowed === true ? "Yes" : "No" };
}
