// What the cluster has and the store has not, and the other way round, by uid and version alone. Owns the reading of all pages;
// decides nothing about what it finds.
import type { Cluster } from "./cluster";
import { isNewer, keyOf, type ClusterObject, type Key, type ObjectMeta, type Resource } from "./objects";
import type { Store } from "./store";

/** An object the store may be wrong about. With a `version`, the cluster has at least that; without, it seems to be gone. */
export interface Doubt {
  key: Key;
  uid: string;
  version?: string;
}

const PAGE = 500;

/** How many objects of a kind the cluster holds, or undefined when it did not say. Asks for one object's metadata. */
export async function countInCluster(cluster: Cluster, resource: Resource): Promise<number | undefined> {
  const page = await cluster.listMetadata(resource, { limit: 1 });
  if (!page.ok) return undefined;
  const { items, remaining, continue: more } = page.value;
  if (more !== undefined && remaining === undefined) return undefined;
  return items.length + (remaining ?? 0);
}

/** Lists all metadata (500 a page) and says what differs, or undefined when the cluster did not answer to the end. */
export async function compareWithCluster<T extends ClusterObject>(
  cluster: Cluster,
  resource: Resource,
  store: Store<T>,
): Promise<Doubt[] | undefined> {
  const doubts: Doubt[] = [];
  const listed = new Set<Key>();
  let next: string | undefined;
  let version: string;
  do {
    const page = await cluster.listMetadata(resource, {
      limit: PAGE,
      ...(next === undefined ? {} : { continue: next }),
    });
    if (!page.ok) return undefined;
    for (const meta of page.value.items) {
      listed.add(keyOf({ metadata: meta }));
      if (isBehind(store, meta)) doubts.push(toDoubt(meta));
    }
    next = page.value.continue;
    version = page.value.resourceVersion;
  } while (next !== undefined);
  return doubts.concat(vanished(store, listed, version));
}

function isBehind<T extends ClusterObject>(store: Store<T>, meta: ObjectMeta): boolean {
  const known = store.get(keyOf({ metadata: meta }))?.metadata;
  return known === undefined || isNewer(meta.resourceVersion, known.resourceVersion);
}

function toDoubt(meta: ObjectMeta): Doubt {
  const { uid, resourceVersion } = meta;
  return { key: keyOf({ metadata: meta }), uid, version: resourceVersion };
}

/** Objects that are newer than the list were made after it and say nothing; older ones that are not in it are gone. */
function vanished<T extends ClusterObject>(store: Store<T>, listed: Set<Key>, version: string): Doubt[] {
  return store
    .values()
    .filter((object) => !listed.has(keyOf(object)) && !isNewer(object.metadata.resourceVersion, version))
    .map((object) => ({ key: keyOf(object), uid: object.metadata.uid }));
}
