// The client over real sockets: what is repeated, what is not, and what becomes of a write whose answer was lost.
import { KubeConfig } from "@kubernetes/client-node";
import { recordingServer, type Answer, type Recorded, type RecordingServer } from "../testing/recording-server";
import { connectApiServer, type ApiServer } from "./api-server";
import type { Clock } from "./clock";
import { callCluster } from "./cluster-calls";
import type { Cluster } from "./cluster";
import type { Result } from "./errors";
import type { ClusterObject, Resource } from "./objects";

const THINGS: Resource = { apiVersion: "test.dev/v1", kind: "Thing", plural: "things" };
const MAPS: Resource = { apiVersion: "v1", kind: "ConfigMap", plural: "configmaps" };
const ref = { namespace: "ns", name: "a" };

interface Thing extends ClusterObject {
  spec?: object;
  status?: object;
}

function thing(version: string, rest: Partial<Thing> = {}): Thing {
  const metadata = { ...ref, uid: "uid-a", resourceVersion: version };
  return { apiVersion: "test.dev/v1", kind: "Thing", metadata, ...rest };
}

function refusal(status: number, fields: object = {}): Answer {
  return { status, body: { kind: "Status", message: "words", ...fields } };
}

/** Real time, but no pause takes any. */
const hurried: Clock = {
  now: () => new Date(),
  at: (_when, run) => {
    const immediate = setImmediate(run);
    return () => clearImmediate(immediate);
  },
};

let server: RecordingServer;
let wire: ApiServer;

async function connect(
  answer: (request: Recorded, nth: number) => Answer | Promise<Answer>,
  user: object = { token: "secret-token" },
): Promise<Cluster> {
  server = await recordingServer(answer);
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: "c", server: server.url, skipTLSVerify: true }],
    users: [{ name: "u", ...user }],
    contexts: [{ name: "x", cluster: "c", user: "u" }],
    currentContext: "x",
  });
  wire = connectApiServer(config);
  return callCluster(wire, { clock: hurried, random: () => 0 });
}

afterEach(async () => {
  await wire.close();
  await server.close();
});

const methods = (): string[] => server.requests.map((request) => request.method);

