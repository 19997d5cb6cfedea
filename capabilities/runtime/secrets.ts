// Values out of Secrets. Owns a small memory of the values that were asked for, each dropped the moment its Secret changes; while
// changes cannot be heard, nothing is remembered and every read is live. No other Secret's content ever enters this process, and
// no value leaves through a log or a message.
import { connectApiServer } from "./api-server";
import type { Clock } from "./clock";
import type { Cluster } from "./cluster";
import type { Problem } from "./errors";
import type { Log } from "./log";
import { isNewer, keyOf, type ClusterObject, type Key, type Resource } from "./objects";
import { watchMetadata, type MetadataChange, type MetadataWatch } from "./watch-metadata";

/** Which value of which Secret. */
export interface SecretRef {
  namespace: string;
  name: string;
  key: string;
}

/** What was found. `resourceVersion` changes whenever the Secret does. */
export type SecretValue =
  | { kind: "Value"; value: string; resourceVersion: string }
  /** There is no such Secret. */
  | { kind: "Missing" }
  /** The Secret has other keys. */
  | { kind: "KeyMissing"; keys: string[] }
  /** The key is there, and holds nothing but white space. */
  | { kind: "Empty" }
  /** It could not be read; `message` says why, and trying again may help. */
  | { kind: "Unreadable"; message: string };

/** Values out of Secrets. */
export interface Secrets {
  /** Begins to hear of changes. Before that, and after `stop`, every read is live. */
  start(): void;
  stop(): void;
  /** One value, decoded, without the newline that files end in. Never rejects. */
  read(ref: SecretRef): Promise<SecretValue>;
  /** Calls `listener` with "namespace/name" after any Secret changed, appeared or went. Returns the way out. */
  onChange(listener: (key: Key) => void): () => void;
}

/** What the reader of Secrets is made of. */
export interface SecretsOptions {
  cluster: Cluster;
  clock: Clock;
  log: Log;
  /** How changes are heard; by default through a connection of its own. */
  watch?: (resource: Resource, onChange: (change: MetadataChange) => void) => MetadataWatch;
}

/** Where Secrets are kept. */
export const SECRETS: Resource = {
  apiVersion: "v1",
  kind: "Secret",
  plural: "secrets",
};

interface StoredSecret extends ClusterObject {
  data?: Record<string, string>;
}

/** Opens nothing before `start` or the first read. */
export function createSecrets(options: SecretsOptions): Secrets {
  return new WatchedSecrets(options);
}

class WatchedSecrets implements Secrets {
  readonly #options: SecretsOptions;
  /** "namespace/name" → key → value. Only values that were asked for. */
  readonly #remembered = new Map<Key, Map<string, Remembered>>();
  /** Reads under way, so that a thousand tasks with one Secret ask once. */
  readonly #reading = new Map<Key, Map<string, Promise<SecretValue>>>();
  readonly #listeners = new Set<(key: Key) => void>();
  #watch: MetadataWatch | undefined;

  constructor(options: SecretsOptions) {
    this.#options = options;
  }

  start(): void {
    const watch = this.#options.watch ?? this.#watchForReal();
    this.#watch ??= watch(SECRETS, (change) => this.#hear(change));
  }

  stop(): void {
    this.#watch?.stop();
    this.#watch = undefined;
    this.#remembered.clear();
  }

  read(ref: SecretRef): Promise<SecretValue> {
    const object = keyOf({ metadata: ref });
    const remembered = this.#remembered.get(object)?.get(ref.key);
    if (remembered !== undefined && this.#isHearing()) return Promise.resolve(remembered);
    const reads = inner(this.#reading, object);
    const underWay = reads.get(ref.key);
    if (underWay !== undefined) return underWay;
    const read = this.#readLive(ref, reads);
    reads.set(ref.key, read);
    return read;
  }

  onChange(listener: (key: Key) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async #readLive(ref: SecretRef, reads: Map<string, Promise<SecretValue>>): Promise<SecretValue> {
    const { cluster } = this.#options;
    const object = keyOf({ metadata: ref });
    const result = await cluster.get<StoredSecret>(SECRETS, ref);
    const value = result.ok ? valueOf(result.value, ref.key) : absence(result.problem);
    // A change heard meanwhile has replaced `reads`: then this value may be old already, and is not remembered.
    const isCurrent = this.#reading.get(object) === reads;
    reads.delete(ref.key);
    if (isCurrent && reads.size === 0) this.#reading.delete(object);
    if (isCurrent && value.kind === "Value" && this.#isHearing()) inner(this.#remembered, object).set(ref.key, value);
    return value;
  }

  #hear({ meta, deleted }: MetadataChange): void {
    const object = keyOf({ metadata: meta });
    const values = this.#remembered.get(object)?.values();
    const version = values?.next().value?.resourceVersion ?? "0";
    this.#reading.delete(object);
    // What was read live may be newer than what the watch is telling.
    if (deleted || isNewer(meta.resourceVersion, version)) this.#remembered.delete(object);
    for (const listener of this.#listeners) listener(object);
  }

  #isHearing(): boolean {
    return this.#watch?.isLive() ?? false;
  }

  #watchForReal(): NonNullable<SecretsOptions["watch"]> {
    const { clock, log } = this.#options;
    const options = {
      server: connectApiServer(),
      clock,
      log,
      random: Math.random,
    };
    return (resource, onChange) => watchMetadata(resource, onChange, options);
  }
}

type Remembered = Extract<SecretValue, { kind: "Value" }>;

function inner<V>(outer: Map<Key, Map<string, V>>, key: Key): Map<string, V> {
  const found = outer.get(key);
  if (found !== undefined) return found;
  const made = new Map<string, V>();
  outer.set(key, made);
  return made;
}

function valueOf(secret: StoredSecret, key: string): SecretValue {
  const encoded = secret.data?.[key];
  if (encoded === undefined) return { kind: "KeyMissing", keys: Object.keys(secret.data ?? {}).sort() };
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const value = text.replace(/[\r\n]+$/, "");
  if (value.trim() === "") return { kind: "Empty" };
  const { resourceVersion } = secret.metadata;
  return { kind: "Value", value, resourceVersion };
}

function absence(problem: Problem): SecretValue {
  if (problem.kind === "gone") return { kind: "Missing" };
  const message = "message" in problem ? problem.message : "The Secret is being changed.";
  return { kind: "Unreadable", message };
}
