// A LIST and a WATCH of metadata only, for kinds whose content must not lie in our memory: Secrets. Owns staying connected: it
// resumes where it stopped, lists again when the API server has forgotten that point, and notices a connection that has died
// without a word, because a live one sends a bookmark about every minute. It never reads content and never throws.
import type { Readable } from "node:stream";
import type { ApiServer } from "./api-server";
import { after, pause, type Clock } from "./clock";
import { doubled } from "./doubled";
import { toProblem } from "./errors";
import type { Log } from "./log";
import { keyOf, type Key, type ObjectMeta, type Resource } from "./objects";
import { AS_METADATA, AS_METADATA_LIST, collectionPath, query } from "./paths";

/** One object is new, different or gone. */
export interface MetadataChange {
  meta: ObjectMeta;
  deleted: boolean;
}

export interface MetadataWatch {
  stop(): void;
  /** Resolves after the first complete list. */
  synced: Promise<void>;
  /** Whether changes would be heard now: listed, connected, and not silent for too long. */
  isLive(): boolean;
}

export interface WatchOptions {
  server: ApiServer;
  clock: Clock;
  log: Log;
  /** Returns [0, 1). */
  random: () => number;
}

const PAGE = 500;
const CALL_TIMEOUT_MS = 15_000;
/** Bookmarks come once a minute (bookmarkFrequency in k8s.io/apiserver, storage/cacher). */
const SILENCE_MS = 90_000;
/** The API server ends a watch after this time, chosen at random between it and its double, as other clients do. */
const WATCH_SECONDS = 300;
const PAUSES = { firstMs: 1_000, longestMs: 30_000 };

/** Watches the metadata of all objects of a kind until stopped. `onChange` must not throw. */
export function watchMetadata(
  resource: Resource,
  onChange: (change: MetadataChange) => void,
  options: WatchOptions,
): MetadataWatch {
  return new MetadataWatcher(resource, onChange, options);
}

type Known = Pick<ObjectMeta, "name" | "namespace" | "uid" | "resourceVersion">;

interface ListAnswer {
  metadata: { resourceVersion: string; continue?: string };
  items: { metadata: ObjectMeta }[] | null;
}

interface WatchLine {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: { metadata?: ObjectMeta; code?: number };
}

class MetadataWatcher implements MetadataWatch {
  readonly synced: Promise<void>;
  readonly #resource: Resource;
  readonly #onChange: (change: MetadataChange) => void;
  readonly #options: WatchOptions;
  readonly #known = new Map<Key, Known>();
  #tellSynced: () => void = () => undefined;
  /** Where to resume; undefined means "list first". */
  #version: string | undefined;
  #stream: Readable | undefined;
  #heardAt = 0;
  #failures = 0;
  #isStopped = false;

