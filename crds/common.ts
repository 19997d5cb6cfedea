/**
 * Schema pieces that several kinds share: references, Secrets, named values, compute resources, limits. A piece with
 * a `title` is one TypeScript type for all kinds (see `sharedTypes`). Names no kind.
 */
import type { Schema } from "./schema";
import * as s from "./schema";

/** The name of another object, nothing else. */
const nameOf = (what: string, example: string): Schema =>
  s.text(`You name the ${what} here; it is looked up in the namespace of this object.`, example, { minLength: 1 });

/** A reference `{name}` to an object of the given kind in the same namespace. */
export function reference(kind: string, about: string, example: string): Schema {
  return s.object(
    about,
    `{name: ${example}}`,
    { name: nameOf(kind, example) },
    { title: "Reference", required: ["name"] },
  );
}

/** References to objects of one kind, told apart by name. */
export function references(kind: string, about: string, example: string): Schema {
  const item: Schema = {
    title: "Reference",
    type: "object",
    properties: { name: nameOf(kind, example) },
    required: ["name"],
  };
  return s.list(about, `[{name: ${example}}]`, item, {
    maxItems: 64,
    ...s.byName,
  });
}

/** `{name, key}`: a key of a Secret. */
export const secretKeyRef = (secret: string, key: string): Schema =>
  s.object(
    "You name the Secret of this namespace and the key in it.",
    `{name: ${secret}, key: ${key}}`,
    {
      name: s.text("You give the name of the Secret.", secret, {
        minLength: 1,
      }),
      key: s.text("You give the key inside the Secret whose value is used.", key, { minLength: 1 }),
    },
    { title: "SecretKeyRef", required: ["name", "key"] },
  );

/** `{secretKeyRef: {name, key}}`: a value that stays in a Secret. */
export function fromSecret(about: string, secret: string, key: string): Schema {
  return s.object(
    about,
    `{secretKeyRef: {name: ${secret}, key: ${key}}}`,
    { secretKeyRef: secretKeyRef(secret, key) },
    { title: "SecretSource", required: ["secretKeyRef"] },
  );
}

/** `{name, value | valueFrom}`. */
export const namedValue = (example: NamedValueExample): Schema => ({
  title: "NamedValue",
  type: "object",
  properties: {
    name: s.text("You give the name under which the value is passed.", example.name, { minLength: 1 }),
    value: s.text("You give the value in plain text; use valueFrom for anything secret.", example.value, {
      maxLength: 16_384,
    }),
    valueFrom: fromSecret("You take the value from a Secret.", example.secret, "token"),
  },
  required: ["name"],
  "x-kubernetes-validations": [
    s.rule("has(self.value) != has(self.valueFrom)", "give exactly one of value and valueFrom"),
  ],
});

/** What an example is made of. */
export interface NamedValueExample {
  name: string;
  value: string;
  secret: string;
}

/** A list of `{name, value | valueFrom}`: environment variables or headers. */
export function namedValues(about: string, example: NamedValueExample): Schema {
  return s.list(about, `[{name: ${example.name}, value: ${example.value}}]`, namedValue(example), {
    maxItems: 64,
    ...s.byName,
  });
}

const amounts = (about: string): Schema => ({
  description: `${about} Example: \`{cpu: 500m, memory: 256Mi}\`.`,
  type: "object",
  maxProperties: 16,
  additionalProperties: { "x-kubernetes-int-or-string": true },
});

/** CPU and memory, as in a Pod. */
export function computeResources(about: string): Schema {
  return s.object(
    about,
    "{limits: {memory: 256Mi}}",
    {
      requests: amounts("You say how much is set aside."),
      limits: amounts("You say how much may be used at most."),
    },
    { title: "ComputeResources" },
  );
}

/** The limits of a run. `defaults` are written into the object; only an Agent has them, a Task tightens. */
export function runLimits(about: string, defaults: { maxTurns?: number; maxDelegationDepth?: number } = {}): Schema {
  const preset = (value: number | undefined): Schema => (value === undefined ? {} : { default: value });
  return s.object(
    about,
    "{maxTurns: 20, timeout: 1h}",
    {
      maxTurns: s.count(
        "You bound how often the model is asked in one task. An agent that says nothing allows 50 turns.",
        "20",
        { minimum: 1, maximum: 100_000, ...preset(defaults.maxTurns) },
      ),
      maxToolCalls: s.count("You bound how many tools may be called in one task. 0 forbids them all.", "100"),
      maxTokens: s.count("You bound the tokens of one task, input and output together.", "200000", { minimum: 1 }),
      maxCost: s.quantity(
        "You bound the cost of one task, in the currency of the LLM's pricing. It has no effect while the LLM has no pricing.",
        "2.5",
        { minimum: 0, exclusiveMinimum: true },
      ),
      timeout: s.duration("You bound how long one task may take from its start to its end.", "1h30m"),
      maxDelegationDepth: s.count(
        "You bound how many agents may hand a task on to one another in a row. An agent that says nothing allows 5; 0 forbids delegation. It has no effect in this version: agents do not hand tasks on yet.",
        "3",
        { maximum: 100, ...preset(defaults.maxDelegationDepth) },
      ),
    },
    { title: "Limits" },
  );
}
