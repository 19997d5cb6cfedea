/**
 * Counts the requests that HTTP servers of this process receive, as Node.js itself sees them come in: the server need not
 * help, and cannot forget one.
 */
import { channel } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";

/** How often what was asked for, such as `GET /function_calls/:id`. */
export type RequestCounts = Record<string, number>;

/** Who sends this header is not counted. */
export const UNCOUNTED = "x-kubechain-bench";

/** Counts from now on; the function returns the counts so far. */
export function countRequests(): () => RequestCounts {
  const counts: RequestCounts = {};
  // Documented as "http.server.request.start" (https://nodejs.org/api/diagnostics_channel.html#http).
  channel("http.server.request.start").subscribe((message) => {
    const { request } = message as { request: IncomingMessage };
    if (request.headers[UNCOUNTED] !== undefined) return;
    const route = routeOf(request.method ?? "", request.url ?? "");
    counts[route] = (counts[route] ?? 0) + 1;
  });
  return () => ({ ...counts });
}

/** Requests for different items are of one sort. */
export function routeOf(method: string, url: string): string {
  const [path = ""] = url.split("?");
  const parts = path.replace(/^\/humanlayer\/v1/, "").split("/");
  return `${method} ${parts.map((part) => (/^[eh]c-[0-9a-f]{16}$/.test(part) ? ":id" : part)).join("/")}`;
}

/** What came between two readings; what did not is left out. */
export function countsBetween(before: RequestCounts, after: RequestCounts): RequestCounts {
  const more = Object.entries(after).map(([route, count]) => [route, count - (before[route] ?? 0)] as const);
  return Object.fromEntries(more.filter(([, count]) => count > 0));
}

/** All requests together. */
export function totalOf(counts: RequestCounts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** The counts in a cell of a table. */
export function countsText(counts: RequestCounts): string {
  const parts = Object.entries(counts).map(([route, count]) => `${count} ${route}`);
  return parts.length === 0 ? "none" : parts.join(", ");
}
