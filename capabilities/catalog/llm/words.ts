/** The sentences an LLM says about itself. Pure. Each names what is meant and, where something is wrong, what to do about it. */
import { assertNever } from "../../runtime/assert-never";
import type { Described, KeyFound, SecretRef } from "./readiness";

/** A check succeeded, or none was wanted. */
export function validated({ provider, server, verify }: Described, withKey: boolean): string {
  if (verify === "None") {
    return withKey
      ? `${provider} API key found; it was not tried, because spec.verify is None`
      : "Nothing was tried, because spec.verify is None";
  }
  return withKey ? `${provider} API key validated successfully` : `${server} answered`;
}

/** The key is not there. */
export function withoutKey(found: Extract<KeyFound, { kind: "Missing" | "KeyMissing" | "Empty" }>): string {
  const { namespace, name, key } = found.ref;
  switch (found.kind) {
    case "Missing":
      return (
        `Secret "${name}" does not exist in namespace "${namespace}". Create it: ` +
        `kubectl create secret generic ${name} --from-literal=${key}=YOUR_API_KEY --namespace=${namespace}`
      );
    case "KeyMissing":
      return `Secret "${name}" in namespace "${namespace}" has no key "${key}"${others(found.keys)}. ${fill(found.ref)}`;
    case "Empty":
      return `Key "${key}" of Secret "${name}" in namespace "${namespace}" is empty. ${fill(found.ref)}`;
    default:
      return assertNever(found);
  }
}

/** A slip in the key's name is the likeliest cause, so the names that are there help most. */
function others(keys: string[]): string {
  if (keys.length === 0) return "";
  const shown = keys.slice(0, MOST_KEYS).map((key) => `"${key}"`);
  return `, only ${shown.join(", ")}${keys.length > MOST_KEYS ? " and more" : ""}`;
}

const MOST_KEYS = 5;

function fill({ namespace, name, key }: SecretRef): string {
  return `Add the API key: kubectl patch secret ${name} --namespace=${namespace} --patch '{"stringData":{"${key}":"YOUR_API_KEY"}}'`;
}

/** Nobody could say whether the key is there. */
export function unreadable({ namespace, name }: SecretRef, message: string): string {
  return `Secret "${name}" in namespace "${namespace}" could not be read: ${message}`;
}
