/**
 * HumanLayer's own SDK on our transport. The SDK (0.7.9) has no deadline, no abort, and errors without a status; its
 * connection is replaced, its stores are used. Every ending is a value. Knows the paths of the protocol, not the questions.
 */
import { CloudHumanLayerBackend, HumanLayerCloudConnection } from "@humanlayer/sdk";
import type { FunctionCall, HumanContact } from "@humanlayer/sdk";
import type { Trouble, Wire } from "./wire";
import { HUMANLAYER_API } from "./words";
import { isRecord, parseJson } from "../../runtime/json";

/** The two sorts of items: something is to be executed, or something is to be said. */
export type Sort = "function_calls" | "human_contacts";

/** Who is asked, with which key. */
export interface Access {
  /** With the path of the API; HumanLayer's own when undefined. */
  baseUrl: string | undefined;
  apiKey: string;
}

/** What came of looking for an item. */
export type Found = { kind: "Item"; item: unknown } | { kind: "None" } | Trouble;
/** What came of putting an item. */
export type Created = { kind: "Item"; item: unknown } | { kind: "Taken" } | Trouble;
/** `NoList`: this service cannot say what is pending. */
export type Pending = { kind: "List"; items: unknown[] } | { kind: "NoList" } | Trouble;

/** The longest that one exchange may take, milliseconds. */
const TIMEOUT_MS = 20_000;

/** HumanLayer's API, reached with one key. */
export class HumanLayerApi {
  readonly #access: Access;
  readonly #wire: Wire;

  constructor(access: Access, wire: Wire) {
    this.#access = access;
    this.#wire = wire;
  }

  /** What the service has under an id. */
  async find(sort: Sort, id: string, signal: AbortSignal): Promise<Found> {
    const got = await this.#through(signal, (sdk) =>
      sort === "function_calls" ? sdk.functions().get(id) : sdk.contacts().get(id),
    );
    return got.kind === "Status" && got.status === 404 ? { kind: "None" } : got;
  }

  /** Puts an item. `Taken`: there is another one of its id. */
  async create(sort: Sort, item: FunctionCall | HumanContact, signal: AbortSignal): Promise<Created> {
    const made = await this.#through(signal, (sdk) =>
      sort === "function_calls" ? sdk.functions().add(item as FunctionCall) : sdk.contacts().add(item as HumanContact),
    );
    return made.kind === "Status" && made.status === 409 ? { kind: "Taken" } : made;
  }

  /** Everything that waits for an answer. It is not in the SDK. */
  async pending(sort: Sort, signal: AbortSignal): Promise<Pending> {
    const listed = await this.get(`/agent/${sort}/pending`, signal);
    if (listed.kind === "Item" && Array.isArray(listed.item)) return { kind: "List", items: listed.item as unknown[] };
    const isMissing = listed.kind === "Status" && [404, 405, 501].includes(listed.status);
    // A server that answers any address with a page of its own has no such list either.
    return isMissing || listed.kind === "Item" || listed.kind === "Unreadable" ? { kind: "NoList" } : listed;
  }

  /** Any other address of the API. */
  get(path: string, signal: AbortSignal): Promise<{ kind: "Item"; item: unknown } | Trouble> {
    return valueOf(async () => (await this.#connect(signal).request({ method: "GET", path })).json());
  }

  #through(
    signal: AbortSignal,
    use: (sdk: CloudHumanLayerBackend) => Promise<unknown>,
  ): Promise<{ kind: "Item"; item: unknown } | Trouble> {
    return valueOf(() => use(new CloudHumanLayerBackend(this.#connect(signal))));
  }

  #connect(signal: AbortSignal): Connection {
    return new Connection(this.#access, this.#wire, signal);
  }
}

/** What our transport throws through the SDK, which knows no other way. */
class TroubleError extends Error {
  override name = "TroubleError";
  readonly trouble: Trouble;

  constructor(trouble: Trouble) {
    super(trouble.kind);
    this.trouble = trouble;
  }
}

async function valueOf(work: () => Promise<unknown>): Promise<{ kind: "Item"; item: unknown } | Trouble> {
  try {
    return { kind: "Item", item: await work() };
  } catch (error) {
    if (error instanceof TroubleError) return error.trouble;
    return { kind: "Unreadable", how: "is not of the protocol" };
  }
}

/** The SDK's connection, for one request. */
class Connection extends HumanLayerCloudConnection {
  readonly #access: Access;
  readonly #wire: Wire;
  readonly #signal: AbortSignal;

  constructor(access: Access, wire: Wire, signal: AbortSignal) {
    super(access.apiKey, access.baseUrl ?? HUMANLAYER_API);
    this.#access = access;
    this.#wire = wire;
    this.#signal = signal;
  }

  override async request({ method, path, body }: { method: string; path: string; body?: unknown }): Promise<Response> {
    const answer = await this.#wire.exchange({
      method,
      url: `${this.#access.baseUrl ?? HUMANLAYER_API}${path}`,
      headers: { authorization: `Bearer ${this.#access.apiKey}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: this.#signal,
      timeoutMs: TIMEOUT_MS,
    });
    if (answer.kind !== "Answer") throw new TroubleError(answer);
    const json = parseJson(answer.text);
    if (!isRecord(json) && !Array.isArray(json)) throw new TroubleError(unreadable(answer.text));
    return { status: 200, ok: true, json: async () => json } as Response;
  }
}

function unreadable(text: string): Trouble {
  const trimmed = text.trim();
  if (trimmed === "") return { kind: "Unreadable", how: "is empty" };
  return { kind: "Unreadable", how: trimmed.startsWith("<") ? "is a web page" : "is not JSON" };
}
