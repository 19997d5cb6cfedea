/**
 * Puts a kind together into the definition the API server is given, and the two rules that kinds have in common: old
 * spellings must have been moved, and what is settled does not change.
 */
import type { CustomResourceDefinition, PrinterColumn } from "./object";
import { apiVersion, group, version } from "./object";
import type { Schema, ValidationRule } from "./schema";
import * as s from "./schema";

/** A rule that forbids an old spelling that our webhook should have moved. */
export function moved(old: string, now: string): ValidationRule {
  return s.rule(
    `!has(self.${old})`,
    `the deprecated field ${old} could not be moved to ${now}, because KubeChain's admission webhook did not see this object: write ${now} instead`,
  );
}

/** CEL: an optional field is the same as before, or absent as before. */
export function unchanged(field: string): string {
  return `has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field})`;
}

/**
 * CEL: a rule about changes, not asked at all where nothing has changed. Most writes are of the status, and every look at a
 * field costs the API server (1.36) a walk over all fields of the schema.
 */
export function onChange(cel: string): string {
  return `self == oldSelf || (${cel})`;
}

/** What a kind says about itself to `define`. */
export interface KindDescription {
  kind: string;
  plural: string;
  shortNames?: string[];
  description: string;
  columns: PrinterColumn[];
  spec: Schema;
  status: Schema;
}

/** The full definition of a kind. */
export function define(about: KindDescription): CustomResourceDefinition {
  const { kind, plural, shortNames } = about;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        ...(shortNames ? { shortNames } : {}),
        categories: ["kubechain"],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              description: `${about.description} You write it with apiVersion ${apiVersion}.`,
              type: "object",
              properties: { spec: about.spec, status: about.status },
              required: ["spec"],
            },
          },
          subresources: { status: {} },
          additionalPrinterColumns: about.columns,
        },
      ],
    },
  };
}
