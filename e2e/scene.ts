/**
 * One namespace and what happens in it: applying objects, waiting until something holds, and saying in full what was found
 * instead when it does not. Nothing here knows what should happen.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { parseAllDocuments } from "yaml";
import type { Resource } from "../capabilities/runtime/objects";
import { namespacePath, objectPath } from "../capabilities/runtime/paths";
import type { Agent, ContactChannel, LLM, MCPServer, Task, TaskRun, Tool, ToolCall } from "../crds/index";
import { resources } from "../crds/index";
import type { Kubectl, Ran } from "../controlplane/kubectl";
import type { Api, Call, Reply } from "./api";
import type { Model } from "./model";
import type { Manifest } from "./objects";
import * as objects from "./objects";

/** The kinds a test looks at. */
export interface Kinds {
  LLM: LLM;
  Agent: Agent;
  MCPServer: MCPServer;
  ContactChannel: ContactChannel;
  Tool: Tool;
  Task: Task;
  TaskRun: TaskRun;
  ToolCall: ToolCall;
  Secret: Stored;
}
export type Kind = keyof Kinds;

/** Any object as it is stored. */
export interface Stored {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string; uid: string; resourceVersion: string; deletionTimestamp?: string };
  [field: string]: unknown;
}

/** An event about an object of the scene. */
export interface Told {
  type: string;
  reason: string;
  message: string;
  source: string;
  count: number;
}

/** Where a scene is. `log` gives the end of the operator's. */
export interface Place {
  api: Api;
  kubectl: Kubectl;
  log: () => string;
}

export const EVENTS: Resource = { apiVersion: "v1", kind: "Event", plural: "events" };
const NAMESPACES: Resource = { apiVersion: "v1", kind: "Namespace", plural: "namespaces", namespaced: false };
const others: Record<string, Resource> = {
  Secret: { apiVersion: "v1", kind: "Secret", plural: "secrets" },
};

/** Generous: it bounds how long a failing test takes, and a busy machine may need it. */
const PATIENCE_MS = 45_000;
const LOOK_AGAIN_MS = 60;

export class Scene {
  readonly namespace: string;
  /** How long is waited for anything here, in milliseconds. */
  patienceMs = PATIENCE_MS;
  readonly #place: Place;

  private constructor(place: Place, namespace: string) {
    this.#place = place;
    this.namespace = namespace;
  }

