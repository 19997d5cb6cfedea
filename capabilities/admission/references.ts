/**
 * Which other objects an object names, which of those names are new in a request, and the sentences about the ones that
 * do not exist. Pure: one table for all kinds; whether something exists is found out elsewhere.
 */
import type { Resource } from "../../crds/index";
import { resources } from "../../crds/index";
import { listed } from "../runtime/listed";
import type { RawSpec } from "./spellings";

/** One name in one field. All references stay inside the namespace of the object. */
export interface Reference {
  resource: Resource;
  name: string;
  /** The field as people write it, such as `spec.llmRef.name`. */
  field: string;
}

/** Who refers: for sentences. `name` is empty for an object whose name the API server is yet to make. */
export interface Referrer {
  kind: string;
  name: string;
  namespace: string;
}

interface ReferenceField {
  field: string;
  resource: Resource;
}

/** Every field that names another object, by kind. An LLM's Secret is none: it may come later, and its readiness follows it. */
const FIELDS: Readonly<Record<string, readonly ReferenceField[]>> = {
  Agent: [
    { field: "llmRef", resource: resources.llm },
    { field: "mcpServers", resource: resources.mcpServer },
    { field: "tools", resource: resources.tool },
    { field: "humanContactChannels", resource: resources.contactChannel },
    { field: "subAgents", resource: resources.agent },
  ],
  Task: [
    { field: "agentRef", resource: resources.agent },
    { field: "contactChannelRef", resource: resources.contactChannel },
  ],
  TaskRun: [{ field: "taskRef", resource: resources.task }],
  MCPServer: [{ field: "approvalContactChannel", resource: resources.contactChannel }],
  Tool: [
    { field: "approvalContactChannel", resource: resources.contactChannel },
    { field: "agent", resource: resources.agent },
  ],
};

/**
 * What `spec` refers to and `stored`, the spec before an update, did not, without repetitions and without the object
 * itself. Only these are checked: an object whose dependency has been deleted must still be editable.
 */
export function newReferences(referrer: Referrer, spec: RawSpec, stored?: RawSpec): Reference[] {
  const known = new Set(referencesOf(referrer.kind, stored ?? {}).map(identity));
  return referencesOf(referrer.kind, spec).filter((reference) => {
    const isNew = !known.has(identity(reference)) && !isSelf(reference, referrer);
    known.add(identity(reference));
    return isNew;
  });
}

function referencesOf(kind: string, spec: RawSpec): Reference[] {
  return (FIELDS[kind] ?? []).flatMap(({ field, resource }) => {
    const value = spec[field];
    if (Array.isArray(value))
      return namesIn(value).map((name) => ({
        resource,
        name,
        field: `spec.${field}`,
      }));
    return namesIn([value]).map((name) => ({
      resource,
      name,
      field: `spec.${field}.name`,
    }));
  });
}

function namesIn(values: readonly unknown[]): string[] {
  return values.flatMap((value) => {
    if (typeof value !== "object" || value === null || !("name" in value)) return [];
    return typeof value.name === "string" && value.name !== "" ? [value.name] : [];
  });
}

function identity({ resource, name, field }: Reference): string {
  return `${field} ${resource.kind} ${name}`;
}

/** An object may name itself: it exists as soon as the request succeeds. */
function isSelf({ resource, name }: Reference, referrer: Referrer): boolean {
  return resource.kind === referrer.kind && name === referrer.name;
}

/** The namespace label that turns refusals into warnings, for tools that apply objects in any order. */
export const REFERENCES_LABEL = "kubechain.humanlayer.dev/references";

/** Why a request is refused. `similar` gives, for a reference, names of that kind which do exist. */
export function refusal(
  referrer: Referrer,
  missing: readonly Reference[],
  similar: (reference: Reference) => string[],
): string {
  const what = listed(missing.map(titled));
  const where = listed([...new Set(missing.map(({ field }) => field))]);
  const cure =
    missing.length === 1
      ? `which does not exist. Create it first, or correct ${where}.`
      : `which do not exist. Create them first, or correct ${where}.`;
  const hints = missing.flatMap((reference) => hint(reference, similar(reference)));
  const label = `kubectl label namespace ${referrer.namespace} ${REFERENCES_LABEL}=warn`;
  return [
    `${introduced(referrer)} refers to ${what}, ${cure}`,
    ...hints,
    `Where objects arrive in any order, label the namespace, and they wait for one another instead: ${label}`,
  ].join(" ");
}

/** Why a request is refused whose references are no names of objects: a path, a title, an address. */
export function impossibleRefusal(referrer: Referrer, impossible: readonly Reference[]): string {
  const fields = listed([...new Set(impossible.map(({ field }) => field))]);
  return `${introduced(referrer)} refers to ${listed(impossible.map(titled))}, which cannot be the name of an object. Correct ${fields}: it takes the name alone, of an object in the same namespace.`;
}

/** Whether an object of ours could be called so: a DNS subdomain (RFC 1123), as the API server has it. */
export function isPossible({ name }: Reference): boolean {
  return /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name);
}

/** One warning per reference; the API server cuts a warning at 256 characters when there are many. */
export function waitWarnings(referrer: Referrer, missing: readonly Reference[]): string[] {
  return missing.map(
    (reference) =>
      `${referrer.kind} ${quotedName(referrer)} waits until ${titled(reference)} (${reference.field}) exists in namespace "${referrer.namespace}".`,
  );
}

/** For references about which nobody could be asked. */
export function uncheckedWarnings(referrer: Referrer, unchecked: readonly Reference[]): string[] {
  return unchecked.map(
    (reference) =>
      `It could not be checked whether ${titled(reference)} (${reference.field}) exists in namespace "${referrer.namespace}". Until it does, ${referrer.kind} ${quotedName(referrer)} waits.`,
  );
}

/** `Agent "a" in namespace "default"`. */
export function introduced(referrer: Referrer): string {
  return `${referrer.kind} ${quotedName(referrer)} in namespace "${referrer.namespace}"`;
}

function quotedName({ name }: Referrer): string {
  return name === "" ? "(name to be generated)" : `"${name}"`;
}

function titled({ resource, name }: Reference): string {
  return `${resource.kind} "${name}"`;
}

function hint({ resource }: Reference, similar: string[]): string[] {
  if (similar.length === 0) return [];
  return [`Did you mean ${resource.kind} ${similar.map((name) => `"${name}"`).join(" or ")}?`];
}
