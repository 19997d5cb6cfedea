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
}

const REQUESTS = "apiserver_request_total";
const DISPATCHED = "apiserver_flowcontrol_dispatched_requests_total";

/** Verbs that change something. */
const WRITES = new Set(["POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"]);

/** One reading from the text of /metrics. A WATCH is counted by the server when it ends, everything else when answered. */
export function parseApiMetrics(text: string): ApiMetrics {
  const requests = samplesOf(text, REQUESTS).map(({ labels, value }) => ({
    verb: labels["verb"] ?? "",
    resource: [labels["resource"] ?? "", labels["subresource"] ?? ""].filter((part) => part !== "").join("/"),
    code: labels["code"] ?? "",
    count: value,
  }));
  const byClient: Record<string, number> = {};
  for (const { labels, value } of samplesOf(text, DISPATCHED)) {
    const client = clientOf(labels["flow_schema"] ?? "");
    byClient[client] = (byClient[client] ?? 0) + value;
  }
  return { requests: merged(requests), byClient };
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
  return { requests, byClient };
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
