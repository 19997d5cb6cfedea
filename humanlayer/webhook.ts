/**
 * Tells another server of answers, as HumanLayer's webhooks do: `{type, event}`, unsigned, for nobody may rely on more than
 * "look now". In the background, a few times, each with a deadline; what could not be told is found by whoever polls.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Item, Kind } from "./items";

/** Where answers are told, and how patiently. */
export interface WebhookOptions {
  url: string;
  log: (line: string) => void;
  /** The pauses between attempts, in milliseconds. */
  pausesMs?: readonly number[];
  /** How long one attempt may take, in milliseconds. */
  withinMs?: number;
}

export interface Webhook {
  /** Posts, in the background. */
  tell: (kind: Kind, item: Item) => void;
  /** Gives up what is under way. */
  close: () => Promise<void>;
}

const PAUSES_MS = [1_000, 4_000, 15_000, 60_000];
const WITHIN_MS = 10_000;

/** Starts nothing; every `tell` posts by itself. */
export function createWebhook(options: WebhookOptions): Webhook {
  const { url, log, pausesMs = PAUSES_MS, withinMs = WITHIN_MS } = options;
  const ending = new AbortController();
  const underWay = new Set<Promise<void>>();

  async function deliver(kind: Kind, item: Item): Promise<void> {
    const body = JSON.stringify({ type: `${kind}.completed`, event: item });
    let problem = await post(url, body, withinMs, ending.signal);
    for (const pauseMs of pausesMs) {
      if (problem === undefined || ending.signal.aborted) break;
      await sleep(pauseMs, undefined, { signal: ending.signal }).catch(() => undefined);
      if (!ending.signal.aborted) problem = await post(url, body, withinMs, ending.signal);
    }
    if (problem !== undefined)
      log(`the answer to ${item.call_id} could not be told to the webhook: ${problem}. Whoever polls still finds it.`);
  }

  return {
    tell: (kind, item) => {
      const delivery = deliver(kind, item).finally(() => underWay.delete(delivery));
      underWay.add(delivery);
    },
    close: async () => {
      ending.abort();
      await Promise.all(underWay);
    },
  };
}

/** Posts once; says what was wrong, in a few words without the address (which may hold a secret). */
async function post(url: string, body: string, withinMs: number, ending: AbortSignal): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "kubechain-humanlayer" },
      body,
      redirect: "manual",
      signal: AbortSignal.any([ending, AbortSignal.timeout(withinMs)]),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `it answered ${response.status}`;
  } catch (error) {
    if (ending.aborted) return "the server is ending";
    return error instanceof Error && error.name === "TimeoutError"
      ? `no answer within ${withinMs / 1_000} s`
      : "it cannot be reached";
  }
}
