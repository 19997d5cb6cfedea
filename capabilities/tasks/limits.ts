/**
 * How far a task may go: the agent's limits, tightened by the task's own, and the waits between failed calls. Pure.
 * A limit that nobody set is no limit, save the number of turns.
 */
import type { Agent, LLM, TaskSpec } from "../../crds/index";
import { durationMs } from "../../crds/index";
import { doubled } from "../runtime/doubled";
import { fractionOf } from "../runtime/fraction";
import type { TokenUsage } from "../adapters/models/port";
import type { Progress, Usage } from "./state";

/** Limits in force for one task. Times in milliseconds, cost in the currency of the LLM's pricing. */
export interface Limits {
  maxTurns: number;
  maxToolCalls?: number;
  maxTokens?: number;
  maxCost?: number;
  timeoutMs?: number;
}

/** Answers that an agent may give in one task when nobody says otherwise: the schema's default of `limits.maxTurns`. */
const DEFAULT_MAX_TURNS = 50;

/** The tighter of the agent's and the task's limits. Without an agent (it may be away for a while) the task's own hold. */
export function limitsOf(task: TaskSpec, agent?: Agent["spec"]): Limits {
  const given = [agent?.limits ?? {}, task.limits ?? {}];
  const tightest = (values: (number | undefined)[]): number | undefined => {
    const set = values.filter((value) => value !== undefined);
    return set.length === 0 ? undefined : Math.min(...set);
  };
  const maxToolCalls = tightest(given.map((limits) => limits.maxToolCalls));
  const maxTokens = tightest(given.map((limits) => limits.maxTokens));
  const maxCost = tightest(given.map((limits) => limits.maxCost));
  const timeoutMs = tightest(given.map((limits) => durationMs(limits.timeout)));
  return {
    maxTurns: tightest(given.map((limits) => limits.maxTurns)) ?? DEFAULT_MAX_TURNS,
    ...(maxToolCalls !== undefined && { maxToolCalls }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(maxCost !== undefined && { maxCost }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
}

/** When the task's time is up, or undefined when it has all the time in the world. */
export function deadlineOf(limits: Limits, startedAt: Date): Date | undefined {
  return limits.timeoutMs === undefined ? undefined : new Date(startedAt.getTime() + limits.timeoutMs);
}

/** A limit that was reached, and what to raise. */
export type ExceededLimit = { reason: "TurnLimit" | "TokenLimit" | "CostLimit" | "ToolCallLimit"; message: string };

/** The limit that forbids another call, if one does. */
export function exceeded(limits: Limits, { turns, usage }: Progress): ExceededLimit | undefined {
  if (turns >= limits.maxTurns) {
    return {
      reason: "TurnLimit",
      message: `No final answer after ${turns} turns; raise limits.maxTurns (now ${limits.maxTurns}) on the Agent or the Task`,
    };
  }
  const tokens = usage.inputTokens + usage.outputTokens;
  if (limits.maxTokens !== undefined && tokens >= limits.maxTokens) {
    return {
      reason: "TokenLimit",
      message: `No final answer after ${tokens} tokens; raise limits.maxTokens (now ${limits.maxTokens}) on the Agent or the Task`,
    };
  }
  if (limits.maxCost !== undefined && (usage.cost ?? 0) >= limits.maxCost) {
    return {
      reason: "CostLimit",
      message: `No final answer at a cost of ${usage.cost ?? 0}; raise limits.maxCost (now ${limits.maxCost}) on the Agent or the Task`,
    };
  }
  return undefined;
}

/** Whether a task that has asked for so many tool calls, the latest included, has asked for too many. */
export function tooManyCalls({ maxToolCalls }: Limits, calls: number): ExceededLimit | undefined {
  if (maxToolCalls === undefined || calls <= maxToolCalls) return undefined;
  return {
    reason: "ToolCallLimit",
    message: `The model asked for ${calls} tool calls in all; raise limits.maxToolCalls (now ${maxToolCalls}) on the Agent or the Task`,
  };
}

/** Adds one answer's tokens, and their price when the LLM states prices. */
export function addUsage(usage: Usage, call: TokenUsage, pricing: LLM["spec"]["pricing"]): Usage {
  const cost = pricing && round((usage.cost ?? 0) + costOf(call, pricing));
  return {
    ...usage,
    inputTokens: usage.inputTokens + call.inputTokens,
    outputTokens: usage.outputTokens + call.outputTokens,
    cachedInputTokens: usage.cachedInputTokens + call.cachedInputTokens,
    ...(cost !== undefined && { cost }),
  };
}

function costOf(call: TokenUsage, pricing: NonNullable<LLM["spec"]["pricing"]>): number {
  const input = pricing.inputPerMillionTokens ?? 0;
  const cached = pricing.cachedInputPerMillionTokens ?? input;
  const output = pricing.outputPerMillionTokens ?? 0;
  const fresh = Math.max(0, call.inputTokens - call.cachedInputTokens);
  return (fresh * input + call.cachedInputTokens * cached + call.outputTokens * output) / 1_000_000;
}

/** Micro-units are finer than any price list, and keep binary fractions out of what people read. */
function round(cost: number): number {
  return Math.round(cost * 1_000_000) / 1_000_000;
}

/** Failed calls in a row, of one turn, after which a task gives up: with the waits below, about an hour. */
export const MAX_ATTEMPTS = 20;

/** An empty answer, or one that does not fit the outputSchema, is the model's doing and is paid for: patience is shorter. */
export const MAX_USELESS_ANSWERS = 3;

const WAITS = { firstMs: 1_000, longestMs: 300_000 };

/**
 * The wait after the given number of failures in a row: doubling from 1 s to 5 min, shortened by up to half. The
 * jitter comes from the seed instead of chance, so that the same observation always gives the same decision.
 */
export function backoffMs(attempts: number, seed: string): number {
  return Math.round(doubled(attempts - 1, WAITS) * (1 - 0.5 * fractionOf(`${seed}/${attempts}`)));
}
