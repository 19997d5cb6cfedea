/**
 * Defaults that need thought, so that a schema cannot give them. Pure. Only what people should see in the object is
 * written into it; what can be worked out when it is needed (the default Secret) is not.
 */
import type { RawSpec } from "./spellings";

/**
 * An LLM that names no model is called after one: its own name goes to `parameters.model`, where the MODEL column shows
 * it. Undefined when there is nothing to add. Without a name (`generateName`) the controller works it out later.
 */
export function withModel(spec: RawSpec, name: string | undefined): RawSpec | undefined {
  const parameters = spec["parameters"] ?? {};
  if (!name || typeof parameters !== "object" || Array.isArray(parameters)) return undefined;
  if ("model" in parameters && parameters.model !== null) return undefined;
  return { ...spec, parameters: { ...parameters, model: name } };
}
