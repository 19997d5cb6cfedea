/**
 * What the tests of this folder share: a HumanLayer service on loopback that can fail in every way, and channels with a clock
 * that moves when it is told to. Only tests import it.
 */
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { FakeClock } from "../../testing/fake-clock";
import type { Answer, Fault, Json, Received } from "../../testing/model-server-http";
import { isJson, startJsonServer } from "../../testing/model-server-http";
import { silentLog } from "../../runtime/log";
import { createChannels } from "./index";
import type { Asked, Channels, ChannelTarget, Question } from "./port";

export const KEY = "hl-key-1234";

export interface TestService {
  url: string;
  target: ChannelTarget;
  /** By call_id, with a status once it was put. */
  items: Map<string, Json>;
  requests: Received[];
  /** What to answer instead; asked for every request. */
  fault?: ((request: Received) => Fault | undefined) | undefined;
  /** Requests are carried out, and then the connection is reset: the first so many creations. */
  losesAnswers: number;
  /** Answers everything itself, at once. */
  isOpen: boolean;
  hasLists: boolean;
  hasProject: boolean;
  /** Whether every request was answered. */
  isIdle(): boolean;
  /** How often something of that method and path was asked for. */
  count(method: string, path: RegExp): number;
  /** A person answers. */
  answer(id: string, status: Json): void;
  close(): Promise<void>;
}

/** A service that knows one key. */
export async function startService(): Promise<TestService> {
  const service: TestService = {
    url: "",
    target: { uid: "c-1", namespace: "default", name: "mail", type: "email" },
    items: new Map(),
    requests: [],
    losesAnswers: 0,
    isOpen: false,
    hasLists: true,
    hasProject: true,
    isIdle: () => server.load().inFlight === 0,
    count: (method, path) => service.requests.filter((one) => one.method === method && path.test(one.url)).length,
    answer: (id, status) => {
      const item = service.items.get(id);
      const before = isJson(item?.["status"]) ? item["status"] : {};
      service.items.set(id, { ...item, status: { ...before, responded_at: "2026-01-01T00:00:30Z", ...status } });
    },
    close: async () => server.close(),
  };
  const server = await startJsonServer(0, (request) => {
    service.requests.push(request);
    const fault = service.fault?.(request) ?? (isAllowed(request) ? undefined : status(401, "Unknown key " + KEY));
    return { ...(fault ? { kind: "Fault", fault } : serve(service, request)), counted: true };
  });
  service.url = `${server.origin}/humanlayer/v1`;
  Object.assign(service.target, { baseUrl: service.url, apiKey: KEY, email: { address: "ann@example.com" } });
  return service;
}

export const status = (code: number, message: string, headers: Record<string, string> = {}): Fault => ({
  ...{ kind: "Status", status: code, headers },
  body: { error: { message } },
});

function isAllowed({ headers }: Received): boolean {
  return headers.authorization === `Bearer ${KEY}`;
}

function serve(service: TestService, { method, url, body }: Received): Answer {
  const path = url.replace("/humanlayer/v1", "");
  if (method === "POST" && isJson(body)) return create(service, body);
  if (path === "/project" && service.hasProject) return json({ name: "P", slug: "p", organization: "o" });
  return path === "/status" ? json({ status: "ok" }) : read(service, path);
}

function read(service: TestService, path: string): Answer {
  const list = /^\/agent\/(function_calls|human_contacts)\/pending$/.exec(path);
  if (list && service.hasLists) return json([...service.items.values()].filter((item) => isOf(item, list[1] ?? "")));
  const item = service.items.get(path.split("/")[2] ?? "");
  return item && !list ? json(item) : { kind: "Fault", fault: status(404, "Not found") };
}

function isOf(item: Json, sort: string): boolean {
  const isCall = isJson(item["spec"]) && "fn" in item["spec"];
  const state = isJson(item["status"]) ? item["status"] : {};
  return isCall === (sort === "function_calls") && state["responded_at"] === null;
}

