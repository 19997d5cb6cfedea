/** How long and how often a call is tried. Pure. */
import { durationMs } from "../../crds/index";
import { doubled } from "../runtime/doubled";
import { fractionOf } from "../runtime/fraction";

/** How often a tool that is safe to repeat is begun when nobody knows what became of it; then the call ends. */
export const MAX_ATTEMPTS = 5;

/** How long a call waits silently for what will be there in a moment, before it says that it waits. */
export const SETTLING_MS = 2_000;

/** How long one call may take, and waits for its server, when the server does not say: the schema's default of `timeout`. */
const DEFAULT_TIMEOUT_MS = 60_000;

/** `MCPServer.spec.timeout` in milliseconds. */
export function timeoutOf(server: { timeout?: string } | undefined): number {
  return durationMs(server?.timeout) ?? DEFAULT_TIMEOUT_MS;
}

const WAITS = { firstMs: 1_000, longestMs: 30_000 };

/**
 * The wait after a failed attempt: doubling from 1 s to 30 s, shortened by up to half. The jitter comes from the uid
 * instead of chance, so that the same observation always gives the same decision.
 */
export function backoffMs(attempts: number, uid: string): number {
  return Math.round(doubled(attempts - 1, WAITS) * (1 - 0.5 * fractionOf(uid)));
}

/** A length of time as people say it: `60s`, `1.5s`. */
export function seconds(ms: number): string {
  return `${ms / 1_000}s`;
}