describe("a call", () => {
  test("asks in the words of the API", async () => {
    const cluster = await connect(() => ({ status: 200, body: { ...thing("5"), items: [] } }));
    await cluster.get(THINGS, ref);
    await cluster.create<Thing>(MAPS, { apiVersion: "v1", kind: "ConfigMap", metadata: ref });
    await cluster.replaceStatus(THINGS, thing("5", { status: { n: 1 } }));
    await cluster.mergePatch(THINGS, ref, { metadata: { labels: { a: null } } });
    await cluster.remove(THINGS, { ...ref, uid: "uid-a", resourceVersion: "5" });
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /apis/test.dev/v1/namespaces/ns/things/a",
      "POST /api/v1/namespaces/ns/configmaps?fieldManager=kubechain",
      "PUT /apis/test.dev/v1/namespaces/ns/things/a/status?fieldManager=kubechain&fieldValidation=Ignore",
      "PATCH /apis/test.dev/v1/namespaces/ns/things/a?fieldManager=kubechain",
      "DELETE /apis/test.dev/v1/namespaces/ns/things/a",
    ]);
    const [get, , put, patch, remove] = server.requests;
    expect(get?.headers).toMatchObject({ authorization: "Bearer secret-token", accept: "application/json" });
    expect(JSON.parse(put?.body ?? "")).toMatchObject({ metadata: { resourceVersion: "5" }, status: { n: 1 } });
    expect(patch?.headers["content-type"]).toBe("application/merge-patch+json");
    expect(JSON.parse(remove?.body ?? "")).toMatchObject({
      propagationPolicy: "Background",
      preconditions: { uid: "uid-a", resourceVersion: "5" },
    });
  });

  test("asks for metadata only when it lists", async () => {
    const metadata = { resourceVersion: "9", continue: "t", remainingItemCount: 7 };
    const cluster = await connect(() => ({ status: 200, body: { metadata, items: [thing("5")] } }));
    const page = await cluster.listMetadata(THINGS, { limit: 1, continue: "a/b=" });
    expect(page).toMatchObject({ ok: true, value: { resourceVersion: "9", continue: "t", remaining: 7 } });
    expect(server.requests[0]?.path).toBe("/apis/test.dev/v1/things?limit=1&continue=a%2Fb%3D");
    expect(server.requests[0]?.headers.accept).toContain("as=PartialObjectMetadataList");
  });

  test("uses the same connections for one call after the other", async () => {
    const cluster = await connect(() => ({ status: 200, body: thing("5") }));
    for (let i = 0; i < 20; i++) await cluster.get(THINGS, ref);
    expect(server.connections()).toBeLessThanOrEqual(3); // undici may open another while one is being freed.
  });

  test("opens no more than 64 connections for a thousand calls at once", async () => {
    const cluster = await connect(() => ({ status: 200, body: thing("5") }));
    const results = await Promise.all(Array.from({ length: 1_000 }, () => cluster.get(THINGS, ref)));
    expect(results.every((result) => result.ok)).toBe(true);
    expect(server.connections()).toBeLessThanOrEqual(64);
  });

  test.each<[sentence: string, answer: Answer, kind: string, tries: number]>([
    ["an absent object", refusal(404, { details: { name: "a" } }), "gone", 1],
    ["a refused object", refusal(422), "terminal", 1],
    ["a missing permission, four times: a server that has just started knows no roles", refusal(403), "retryable", 4],
    ["too large an object", refusal(500, { message: "etcdserver: request is too large" }), "terminal", 1],
    ["a busy server, four times", { status: 429, body: "busy" }, "retryable", 4],
    ["a failing server, four times", refusal(500), "retryable", 4],
    ["a server that hangs up, four times", "cut", "retryable", 4],
    ["a long pause, once: the queue waits better", { status: 429, headers: { "retry-after": "30" } }, "retryable", 1],
    ["something that is not JSON, once", { status: 200, body: "<html>" }, "retryable", 1],
  ])("tries %s", async (_sentence, answer, kind, tries) => {
    const cluster = await connect(() => answer);
    const result = await cluster.get(THINGS, ref);
    expect([result.ok ? "ok" : result.problem.kind, server.requests.length]).toEqual([kind, tries]);
  });

  test.each<[what: string, trouble: Answer]>([
    ["a 429", { status: 429, headers: { "retry-after": "1" } }],
    ["a 503", refusal(503)],
    ["a cut connection", "cut"],
  ])("writes the same bytes again after %s", async (_what, trouble) => {
    const cluster = await connect((_request, nth) => (nth <= 2 ? trouble : { status: 200, body: thing("6") }));
    const result = await cluster.replaceStatus(THINGS, thing("5", { status: { n: 1 } }));
    expect(result.ok).toBe(true);
    expect(new Set(server.requests.map((request) => request.body)).size).toBe(1);
    expect(methods()).toEqual(["PUT", "PUT", "PUT"]);
  });

  test.each<[verb: string, call: (cluster: Cluster) => Promise<Result<Thing>>]>([
    ["get", (cluster) => cluster.get<Thing>(THINGS, ref, { timeoutMs: 50 })],
    ["create", (cluster) => cluster.create<Thing>(THINGS, { ...thing("1"), metadata: ref }, { timeoutMs: 50 })],
    ["patch", (cluster) => cluster.mergePatch<Thing>(THINGS, ref, { spec: {} }, { timeoutMs: 50 })],
  ])("ends by its deadline when nobody answers: %s", async (_verb, call) => {
    const result = await call(await connect(() => "never"));
    expect(result).toMatchObject({ ok: false, problem: { kind: "retryable" } });
  });

  test("is retryable when nobody listens, and says where it failed, without the token", async () => {
    const cluster = await connect(() => "never");
    await server.close();
    const result = await cluster.get(THINGS, ref);
    expect(result).toMatchObject({ ok: false, problem: { kind: "retryable" } });
    expect(JSON.stringify(result)).toContain("ECONNREFUSED");
    expect(JSON.stringify(result)).not.toContain("secret-token");
  });

  test("reads its credentials again, once in each of four attempts, when they are refused", async () => {
    const cluster = await connect(() => refusal(401));
    const result = await cluster.get(THINGS, ref);
    expect(result).toMatchObject({ ok: false, problem: { kind: "retryable" } });
    expect(server.requests).toHaveLength(8);
  });
});

