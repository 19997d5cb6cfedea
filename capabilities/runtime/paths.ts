// Where the API server keeps things. Pure strings, after the API conventions of Kubernetes: `/api` for the core group, `/apis`
// for all others, one collection per plural.
import type { Ref, Resource } from "./objects";

/** The collection of a kind, over all namespaces. */
export function collectionPath(resource: Resource): string {
  const root = resource.apiVersion.includes("/") ? "/apis" : "/api";
  return `${root}/${resource.apiVersion}/${resource.plural}`;
}

/** The collection of a kind in one namespace. */
export function namespacePath(resource: Resource, namespace: string): string {
  if (resource.namespaced === false) return collectionPath(resource);
  const root = resource.apiVersion.includes("/") ? "/apis" : "/api";
  return `${root}/${resource.apiVersion}/namespaces/${encodeURIComponent(namespace)}/${resource.plural}`;
}

/** One object. */
export function objectPath(resource: Resource, ref: Ref): string {
  return `${namespacePath(resource, ref.namespace)}/${encodeURIComponent(ref.name)}`;
}

/** A query with the parameters that have a value. */
export function query(parameters: Record<string, string | number | undefined>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return given.length === 0
    ? ""
    : `?${given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join("&")}`;
}

/** `Accept` for a list of metadata only: names and versions, no content. */
export const AS_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/** `Accept` for a watch of metadata only. */
export const AS_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
