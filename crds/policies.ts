/**
 * What the API server itself enforces about our objects beyond their schemas, so that it holds while the operator is away.
 * Each policy is a ValidatingAdmissionPolicy with its binding (admissionregistration.k8s.io/v1, Kubernetes 1.30 and newer).
 * The webhooks say the same earlier and in more words; what a policy says is read where they are bypassed.
 */
import { group, version } from "./object";
import { roles } from "./roles";

/** A manifest of any kind, as it is applied. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

const API = "admissionregistration.k8s.io/v1";

/** The accounts of the operator: as `pepr build` names it in a cluster, and on a control plane of this project. */
export const OPERATORS: readonly string[] = ["system:serviceaccount:pepr-system:pepr-kubechain", "kubechain-operator"];

/**
 * Who deletes on behalf of somebody else's decision: the garbage collector when a Task is gone, the end of a namespace,
 * the operator.
 */
const DELETERS = [
  "system:serviceaccount:kube-system:generic-garbage-collector",
  "system:serviceaccount:kube-system:namespace-controller",
  "system:kube-controller-manager",
  ...OPERATORS,
];

interface Rule {
  /** Begins the policy's name. */
  name: string;
  operations: ("CREATE" | "UPDATE" | "DELETE")[];
  resources: string[];
  /** Conditions without which the policy is not looked at. */
  when?: Record<string, string>;
  /** Parts of expressions, as `variables.<name>`; evaluated when they are first used. */
  variables?: Record<string, string>;
  /** What must hold, and an expression of what is said when it does not. The first that does not hold is told. */
  holds: [expression: string, message: string][];
}

function policyOf({ name, operations, resources, when = {}, variables = {}, holds }: Rule): Manifest {
  const named = (expressions: Record<string, string>): object[] =>
    Object.entries(expressions).map(([title, expression]) => ({ name: title, expression }));
  return {
    apiVersion: API,
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: `${name}.${group}` },
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        resourceRules: [{ apiGroups: [group], apiVersions: [version], operations, resources }],
      },
      ...(Object.keys(when).length > 0 && { matchConditions: named(when) }),
      ...(Object.keys(variables).length > 0 && { variables: named(variables) }),
      validations: holds.map(([expression, messageExpression]) => ({
        expression,
        messageExpression,
        reason: "Forbidden",
      })),
    },
  };
}

const bindingOf = (policy: Manifest): Manifest => ({
  apiVersion: API,
  kind: "ValidatingAdmissionPolicyBinding",
  metadata: policy.metadata,
  spec: { policyName: policy.metadata.name, validationActions: ["Deny"] },
});

const listOf = (words: readonly string[]): string => JSON.stringify(words);
const user = "request.userInfo.username";
const onBehalf = `${user} in ${listOf(DELETERS)}`;
const operator = `${user} in ${listOf(OPERATORS)}`;
const toolCall = `'ToolCall "' + object.metadata.name + '"'`;

/**
 * A ToolCall that is not over is the only memory of what was begun: without it the task would make the call again, and a
 * tool that is not safe to repeat would run twice.
 */
const keepUnfinishedToolCalls = policyOf({
  name: "unfinished-toolcalls",
  operations: ["DELETE"],
  resources: ["toolcalls"],
  when: { "not-on-behalf": `!(${onBehalf})` },
  holds: [
    [
      "has(oldObject.status) && has(oldObject.status.phase) && oldObject.status.phase in ['Succeeded', 'Failed']",
      `'ToolCall "' + oldObject.metadata.name + '" is not over, and without it nobody would know that its tool was called. Cancel its task or delete it, and the call ends with it: kubectl patch task ' + (has(oldObject.spec.taskRef) ? oldObject.spec.taskRef.name : 'NAME') + ' --type=merge -p \\'{"spec":{"cancelled":true}}\\''`,
    ],
  ],
});

/** The verb on ToolCalls that makes somebody an approver; ./roles hands it out. `part` is a subresource. */
const mayApprove = (part = ""): string =>
  `authorizer.group('${group}').resource('toolcalls')${part}.namespace(oldObject.metadata.namespace).name(oldObject.metadata.name).check('approve').allowed()`;

/** Whether somebody may speak in the operator's place; no role of ours has that right, a cluster administrator's `*` does. */
const standsIn = `authorizer.group('${group}').resource('toolcalls').subresource('status').namespace(object.metadata.namespace).check('approve').allowed()`;

// A literal list of places, since older API servers' CEL cannot walk a list with its index; 32 is the schema's maxItems.
const places = `[${Array.from({ length: 32 }, (_, place) => place).join(", ")}]`;
const oldOnesAreThere = `variables.before.size() <= variables.after.size() && ${places}.all(i, i >= variables.before.size() || variables.after[i] == variables.before[i])`;
const ifAdded = (expression: string): string => `!variables.isAdded || ${expression}`;

/**
 * What a person says counts as that person's word, about the question that is put now. Whether the digest is that of the
 * arguments cannot be computed here: the webhook and the operator compare it.
 */
