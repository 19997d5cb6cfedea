/**
 * ClusterRoles for people: who may look, who may give work, and who may decide. Nothing is bound here. Without the verb
 * `approve` on toolcalls nobody decides on a call, whatever else they may write (./policies).
 */
import { group } from "./object";
import type { Manifest } from "./policies";

interface Right {
  resources: string[];
  verbs: string[];
  apiGroups?: string[];
}

const LOOK = ["get", "list", "watch"];
const WRITE = ["create", "update", "patch", "delete"];

function roleOf(name: string, rights: Right[], labels?: Record<string, string>): Manifest {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name, ...(labels && { labels }) },
    rules: rights.map(({ apiGroups = [group], resources, verbs }) => ({ apiGroups, resources, verbs })),
  };
}

/** Puts a role's rights into one of the roles that every cluster has. */
const addedTo = (role: "view" | "edit"): Record<string, string> => ({
  [`rbac.authorization.k8s.io/aggregate-to-${role}`]: "true",
});

/** Decides on calls, and sees what it takes to decide. */
const approver = roleOf("kubechain-approver", [
  { resources: ["toolcalls"], verbs: [...LOOK, "update", "patch", "approve"] },
  { resources: ["tasks", "taskruns", "contactchannels"], verbs: LOOK },
  { apiGroups: ["", "events.k8s.io"], resources: ["events"], verbs: LOOK },
]);

const viewer = roleOf(
  "kubechain-view",
  [
    {
      resources: ["llms", "agents", "mcpservers", "contactchannels", "tools", "tasks", "taskruns", "toolcalls"],
      verbs: LOOK,
    },
  ],
  addedTo("view"),
);

/**
 * Gives work. Not MCPServers and Tools, which start programs beside the operator and say which calls need approval, and not
 * ContactChannels, which say whose approval: who may change those is for the administrator to decide.
 */
const editor = roleOf(
  "kubechain-edit",
  [{ resources: ["llms", "agents", "tasks", "taskruns"], verbs: [...LOOK, ...WRITE] }],
  addedTo("edit"),
);

/** All of them. */
export const roles: readonly Manifest[] = [approver, viewer, editor];