  static async create(place: Place, name: string, labels: Record<string, string> = {}): Promise<Scene> {
    const namespace = `${name}-${randomBytes(3).toString("hex")}`;
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } };
    await must(place.api, { method: "POST", path: namespacePath(NAMESPACES, ""), body });
    return new Scene(place, namespace);
  }

  /** Applies objects one after the other; every one must be accepted. */
  async apply(...manifests: Manifest[]): Promise<Reply[]> {
    const replies: Reply[] = [];
    for (const manifest of manifests) replies.push(accepted(manifest, await this.offer(manifest)));
    return replies;
  }

  /** Applies the documents of a YAML text. */
  async applyYaml(text: string): Promise<Reply[]> {
    return this.apply(...parseAllDocuments(text).map((document) => document.toJS() as Manifest));
  }

  /** Applies an object (server-side) and returns what the API server says, be it a refusal. */
  offer(manifest: Manifest): Promise<Reply> {
    const path = `${this.#pathOf(manifest.kind, manifest.metadata.name)}?fieldManager=e2e&force=true`;
    return this.#place.api.call({ method: "PATCH", path, body: manifest, contentType: "application/apply-patch+yaml" });
  }

  /** Creates an object and returns what the API server says. `query` such as `dryRun=All`. */
  create(manifest: Manifest, query = ""): Promise<Reply> {
    const path = namespacePath(resourceOf(manifest.kind), this.namespace) + (query && `?${query}`);
    return this.#place.api.call({ method: "POST", path, body: manifest });
  }

  /** A merge patch, and what the API server says. `part` such as `/status`. */
  tryPatch(kind: Kind, name: string, patch: object, part = ""): Promise<Reply> {
    const path = this.#pathOf(kind, name) + part;
    return this.#place.api.call({ method: "PATCH", path, body: patch, contentType: "application/merge-patch+json" });
  }

  async patch(kind: Kind, name: string, patch: object): Promise<void> {
    accepted({ kind, metadata: { name } }, await this.tryPatch(kind, name, patch));
  }

  /** Deletes an object; that it is gone already is fine, since the answer to an earlier request may have been lost. */
  async remove(kind: Kind, name: string): Promise<void> {
    const reply = await this.#place.api.call({ method: "DELETE", path: this.#pathOf(kind, name) });
    if (reply.status !== 404) accepted({ kind, metadata: { name } }, reply);
  }

  async get<K extends Kind>(kind: K, name: string): Promise<Kinds[K] | undefined> {
    const { status, body } = await this.#place.api.call({ method: "GET", path: this.#pathOf(kind, name) });
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`GET ${kind} ${name} was answered ${status}: ${JSON.stringify(body)}`);
    return body as Kinds[K];
  }

  async list<K extends Kind>(kind: K): Promise<Kinds[K][]> {
    const body = await must(this.#place.api, { method: "GET", path: namespacePath(resourceOf(kind), this.namespace) });
    return (body as { items: Kinds[K][] }).items;
  }

  /** Waits until the object exists and `holds`; `what` completes "Task x …" in the report of a failure. */
  async until<K extends Kind>(
    kind: K,
    name: string,
    what: string,
    holds: (object: Kinds[K]) => boolean,
  ): Promise<Kinds[K]> {
    let found: Kinds[K] | undefined;
    const look = async (): Promise<boolean> => {
      found = await this.get(kind, name);
      return found !== undefined && holds(found);
    };
    const sentence = `${kind} ${name} ${what}`;
    await until(sentence, look, { forMs: this.patienceMs, report: () => this.#report(kind, name) });
    if (!found) throw new Error(`${sentence}: gone`);
    return found;
  }

  async untilGone(kind: Kind, name: string): Promise<void> {
    const look = async (): Promise<boolean> => (await this.get(kind, name)) === undefined;
    await until(`${kind} ${name} is gone`, look, { report: () => this.#report(kind, name) });
  }

  /** The task when it has ended, however that was. */
  ended(name: string): Promise<Task> {
    const isOver = (task: Task): boolean => ["FinalAnswer", "Failed", "Cancelled"].includes(task.status?.phase ?? "");
    return this.until("Task", name, "ends", isOver);
  }

  /** The object when its status says Ready about its present generation. */
  ready<K extends "LLM" | "Agent" | "MCPServer">(kind: K, name: string): Promise<Kinds[K]> {
    return this.until(kind, name, "becomes Ready", (object) => {
      const { metadata, status } = object;
      return status?.ready === true && status.observedGeneration === metadata.generation;
    });
  }

  /** The LLM "gpt-4o" on this model and the Agent "helper" that uses it, both Ready. */
  async team(
    model: Pick<Model, "url">,
    more: { llm?: Partial<LLM["spec"]>; agent?: Partial<Agent["spec"]> } = {},
  ): Promise<void> {
    await this.apply(objects.llm("gpt-4o", model.url, more.llm), objects.agent("helper", "gpt-4o", more.agent));
    await this.ready("Agent", "helper");
  }

  /** The events about an object, oldest first. */
  async events(kind: Kind, name: string): Promise<Told[]> {
    const chosen = `involvedObject.kind=${kind},involvedObject.name=${name}`;
    const path = `${namespacePath(EVENTS, this.namespace)}?fieldSelector=${encodeURIComponent(chosen)}`;
    const { items } = (await must(this.#place.api, { method: "GET", path })) as { items: StoredEvent[] };
    return items
      .sort((a, b) => a.metadata.name.localeCompare(b.metadata.name))
      .map(({ type, reason, message, source, count = 1 }) => ({
        type,
        reason,
        message,
        source: source.component,
        count,
      }));
  }

  /** The events, once there are so many. They are told in the background, after what they tell of. */
  async untilEvents(kind: Kind, name: string, what: string, holds: (told: Told[]) => boolean): Promise<Told[]> {
    let told: Told[] = [];
    const look = async (): Promise<boolean> => holds((told = await this.events(kind, name)));
    await until(`the events of ${kind} ${name}: ${what}`, look, { report: () => this.#report(kind, name) });
    return told;
  }

  /** kubectl in this namespace. */
  kubectl(args: readonly string[], stdin?: string): Promise<Ran> {
    return this.#place.kubectl([...args, `--namespace=${this.namespace}`], stdin);
  }

  /** kubectl in this namespace, which must succeed: what it printed. */
  async mustKubectl(args: readonly string[], stdin?: string): Promise<string> {
    const { code, stdout, stderr } = await this.kubectl(args, stdin);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${code}: ${stderr}`);
    return stdout;
  }

  #pathOf(kind: string, name: string): string {
    return objectPath(resourceOf(kind), { namespace: this.namespace, name });
  }

  async #report(kind: Kind, name: string): Promise<string> {
    const object = await this.get(kind, name);
    const told = await this.events(kind, name);
    const events = told.map(({ type, reason, message, count }) => `    ${type} ${reason} x${count}: ${message}`);
    return [
      `${kind} ${this.namespace}/${name}: ${JSON.stringify(withoutBulk(object), undefined, 2)}`,
      `Its events:\n${events.join("\n")}`,
      `The end of the operator's log:\n${this.#place.log()}`,
    ].join("\n");
  }
}

interface StoredEvent {
  metadata: { name: string };
  type: string;
  reason: string;
  message: string;
  source: { component: string };
  count?: number;
}

/** Waits until `holds`; a failure says what did not hold, and `report` what was there instead. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  { forMs = PATIENCE_MS, report = () => "" }: { forMs?: number; report?: () => string | Promise<string> } = {},
): Promise<void> {
  const end = Date.now() + forMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Not within ${forMs / 1_000} s: ${what}.\n${await report()}`);
    await sleep(LOOK_AGAIN_MS);
  }
}

/**
 * What of an object is its content: all but the bookkeeping of the API server, which may sort who owns which field anew, and
 * store that, when nothing else has changed.
 */
export function contentOf(object: { metadata: object } | undefined): unknown {
  return JSON.parse(
    JSON.stringify(object ?? "does not exist", (key, value: unknown) =>
      key === "managedFields" || key === "resourceVersion" ? undefined : value,
    ),
  );
}

/** The sentence of a refusal. */
export function messageOf({ body }: Reply): string {
  return typeof body === "object" && body !== null && "message" in body ? String(body.message) : JSON.stringify(body);
}

function resourceOf(kind: string): Resource {
  const found = Object.values(resources).find((resource) => resource.kind === kind) ?? others[kind];
  if (!found) throw new Error(`Tests know no kind ${kind}`);
  return found;
}

function accepted(what: { kind: string; metadata: { name: string } }, reply: Reply): Reply {
  if (reply.status >= 300)
    throw new Error(`${what.kind} ${what.metadata.name} was refused (${reply.status}): ${messageOf(reply)}`);
  return reply;
}

async function must(api: Api, call: Call): Promise<unknown> {
  const reply = await api.call(call);
  if (reply.status >= 300)
    throw new Error(`${call.method} ${call.path} was answered ${reply.status}: ${messageOf(reply)}`);
  return reply.body;
}

/** What nobody wants to read in a report: long texts, and who wrote which field. */
function withoutBulk(object: unknown): unknown {
  return JSON.parse(
    JSON.stringify(object ?? "does not exist", (key, value: unknown) => {
      if (key === "managedFields") return undefined;
      return typeof value === "string" && value.length > 500
        ? `${value.slice(0, 500)}… (${value.length} characters)`
        : value;
    }),
  );
}
