/** The sentences about a value that should be in a Secret and is not. Pure; it never sees the value. */
import { assertNever } from "../runtime/assert-never";
import type { SecretRef, SecretValue } from "../runtime/secrets";

/** What is where the value should be: nothing that could be used. */
export type Absence = Extract<SecretValue, { kind: "Missing" | "KeyMissing" | "Empty" }> & { ref: SecretRef };

/** What the value is called, such as `API key`, and what stands for it in a command. */
export interface ValueNames {
  called: string;
  placeholder: string;
}

/** What is missing, and the command that mends it. */
export function withoutValue(found: Absence, names: ValueNames): string {
  const { namespace, name, key } = found.ref;
  switch (found.kind) {
    case "Missing":
      return (
        `Secret "${name}" does not exist in namespace "${namespace}". Create it: ` +
        `kubectl create secret generic ${name} --from-literal=${key}=${names.placeholder} --namespace=${namespace}`
      );
    case "KeyMissing":
      return `Secret "${name}" in namespace "${namespace}" has no key "${key}"${others(found.keys)}. ${fill(found.ref, names)}`;
    case "Empty":
      return `Key "${key}" of Secret "${name}" in namespace "${namespace}" is empty. ${fill(found.ref, names)}`;
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

function fill({ namespace, name, key }: SecretRef, { called, placeholder }: ValueNames): string {
  return `Add the ${called}: kubectl patch secret ${name} --namespace=${namespace} --patch '{"stringData":{"${key}":"${placeholder}"}}'`;
}

/** Nobody could say whether the value is there. */
export function unreadable({ namespace, name }: SecretRef, message: string): string {
  return `Secret "${name}" in namespace "${namespace}" could not be read: ${message}`;
}
