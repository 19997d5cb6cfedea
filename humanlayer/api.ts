/**
 * HumanLayer's API over HTTP, as @humanlayer/sdk 0.7.9 and its Python and Go siblings speak it. It owns statuses and the form of
 * errors: 401, 404, 409 and 413 are `{error: {message, code}}`, 422 is `{detail: [{loc, msg, type}]}`.
 */
import type { Context, MiddlewareHandler } from "hono";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Tell } from "./answering";
import { answerFrom, settle } from "./answering";
import { parseExactly } from "./exact-json";
import type { Item, Json, Kind, Put } from "./items";
import { verdictOf } from "./items";
import { bearerIn, isSameSecret } from "./key";
import type { Fault } from "./shapes";
import { faultsInAnswer, faultsInEscalation, faultsInPut } from "./shapes";
import type { Settled, Store } from "./store";

/** What the API works on. */
export interface ApiParts {
  store: Store;
  key: string;
  tell: Tell;
}

/** The largest body that is read, in bytes. */
export const LARGEST_BODY = 1024 * 1024;

/** There is one project in a server of ours; every name under which clients look for it. */
const PROJECT = {
  id: "kubechain-local",
  name: "kubechain",
  slug: "kubechain",
  organization: "local",
  project_slug: "kubechain",
  org_slug: "local",
};

/** The paths, relative to either base: the first are HumanLayer's own, the others what older and newer clients use. */
const PATHS: { kind: Kind; puts: string[]; people: string }[] = [
  { kind: "function_call", puts: ["/function_calls"], people: "/agent/function_calls" },
  { kind: "human_contact", puts: ["/contact_requests", "/human_contacts"], people: "/agent/human_contacts" },
];

/** Every call of the protocol; all of them want the key, but for the one that asks whether anybody is there. */
export function createApi(parts: ApiParts): Hono {
  const api = new Hono();
  api.get("/status", (c) => c.json({ status: "ok" }));
  api.use("*", demandKey(parts.key), limitBody());
  api.get("/project", (c) => c.json(PROJECT));
  for (const { kind, puts, people } of PATHS) {
    for (const path of puts) {
      api.post(path, (c) => add(c, kind, parts));
      api.get(`${path}/:id`, (c) => show(c, kind, parts));
    }
    api.get(`${people}/pending`, (c) => c.json(parts.store.pending(kind)));
    api.post(`${people}/:id/respond`, (c) => respond(c, kind, parts));
    api.post(`${people}/:id/escalate_email`, (c) => escalate(c, kind, parts));
  }
  return api;
}

function demandKey(key: string): MiddlewareHandler {
  return async (c, next) => {
    const given = bearerIn(c.req.header("authorization"));
    if (given !== undefined && isSameSecret(given, key)) return next();
    c.header("www-authenticate", "Bearer");
    const what = given === undefined ? "There is no API key in this request" : "This is not the API key of this server";
    return problem(c, 401, `${what}: send it as "Authorization: Bearer <key>".`, "unauthorized");
  };
}

/** Refuses bodies that are too large before they are read. */
export function limitBody(): MiddlewareHandler {
  return bodyLimit({
    maxSize: LARGEST_BODY,
    onError: (c) => problem(c, 413, `The body is larger than ${LARGEST_BODY} bytes.`, "too_large"),
  });
}

/** An error as clients of HumanLayer expect it. */
export function problem(c: Context, status: 401 | 404 | 409 | 413 | 500, message: string, code: string): Response {
  return c.json({ error: { message, code } }, status);
}

async function add(c: Context, kind: Kind, { store }: ApiParts): Promise<Response> {
  const body = await jsonOf(c);
  const faults = body.faults ?? faultsInPut(kind, body.value);
  if (faults.length > 0) return refuse(c, faults);
  // Whatever status came along is not taken: answers come from people.
  const added = store.add(kind, body.value as Put, new Date());
  if (added.kind === "Taken")
    return problem(c, 409, `There is another ${wordOf(kind)} with the call_id ${added.item.call_id}.`, "id_taken");
  return c.json(added.item);
}

function show(c: Context, kind: Kind, { store }: ApiParts): Response {
  const found = store.find(kind, idIn(c));
  return found === undefined ? unknown(c, kind) : c.json(found.item);
}

async function respond(c: Context, kind: Kind, parts: ApiParts): Promise<Response> {
  const body = await jsonOf(c);
  const found = parts.store.find(kind, idIn(c));
  if (found === undefined) return unknown(c, kind);
  const faults = body.faults ?? faultsInAnswer(kind, body.value, found.item);
  if (faults.length > 0) return refuse(c, faults);
  const answer = answerFrom(kind, body.value as Json, found.item);
  return settledAs(c, kind, settle(parts, kind, found.item.call_id, answer));
}

async function escalate(c: Context, kind: Kind, { store }: ApiParts): Promise<Response> {
  const body = await jsonOf(c);
  const faults = body.faults ?? faultsInEscalation(body.value);
  if (faults.length > 0) return refuse(c, faults);
  return settledAs(c, kind, store.escalate(kind, idIn(c), body.value as Json, new Date()));
}

function settledAs(c: Context, kind: Kind, settled: Settled): Response {
  switch (settled.kind) {
    case "Settled":
      return c.json(settled.item);
    case "TooLate":
      return problem(c, 409, tooLate(settled.item), "already_answered");
    case "Unknown":
      return unknown(c, kind);
  }
}

/** What the second one to answer is told. */
export function tooLate(item: Item): string {
  return `This comes too late: ${verdictOf(item)}. The first answer counts.`;
}

function unknown(c: Context, kind: Kind): Response {
  return problem(c, 404, `There is no ${wordOf(kind)} with the call_id ${idIn(c)}.`, "not_found");
}

function refuse(c: Context, detail: Fault[]): Response {
  return c.json({ detail }, 422);
}

function wordOf(kind: Kind): string {
  return kind === "function_call" ? "function call" : "human contact";
}

function idIn(c: Context): string {
  return c.req.param("id") ?? "";
}

/** The body, or the fault of one that is no JSON in UTF-8. */
async function jsonOf(c: Context): Promise<{ value: unknown; faults?: Fault[] }> {
  const body = await c.req.arrayBuffer();
  try {
    return { value: parseExactly(new TextDecoder("utf-8", { fatal: true }).decode(body)) };
  } catch {
    return { value: undefined, faults: [{ loc: ["body"], msg: "JSON decode error", type: "json_invalid" }] };
  }
}
