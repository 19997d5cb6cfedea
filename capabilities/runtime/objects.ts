// The shape of everything that lives in the cluster, as far as the runtime has to know it: who an object is and which
// version of it this is. Owns keys ("namespace/name") and the comparison of versions; never looks into spec or status.

/** One entry of `metadata.ownerReferences`, as the API server stores it. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** `metadata` of a stored object. Times are RFC 3339 strings, as on the wire. */
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
  managedFields?: unknown;
}

/** Anything stored in the cluster. */
export interface ClusterObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** Where objects of one kind are found in the API: enough to make a URL and to fill in `apiVersion` and `kind`. */
export interface Resource {
  apiVersion: string;
  kind: string;
  plural: string;
  namespaced?: false;
}

/** Names one object without saying which incarnation of it. */
export interface Ref {
  namespace: string;
  name: string;
}

/** What a creator may say about the metadata; the rest is the API server's. */
export type DraftMeta = Pick<ObjectMeta, "name" | "namespace"> &
  Partial<Pick<ObjectMeta, "labels" | "annotations" | "ownerReferences" | "finalizers">>;

/** An object that is not stored yet: no uid, no version, no status. */
export type Draft<T extends ClusterObject> = Omit<T, "metadata" | "status"> & {
  metadata: DraftMeta;
};

/** How queues and stores name an object: "namespace/name". */
export type Key = string;

/** The key of an object, or of anything that has its name and namespace. */
export function keyOf(object: { metadata: Ref }): Key {
  return `${object.metadata.namespace}/${object.metadata.name}`;
}

/** The two halves of a key. A key without a slash is an object without a namespace. */
export function splitKey(key: Key): Ref {
  const slash = key.indexOf("/");
  return {
    namespace: slash < 0 ? "" : key.slice(0, slash),
    name: key.slice(slash + 1),
  };
}

/**
 * Whether version `a` is newer than `b`. Versions are decimal numbers of any length (Kubernetes promises so since 1.35, and
 * etcd has always made them so); comparing length first avoids parsing. Two that are no numbers cannot be ordered: any
 * difference then counts as newer, because acting once too often is harmless and never acting is not.
 */
export function isNewer(a: string, b: string): boolean {
  if (!isDecimal(a) || !isDecimal(b)) return a !== b;
  return a.length === b.length ? a > b : a.length > b.length;
}

function isDecimal(version: string): boolean {
  for (let i = 0; i < version.length; i++) {
    const digit = version.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return false;
  }
  return version.length > 0;
}
