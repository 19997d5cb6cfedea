/** The sentences an LLM says about itself. Pure. Each names what is meant and, where something is wrong, what to do about it. */
import type { Absence } from "../secret-words";
import { withoutValue } from "../secret-words";
import type { Described } from "./readiness";

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
export function withoutKey(found: Absence): string {
  return withoutValue(found, { called: "API key", placeholder: "YOUR_API_KEY" });
}