function create(service: TestService, body: Json): Answer {
  const id = String(body["call_id"]);
  const known = service.items.get(id);
  if (known) {
    const isSame = JSON.stringify(known["spec"]) === JSON.stringify(body["spec"]);
    return isSame ? json(known) : { kind: "Fault", fault: status(409, "Taken") };
  }
  const at = "2026-01-01T00:00:00Z";
  const open = { requested_at: at, responded_at: null, approved: null };
  const answered = { requested_at: at, responded_at: at, approved: true, comment: null };
  service.items.set(id, { ...body, status: service.isOpen ? answered : open });
  if (service.losesAnswers-- > 0) return { kind: "Fault", fault: { kind: "Reset" } };
  return json(service.items.get(id));
}

function json(body: unknown): Answer {
  return { kind: "Json", body };
}

const about = { kind: "ToolCall", namespace: "default", name: "t-tc-01", uid: "uid-1" } as const;
export const digest = `sha256:${"a".repeat(64)}`;

export const approval = (id = "ec-0000000000000001", more: object = {}): Question => ({
  ...{ kind: "Approval", id, about, tool: "fetch__fetch", arguments: { url: "https://example.com" } },
  ...{ argumentsDigest: digest, ...more },
});
export const input = (id = "hc-0000000000000002", more: object = {}): Question => ({
  ...{ kind: "Input", id, about, message: "Which colour?", argumentsDigest: digest, ...more },
});
export const notice = (id = "hc-0000000000000003"): Question => ({
  ...{ kind: "Notice", id, about: { ...about, kind: "Task" }, message: "It is done." },
});

/** Channels of one process, and its time. */
export interface Bench {
  clock: FakeClock;
  channels: Channels;
  /** Waits for the network, without moving time. */
  until(condition: () => boolean): Promise<void>;
  comesTo(id: string, kind: Asked["kind"]): Promise<void>;
  /** Moves time in small steps, and lets the network do its work after each. */
  pass(ms: number, stepMs?: number): Promise<void>;
  /** Moves time from one timer to the next, each when the service has answered everything. */
  leap(service: TestService, ms: number): Promise<void>;
  /** Moves time until it is so; fails when it is not within a fake hour. */
  passUntil(condition: () => boolean): Promise<void>;
  detail(id: string): string;
}

/**
 * Turns of the event loop in which everything that is on its way between two ends of this process arrives, however busy
 * the machine.
 */
const TURNS = 25;

async function settle(isQuiet: () => boolean = () => true): Promise<void> {
  for (let quiet = 0; quiet < TURNS; quiet = isQuiet() ? quiet + 1 : 0) await turn();
}

export function makeBench(environment: object = {}): Bench {
  const clock = new FakeClock();
  const channels = createChannels({ clock, log: silentLog, random: () => 0, environment });
  const until = async (condition: () => boolean): Promise<void> => {
    for (let turn = 0; turn < 2_000; turn++) {
      if (condition()) return;
      await sleep(2);
    }
    throw new Error("It never came to that.");
  };
  const pass = async (ms: number, stepMs = 500): Promise<void> => {
    for (let gone = 0; gone < ms; gone += stepMs) {
      await clock.advance(Math.min(stepMs, ms - gone));
      await settle();
    }
  };
  const leap = async (service: TestService, ms: number): Promise<void> => {
    const end = clock.now().getTime() + ms;
    for (;;) {
      await settle(() => service.isIdle());
      if (clock.nextAt === undefined || clock.nextAt.getTime() > end) return clock.advanceTo(new Date(end));
      await clock.step();
    }
  };
  return {
    ...{ clock, channels, until, pass, leap },
    comesTo: (id, kind) => until(() => channels.look(id)?.kind === kind),
    passUntil: async (condition) => {
      for (let turn = 0; turn < 7_200 && !condition(); turn++) await pass(500);
      if (!condition()) throw new Error("It has not come to that in an hour.");
    },
    detail: (id) => {
      const asked = channels.look(id);
      return asked && "detail" in asked ? asked.detail : "";
    },
  };
}
