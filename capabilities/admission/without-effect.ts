/**
 * Fields that are accepted and do nothing, in this version or beside what else the object says: whoever sets one is told so
 * at apply, with what happens instead. Nothing is refused for it. Pure.
 */
import { isRecord } from "../runtime/json";
import { isSameJson } from "../runtime/same-json";
import type { Request } from "./request";
import type { RawSpec } from "./spellings";

interface Idle {
  /** The way to the field inside the spec. */
  field: string;
  /** The end of the sentence "spec.x has no effect …". */
  because: string;
  /** Whether that is so for this request; it is for every value when left out. */
  when?: (value: unknown, spec: RawSpec) => boolean;
}

/** The schema's default, which every Agent has that says nothing. */
const DEFAULT_DEPTH = 5;

const depth: Idle = {
  field: "limits.maxDelegationDepth",
  because: "in this version: agents do not hand tasks on to one another yet, so there is no depth to bound.",
};

const idle: Readonly<Record<string, readonly Idle[]>> = {
  MCPServer: [
    {
      field: "resources",
      because:
        "in this version: the program runs in the operator's pod and shares its limits. For limits of its own, run the server as a Deployment and use transport http.",
      when: (value) => isRecord(value) && Object.keys(value).length > 0,
    },
  ],
  LLM: [
    {
      field: "google.project",
      because: "in this version: Gemini is reached with an API key, and the project of the key is billed.",
    },
    {
      field: "google.location",
      because: "in this version: Gemini is reached with an API key, and Google chooses where it is served.",
    },
    {
      field: "azure.endpoint",
      because: "beside spec.parameters.baseUrl: calls go to that address. Remove one of the two.",
      when: (_value, spec) => at(spec, "parameters.baseUrl") !== undefined,
    },
  ],
  Agent: [{ ...depth, when: (value) => value !== DEFAULT_DEPTH }],
  Task: [depth],
};

/** What to say about the fields without effect that this request brings or changes. */
export function withoutEffect({ kind, object: { spec = {} }, stored }: Request): string[] {
  return (idle[kind] ?? []).flatMap(({ field, because, when }) => {
    const value = at(spec, field);
    if (value === undefined || isSameJson(value, at(stored?.spec, field))) return [];
    return when && !when(value, spec) ? [] : [`spec.${field} has no effect ${because}`];
  });
}

function at(spec: RawSpec | undefined, field: string): unknown {
  return field.split(".").reduce<unknown>((value, step) => (isRecord(value) ? value[step] : undefined), spec);
}
