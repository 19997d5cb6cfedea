/**
 * The vocabulary in which the kinds are written: the part of OpenAPI v3 a Kubernetes definition may use, and one
 * short function per sort of field. Owns the rule that every field is described with an example and bounded, since
 * `kubectl explain` is the manual and an unbounded field makes CEL rules too dear. Names no kind.
 */

import { DURATION } from "./time";

/** A CEL rule of the API server. Exactly one of `message` and `messageExpression` is what people read. */
export interface ValidationRule {
  rule: string;
  message?: string;
  messageExpression?: string;
}

/** The structural schema of apiextensions.k8s.io/v1, as far as these definitions use it. */
export interface Schema {
  title?: string;
  description?: string;
  type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  format?: "date-time" | "email" | "int64";
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema;
  items?: Schema;
  enum?: string[];
  default?: unknown;
  nullable?: boolean;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minItems?: number;
  maxItems?: number;
  maxProperties?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  "x-kubernetes-list-type"?: "map" | "set" | "atomic";
  "x-kubernetes-list-map-keys"?: string[];
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-preserve-unknown-fields"?: boolean;
  "x-kubernetes-validations"?: ValidationRule[];
}

/** What a person types: bounded so that rules over it stay cheap. In code points. */
export const LONG_TEXT = 262_144;
/** What the operator stores: more than one object in etcd can hold (1.5 MiB), so a bound that never refuses a write. */
export const STORED_TEXT = 1_572_864;
/** A sentence or a short report for people: `statusDetail`, `error`. Writers cut to this. */
export const DETAIL_TEXT = 32_768;
/** The longest object name Kubernetes allows. */
export const NAME_TEXT = 253;
/** The longest address accepted anywhere. */
export const URL_TEXT = 2_048;

const describe = (about: string, example: string): string => `${about} Example: \`${example}\`.`;

/** A string of at most `NAME_TEXT` code points unless `more` says otherwise. */
export function text(about: string, example: string, more: Schema = {}): Schema {
  return {
    description: describe(about, example),
    type: "string",
    maxLength: NAME_TEXT,
    ...more,
  };
}

/** A string that must hold at least one character that is not blank; `what` names it in the message. */
export function spokenText(what: string, about: string, example: string): Schema {
  return text(about, example, {
    maxLength: LONG_TEXT,
    "x-kubernetes-validations": [
      rule("self.matches('\\\\S')", `${what} must say something: it is empty or only blanks`),
    ],
  });
}

/** One of the given words. */
export function choice(about: string, example: string, words: readonly string[]): Schema {
  return {
    description: describe(about, example),
    type: "string",
    enum: [...words],
  };
}

/** A whole number, from 0 upwards unless `more` says otherwise. */
export function count(about: string, example: string, more: Schema = {}): Schema {
  return {
    description: describe(about, example),
    type: "integer",
    format: "int64",
    minimum: 0,
    ...more,
  };
}

/** Any number; give its bounds in `more`. */
export function quantity(about: string, example: string, more: Schema = {}): Schema {
  return { description: describe(about, example), type: "number", ...more };
}

/** True or false. */
export function flag(about: string, example: string, more: Schema = {}): Schema {
  return { description: describe(about, example), type: "boolean", ...more };
}

/** A moment, as RFC 3339 text. */
export function moment(about: string, example = "2026-01-31T09:30:00Z"): Schema {
  return {
    description: describe(about, example),
    type: "string",
    format: "date-time",
  };
}

/** A length of time such as 30s, 5m, 1h30m or 72h, longer than nothing. */
export function duration(about: string, example: string, more: Schema = {}): Schema {
  return text(about, example, {
    pattern: DURATION,
    maxLength: 24,
    "x-kubernetes-validations": [
      // The pattern is asked again since a failed pattern does not keep the API server from evaluating rules.
      rule(
        `self.matches('${DURATION}') && duration(self) > duration('0s')`,
        "write a duration longer than 0s, such as 30s, 5m, 1h30m or 72h",
      ),
    ],
    ...more,
  });
}

/** An absolute http or https address. */
export function address(about: string, example: string): Schema {
  return text(about, example, {
    maxLength: URL_TEXT,
    "x-kubernetes-validations": [
      rule(
        "isURL(self) && url(self).getScheme() in ['http', 'https'] && url(self).getHost() != ''",
        "must be an absolute address that starts with http:// or https://",
      ),
    ],
  });
}

/** An object with named fields; `more` gives `required`, `title` and rules. */
export function object(about: string, example: string, properties: Record<string, Schema>, more: Schema = {}): Schema {
  return {
    description: describe(about, example),
    type: "object",
    properties,
    ...more,
  };
}

/** A list; give `maxItems` and, where items have a key, the list type in `more`. */
export function list(about: string, example: string, items: Schema, more: Schema & { maxItems: number }): Schema {
  return {
    description: describe(about, example),
    type: "array",
    items,
    "x-kubernetes-list-type": "atomic",
    ...more,
  };
}

/** What makes a list one whose items are told apart by their `name`, so that two appliers can each own some. */
export const byName = {
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["name"],
} satisfies Schema;

/** A JSON object whose content is nobody's business here, such as a JSON Schema. */
export function anyObject(about: string, example: string): Schema {
  return {
    description: describe(about, example),
    type: "object",
    "x-kubernetes-preserve-unknown-fields": true,
  };
}

/** Any JSON value at all. */
export function anyJson(about: string, example: string): Schema {
  return {
    description: describe(about, example),
    "x-kubernetes-preserve-unknown-fields": true,
  };
}

/** A CEL rule with the fixed sentence people read when it fails. */
export function rule(cel: string, message: string): ValidationRule {
  return { rule: cel, message };
}

/** A CEL rule whose sentence is itself CEL, so that it can quote what was written. */
export function ruleSaying(cel: string, messageExpression: string): ValidationRule {
  return { rule: cel, messageExpression };
}