const approvals = policyOf({
  name: "toolcall-approvals",
  operations: ["UPDATE"],
  resources: ["toolcalls"],
  // Most updates are about something else, and need none of this.
  when: { "approvals-change": "object.spec.?approvals.orValue([]) != oldObject.spec.?approvals.orValue([])" },
  variables: {
    before: "oldObject.spec.?approvals.orValue([])",
    after: "object.spec.?approvals.orValue([])",
    isAdded: "variables.after.size() == variables.before.size() + 1",
    added: "variables.after[variables.after.size() - 1]",
    question: "oldObject.?status.externalCallID.orValue('')",
  },
  holds: [
    [
      oldOnesAreThere,
      `'The approvals of ' + ${toolCall} + ' cannot be changed, moved or removed. Leave those that are there and add yours at the end.'`,
    ],
    [
      "variables.after.size() <= variables.before.size() + 1",
      `'One request may add one approval to ' + ${toolCall} + '. Everybody adds their own.'`,
    ],
    [
      `!(${operator})`,
      `'"' + ${user} + '" is an account of the operator and may not decide on ' + ${toolCall} + ': a person has to, with an account of their own.'`,
    ],
    [
      ifAdded(`variables.added.approver == ${user}`),
      `'The new approval of ' + ${toolCall} + ' names "' + variables.added.approver + '" as its approver, but "' + ${user} + '" sent it. Name yourself.'`,
    ],
    [
      ifAdded(mayApprove()),
      `'"' + ${user} + '" may not decide on ' + ${toolCall} + ': that takes the verb approve on toolcalls. Ask an administrator for a RoleBinding to the ClusterRole kubechain-approver.'`,
    ],
    [
      ifAdded("has(variables.added.argumentsDigest)"),
      `'The new approval of ' + ${toolCall} + ' does not say which arguments it is about: give their argumentsDigest.'`,
    ],
    [
      ifAdded("variables.question != '' && variables.added.?question.orValue('') == variables.question"),
      `variables.question == '' ? ${toolCall} + ' has put no question to anybody: there is nothing to decide yet.' : 'The new approval of ' + ${toolCall} + ' does not answer the question that is put now: set its question to "' + variables.question + '".'`,
    ],
  ],
});

const words = ["approve", "reject", "respond"].map((word) => `${group}/${word}`);

/**
 * Nothing is decided before anything is asked. A call that somebody has made by hand and hung on a task would be carried
 * out in the task's name, whatever its agent may use.
 */
const newToolCalls = policyOf({
  name: "new-toolcalls",
  operations: ["CREATE"],
  resources: ["toolcalls"],
  holds: [
    [
      "object.spec.?approvals.orValue([]).size() == 0",
      `${toolCall} + ' cannot be created with approvals: it is decided on when it waits for a person. Leave spec.approvals out.'`,
    ],
    [
      `${operator} || ${standsIn}`,
      `'"' + ${user} + '" may not create ToolCalls: the operator makes them when a model asks for a tool. Create a Task instead.'`,
    ],
  ],
});

/** The webhook turns these annotations into approvals. Where it does not run, one that is stored would look like an answer. */
const annotations = policyOf({
  name: "toolcall-answers",
  operations: ["CREATE", "UPDATE"],
  resources: ["toolcalls"],
  variables: {
    before: "oldObject == null ? {} : oldObject.metadata.?annotations.orValue({})",
    after: "object.metadata.?annotations.orValue({})",
  },
  holds: [
    [
      `${listOf(words)}.all(word, !(word in variables.after) || (word in variables.before && variables.before[word] == variables.after[word]))`,
      `'The answer in the annotation of ' + ${toolCall} + ' was not taken: KubeChain turns such annotations into approvals, and its webhook is not registered. Register it (npm run up, or pepr deploy), or add an entry to spec.approvals.'`,
    ],
  ],
});

/** The garbage collector edits owners; anybody else would cut a call off its task, or hang it on another. */
const owners = policyOf({
  name: "toolcall-owners",
  operations: ["UPDATE"],
  resources: ["toolcalls"],
  when: { "not-on-behalf": `!(${onBehalf})` },
  holds: [
    [
      "object.metadata.?ownerReferences.orValue([]) == oldObject.metadata.?ownerReferences.orValue([])",
      `'The owners of ' + ${toolCall} + ' cannot be changed: it belongs to the task that asked for it. Leave metadata.ownerReferences alone.'`,
    ],
  ],
});

/**
 * The status is the operator's word: what was asked, what people answered over channels, what came of it. The right that
 * lets somebody else write it is approve on toolcalls/status; no role of ours has it, a cluster administrator's `*` does.
 */
const toolCallStatus = policyOf({
  name: "toolcall-status",
  operations: ["UPDATE"],
  resources: ["toolcalls/status"],
  when: { "not-the-operator": `!(${operator})` },
  holds: [
    [
      mayApprove(".subresource('status')"),
      `'"' + ${user} + '" may not write the status of ' + ${toolCall} + ': only the operator says what was asked and answered. To decide on it: kubectl annotate toolcall ' + object.metadata.name + ' ${group}/approve="why"'`,
    ],
  ],
});

/** Who asked decides who may not approve. That it stays is a rule of the schemas. */
const requesters = policyOf({
  name: "requesters",
  operations: ["CREATE"],
  resources: ["tasks", "taskruns", "toolcalls"],
  holds: [
    [
      `object.spec.?requester.orValue('') in ['', ${user}] || ${operator}`,
      `'spec.requester says who asked, and that is "' + ${user} + '". Leave it out.'`,
    ],
  ],
});

const all = [keepUnfinishedToolCalls, newToolCalls, approvals, annotations, owners, toolCallStatus, requesters];

/** All policies, each followed by what puts it into force, and then the roles that hand out the rights they ask for. */
export const policies: readonly Manifest[] = [...all.flatMap((policy) => [policy, bindingOf(policy)]), ...roles];