describe("a write whose answer was lost", () => {
  /** A server that stores what is put and loses its first answer, then answers by the book. */
  function forgetful(other?: Thing): (request: Recorded, nth: number) => Answer {
    let live = thing("5");
    return ({ method, body }, nth) => {
      if (method === "GET") return { status: 200, body: live };
      const sent = JSON.parse(body) as Thing;
      if (sent.metadata.resourceVersion !== live.metadata.resourceVersion) return refusal(409, { reason: "Conflict" });
      live = other ?? { ...sent, metadata: { ...live.metadata, resourceVersion: "6" } };
      return nth === 1 ? "cut" : { status: 200, body: live };
    };
  }

  test("is recognised: the conflict with itself is a success", async () => {
    const cluster = await connect(forgetful());
    const result = await cluster.replaceStatus(THINGS, thing("5", { status: { n: 1 } }));
    expect(result).toMatchObject({ ok: true, value: { status: { n: 1 }, metadata: { resourceVersion: "6" } } });
    expect(methods()).toEqual(["PUT", "PUT", "GET"]);
  });

  test("is told apart from somebody else's", async () => {
    const cluster = await connect(forgetful(thing("6", { status: { n: 2 } })));
    const result = await cluster.replaceStatus(THINGS, thing("5", { status: { n: 1 } }));
    expect(result).toMatchObject({ ok: false, problem: { kind: "conflict" } });
  });

  test("is not found in a namesake", async () => {
    const namesake = thing("6", { status: { n: 1 } });
    namesake.metadata.uid = "another";
    const cluster = await connect(forgetful(namesake));
    const result = await cluster.replaceStatus(THINGS, thing("5", { status: { n: 1 } }));
    expect(result).toMatchObject({ ok: false, problem: { kind: "conflict" } });
  });

  test("is not looked for after a conflict that came at once, or after a 429", async () => {
    const cluster = await connect((_request, nth) => (nth === 1 ? { status: 429 } : refusal(409)));
    const result = await cluster.replaceStatus(THINGS, thing("5", { status: { n: 1 } }));
    expect(result).toMatchObject({ ok: false, problem: { kind: "conflict" } });
    expect(methods()).toEqual(["PUT", "PUT"]);
  });

  const draft = { apiVersion: "test.dev/v1", kind: "Thing", metadata: ref, spec: { n: 1 } };

  test.each<[sentence: string, stored: Thing, isOurs: boolean]>([
    ["an object with our words and the server's defaults is ours", thing("6", { spec: { n: 1, by: "default" } }), true],
    ["an object of our name with other words is not", thing("6", { spec: { n: 2 } }), false],
  ])("when it was a creation: %s", async (_sentence, stored, isOurs) => {
    const cluster = await connect(({ method }, nth) => {
      if (method === "GET") return { status: 200, body: stored };
      return nth === 1 ? "cut" : refusal(409, { reason: "AlreadyExists" });
    });
    expect((await cluster.create<Thing>(THINGS, draft)).ok).toBe(isOurs);
  });

  test("when it was a removal: what is not there any more was removed by us", async () => {
    const cluster = await connect((_request, nth) => (nth === 1 ? "cut" : refusal(404, { details: { name: "a" } })));
    expect(await cluster.remove(THINGS, { ...ref, uid: "uid-a" })).toEqual({ ok: true, value: undefined });
  });

  test("when it was a versioned patch: what is as we wanted it is ours", async () => {
    const stored = thing("6", { spec: { n: 1 } });
    const cluster = await connect(({ method }, nth) => {
      if (method === "GET") return { status: 200, body: stored };
      return nth === 1 ? "cut" : refusal(409);
    });
    const patch = { metadata: { resourceVersion: "5" }, spec: { n: 1, old: null } };
    expect(await cluster.mergePatch(THINGS, ref, patch)).toMatchObject({ ok: true });
    const other = { metadata: { resourceVersion: "5" }, spec: { n: 3 } };
    expect(await cluster.mergePatch(THINGS, ref, other)).toMatchObject({ ok: false });
  });
});

describe("a removal that is refused", () => {
  test.each<[sentence: string, live: Answer, kind: string]>([
    [
      "is gone when another incarnation lives",
      { status: 200, body: { ...thing("9"), metadata: { ...thing("9").metadata, uid: "other" } } },
      "gone",
    ],
    ["is a conflict when this one is newer", { status: 200, body: thing("9") }, "conflict"],
  ])("%s", async (_sentence, live, kind) => {
    const cluster = await connect(({ method }) => (method === "GET" ? live : refusal(409)));
    const result = await cluster.remove(THINGS, { ...ref, uid: "uid-a", resourceVersion: "5" });
    expect(result).toEqual({ ok: false, problem: { kind } });
  });
});