  constructor(resource: Resource, onChange: (change: MetadataChange) => void, options: WatchOptions) {
    this.#resource = resource;
    this.#onChange = onChange;
    this.#options = options;
    this.synced = new Promise((resolve) => (this.#tellSynced = resolve));
    void this.#run();
  }

  stop(): void {
    this.#isStopped = true;
    this.#stream?.destroy();
  }

  isLive(): boolean {
    return this.#stream !== undefined && this.#silence() < SILENCE_MS;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        if (this.#version === undefined) await this.#list();
        if (this.#version !== undefined) await this.#watch(this.#version);
      } catch (thrown) {
        if (this.#isStopped) return;
        this.#failures++;
        this.#options.log.debug(
          { kind: this.#resource.kind, problem: toProblem(thrown) },
          "A metadata watch was interrupted; it is begun again.",
        );
      }
      if (this.#failures > 0) await this.#rest();
    }
  }

  async #list(): Promise<void> {
    const seen = new Set<Key>();
    let version: string;
    let next: string | undefined;
    do {
      const page = await this.#page(next);
      version = page.metadata.resourceVersion;
      next = page.metadata.continue || undefined;
      for (const { metadata } of page.items ?? []) {
        seen.add(keyOf({ metadata }));
        this.#note(metadata);
      }
    } while (next !== undefined && !this.#isStopped);
    for (const [key, known] of this.#known) if (!seen.has(key)) this.#end(known);
    this.#version = version;
    this.#tellSynced();
  }

  async #page(next: string | undefined): Promise<ListAnswer> {
    const answer = await this.#options.server.call({
      method: "GET",
      path: collectionPath(this.#resource) + query({ limit: PAGE, continue: next }),
      accept: AS_METADATA_LIST,
      timeoutMs: CALL_TIMEOUT_MS,
    });
    if (answer.status !== 200) throw new Refused(answer.status);
    return JSON.parse(answer.body) as ListAnswer;
  }

  async #watch(version: string): Promise<void> {
    const { status, body } = await this.#options.server.open({
      method: "GET",
      path: collectionPath(this.#resource) + this.#watchQuery(version),
      accept: AS_METADATA,
      timeoutMs: CALL_TIMEOUT_MS,
    });
    body.on("error", () => undefined); // Hanging up is an error of the stream; the loop below has it too.
    if (status !== 200 || this.#isStopped) {
      body.destroy();
      if (status === 410) this.#version = undefined;
      throw new Refused(status);
    }
    this.#stream = body;
    this.#hear();
    const stopGuard = this.#guardSilence(body);
    try {
      const lines = await this.#read(body);
      if (lines === 0) this.#failures++; // A server or proxy that hangs up at once must not be asked in a tight loop.
    } finally {
      stopGuard();
      this.#stream = undefined;
      body.destroy();
    }
  }

  #watchQuery(version: string): string {
    return query({
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: version,
      timeoutSeconds: Math.floor(WATCH_SECONDS * (1 + this.#options.random())),
    });
  }

  /** Takes lines until the stream ends; says how many there were. */
  async #read(body: Readable): Promise<number> {
    let taken = 0;
    let rest = "";
    body.setEncoding("utf8");
    for await (const chunk of body) {
      const lines = (rest + String(chunk)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#take(JSON.parse(line) as WatchLine);
      taken += lines.length;
    }
    return taken;
  }

  #take({ type, object }: WatchLine): void {
    this.#hear();
    if (type === "ERROR") {
      this.#version = undefined; // Whatever it was (usually 410: too old), a list puts it right.
      throw new Refused(object.code ?? 500);
    }
    this.#failures = 0;
    if (object.metadata === undefined) return;
    this.#version = object.metadata.resourceVersion;
    if (type === "DELETED") this.#end(object.metadata);
    else if (type !== "BOOKMARK") this.#note(object.metadata);
  }

  #note(meta: ObjectMeta): void {
    const key = keyOf({ metadata: meta });
    const known = this.#known.get(key);
    const { name, namespace, uid, resourceVersion } = meta;
    if (known?.resourceVersion === resourceVersion && known.uid === uid) return;
    this.#known.set(key, { name, namespace, uid, resourceVersion });
    this.#onChange({ meta, deleted: false });
  }

  #end(meta: Known): void {
    if (!this.#known.delete(keyOf({ metadata: meta }))) return;
    this.#onChange({ meta, deleted: true });
  }

  #hear(): void {
    this.#heardAt = this.#options.clock.now().getTime();
  }

  #silence(): number {
    return this.#options.clock.now().getTime() - this.#heardAt;
  }

  /** Hangs up on a stream that has been silent for too long; one timer, set again only when it fires. */
  #guardSilence(body: Readable): () => void {
    const { clock } = this.#options;
    const look = (): void => {
      const left = SILENCE_MS - this.#silence();
      if (left <= 0) body.destroy(new Error("the watch went silent"));
      else cancel = clock.at(after(clock, left), look);
    };
    let cancel = clock.at(after(clock, SILENCE_MS), look);
    return () => cancel();
  }

  async #rest(): Promise<void> {
    const { clock, random } = this.#options;
    await pause(clock, doubled(this.#failures - 1, PAUSES) * (1 - random() / 2));
  }
}

/** A list or watch was answered with something else than 200. */
class Refused extends Error {
  constructor(status: number) {
    super(`the API server answered ${status}`);
  }
}
