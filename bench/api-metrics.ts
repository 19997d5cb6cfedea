/**
 * What the API server says it was asked: requests by verb, resource and code, and by whose they were. Figures of a stretch
 * of time are differences of two readings. Pure but for `readApiMetrics`, which asks through a function it is given.
 */
import { samplesOf } from "./prometheus";

/** How often one thing was asked. Resource `tasks/status` is the subresource; empty for paths like /metrics. */
export interface RequestCount {
  verb: string;
  resource: string;
  code: string;
  count: number;
}

/** One reading. `byClient` counts by flow schema (see `clientOf`), watches included from their start. */
export interface ApiMetrics {
  requests: RequestCount[];
  byClient: Record<string, number>;
  /** How long what took, by the API server's clock: `POST tasks`, `mutating webhook` and the like. */
  durations: Record<string, Duration>;
}

/** So many, and seconds altogether. */
export interface Duration {
  count: number;
  seconds: number;
}

const REQUESTS = "apiserver_request_total";
const REQUEST_SECONDS = "apiserver_request_duration_seconds";
const WEBHOOK_SECONDS = "apiserver_admission_webhook_admission_duration_seconds";
const WAIT_SECONDS = "apiserver_flowcontrol_request_wait_duration_seconds";
const DISPATCHED = "apiserver_flowcontrol_dispatched_requests_total";

/** Verbs that change something. */
const WRITES = new Set(["POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"]);

/** One reading from the text of /metrics. A WATCH is counted by the server when it ends, everything else when answered. */
export function parseApiMetrics(text: string): ApiMetrics {
  const requests = samplesOf(text, REQUESTS).map(({ labels, value }) => ({
    verb: labels["verb"] ?? "",
    resource: resourceIn(labels),
    code: labels["code"] ?? "",
    count: value,
  }));
  const byClient: Record<string, number> = {};
  for (const { labels, value } of samplesOf(text, DISPATCHED)) {
    const client = clientOf(labels["flow_schema"] ?? "");
    byClient[client] = (byClient[client] ?? 0) + value;
  }
  return { requests: merged(requests), byClient, durations: durationsIn(text) };
}

function durationsIn(text: string): Record<string, Duration> {
  const durations: Record<string, Duration> = {};
  const add = (metric: string, nameOf: (labels: Record<string, string>) => string): void => {
    for (const part of ["count", "sum"] as const) {
      for (const { labels, value } of samplesOf(text, `${metric}_${part}`)) {
        const duration = (durations[nameOf(labels)] ??= { count: 0, seconds: 0 });
        duration[part === "sum" ? "seconds" : "count"] += value;
      }
    }
  };
  add(REQUEST_SECONDS, (labels) => `${labels["verb"]} ${resourceIn(labels)}`);
  add(WEBHOOK_SECONDS, ({ type }) => `${type === "admit" ? "mutating" : "validating"} webhook`);
  add(WAIT_SECONDS, (labels) => `waiting for a turn: ${clientOf(labels["flow_schema"] ?? "")}`);
  return durations;
}

function resourceIn(labels: Record<string, string>): string {
  return [labels["resource"] ?? "", labels["subresource"] ?? ""].filter((part) => part !== "").join("/");
}

/**
 * Who asks under a flow schema, on a control plane of ours: the operator is the only plain user, for which Kubernetes'
 * default is `global-default`; the bench is in system:masters, which is `exempt`, as is the API server to itself.
 */
export function clientOf(flowSchema: string): string {
  switch (flowSchema) {
    case "global-default":
      return "operator";
    case "exempt":
      return "bench, API server";
    default:
      return flowSchema;
  }
}

/** What happened between two readings; what did not is left out. Most frequent first. */
export function between(before: ApiMetrics, after: ApiMetrics): ApiMetrics {
  const known = new Map(before.requests.map((one) => [keyOf(one), one.count]));
  const requests = after.requests
    .map((one) => ({ ...one, count: one.count - (known.get(keyOf(one)) ?? 0) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || keyOf(a).localeCompare(keyOf(b)));
  const byClient = Object.fromEntries(
    Object.entries(after.byClient)
      .map(([client, count]) => [client, count - (before.byClient[client] ?? 0)] as const)
      .filter(([, count]) => count > 0),
  );
  const durations = Object.fromEntries(
    Object.entries(after.durations)
      .map(([what, { count, seconds }]) => {
        const old = before.durations[what] ?? { count: 0, seconds: 0 };
        return [what, { count: count - old.count, seconds: seconds - old.seconds }] as const;
      })
      .filter(([, { count }]) => count > 0),
  );
  return { requests, byClient, durations };
}

/** What one of them took on average, in milliseconds; 0 where there was none. */
export function meanMs(metrics: ApiMetrics, what: string): number {
  const { count, seconds } = metrics.durations[what] ?? { count: 0, seconds: 0 };
  return count === 0 ? 0 : (seconds * 1_000) / count;
}

/** Which requests to count; what is left out may be anything. */
export type Wanted = Partial<Omit<RequestCount, "count">>;

/** How many requests fit all that is wanted. */
export function countOf(metrics: ApiMetrics, wanted: Wanted): number {
  return metrics.requests
    .filter(
      (one) =>
        (wanted.verb ?? one.verb) === one.verb &&
        (wanted.resource ?? one.resource) === one.resource &&
        (wanted.code ?? one.code) === one.code,
    )
    .reduce((sum, { count }) => sum + count, 0);
}

/** The requests that change something, whatever came of them. */
export function writesIn(metrics: ApiMetrics): RequestCount[] {
  return metrics.requests.filter(({ verb }) => WRITES.has(verb));
}

/** One reading, through whoever can fetch the text. */
export async function readApiMetrics(fetchMetrics: () => Promise<string>): Promise<ApiMetrics> {
  return parseApiMetrics(await fetchMetrics());
}

function keyOf({ verb, resource, code }: RequestCount): string {
  return `${verb} ${resource} ${code}`;
}

/** The server counts by scope, group, version and component too; here those are one. */
function merged(requests: RequestCount[]): RequestCount[] {
  const sums = new Map<string, RequestCount>();
  for (const one of requests) {
    const known = sums.get(keyOf(one));
    if (known === undefined) sums.set(keyOf(one), { ...one });
    else known.count += one.count;
  }
  return [...sums.values()];
}
