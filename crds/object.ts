/**
 * What every stored object looks like around its spec and status: the part of Kubernetes' own metadata the operator
 * reads, the identity of a kind, and the definition the API server is given. Types and constants only.
 */
import type { Schema } from "./schema";

/** The API group of every kind. */
export const group = "kubechain.humanlayer.dev";
/** The one version served and stored. */
export const version = "v1alpha1";
/** What manifests write as `apiVersion`. */
export const apiVersion = "kubechain.humanlayer.dev/v1alpha1";

/** Who an object belongs to: it is collected when its owner is gone. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** Kubernetes' metadata of an object that has been stored. Times are RFC 3339 text, as on the wire. */
export interface ObjectMeta {
  name: string;
  namespace: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
}

/** How a kind is addressed: enough to build its REST path and to write a manifest. */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
}

/** A column of `kubectl get`. Priority 1 shows only with `-o wide`. */
export interface PrinterColumn {
  name: string;
  type: "string" | "boolean" | "integer" | "date";
  description: string;
  jsonPath: string;
  priority: 0 | 1;
}

/** The apiextensions.k8s.io/v1 object that teaches an API server one kind. */
export interface CustomResourceDefinition {
  apiVersion: "apiextensions.k8s.io/v1";
  kind: "CustomResourceDefinition";
  metadata: { name: string };
  spec: {
    group: string;
    scope: "Namespaced";
    names: {
      kind: string;
      listKind: string;
      plural: string;
      singular: string;
      shortNames?: string[];
      categories: string[];
    };
    versions: {
      name: string;
      served: boolean;
      storage: boolean;
      schema: { openAPIV3Schema: Schema };
      subresources: { status: Record<string, never> };
      additionalPrinterColumns: PrinterColumn[];
    }[];
  };
}
