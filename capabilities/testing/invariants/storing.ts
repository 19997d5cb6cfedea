/** What is stored stays: nothing is lost or changed, nothing is written twice or after the end, and all of it fits. */
import { isDeepStrictEqual } from "node:util";
import { Validator } from "@cfworker/json-schema";
import type { Task, TaskStatus, ToolCall } from "../../../crds/index";
import { definitions } from "../../../crds/index";
import type { Check, Life, ToolLife } from "./lives";
import { isTerminal, phaseOf, stateOf, statusWrites, windowOf } from "./lives";

/** What was stored is only ever added to. */
export const storedOnceStoredForEver: Check = (life) =>
  statusWrites(life).flatMap(({ before, after }) => (before?.status ? shrunk(before, after) : []));

function shrunk(before: Task, after: Task): string[] {
  const [old, next] = [before.status ?? {}, after.status ?? {}];
  const kept = windowOf(before);
  return [
    ...(isDeepStrictEqual(windowOf(after).slice(0, kept.length), kept)
      ? []
      : [`lost or changed messages between ${phaseOf(before)} and ${phaseOf(after)}`]),
    ...(counters(next).every((count, i) => count >= (counters(old)[i] ?? 0))
      ? []
      : ["has a usage or a number of turns that went down"]),
    ...(isTerminal(before) && !isOnlyTold(old, next)
      ? [`was written again after it had ended as ${phaseOf(before)}`]
      : []),
    ...(next.startTime === undefined && old.startTime !== undefined ? ["forgot when it started"] : []),
  ];
}

/** A task that has ended may still say that its answer was told, or why not yet, and nothing else. */
function isOnlyTold(old: TaskStatus, next: TaskStatus): boolean {
  const rest = ({ answerSentTime: _sent, conditions: _conditions, ...status }: TaskStatus): object => status;
  return old.phase === "FinalAnswer" && old.answerSentTime === undefined && isDeepStrictEqual(rest(old), rest(next));
}

function counters({ usage = {}, turns = 0 }: TaskStatus): number[] {
  const { inputTokens = 0, outputTokens = 0, cachedInputTokens = 0, requests = 0, cost = 0 } = usage;
  return [inputTokens, outputTokens, cachedInputTokens, requests, cost, turns];
}

/** A tool call ends once, and what it has become stays. */
export const toolCallsEndOnce: Check = (life) =>
  life.toolCalls.flatMap((call) =>
    statusWrites(call).flatMap(({ before, after }) => [
      ...(before && isTerminal(before)
        ? [`has a tool call "${call.name}" that was written again after it had ended as ${stateOf(before)}`]
        : []),
      ...((after.status?.attempts ?? 0) < (before?.status?.attempts ?? 0)
        ? [`has a tool call "${call.name}" whose attempts went down`]
        : []),
    ]),
  );

/** Every write says something new. */
export const writesSaySomething: Check = (life) => [
  ...(saysNothing(life) ? ["was written without anything having changed"] : []),
  ...life.toolCalls
    .filter(saysNothing)
    .map(({ name }) => `has a tool call "${name}" that was written without anything having changed`),
];

/** That an answer was looked at which does not count is something new; so is why a final answer was not told. */
function saysNothing(life: Life | ToolLife): boolean {
  const words = statusWrites<Task | ToolCall>(life).map(({ after }) => {
    const { conditions = [], observedGeneration, ...status } = after.status ?? {};
    const told = conditions.filter(({ type }) => type === "AnswerSent").map(({ reason, message }) => [reason, message]);
    return JSON.stringify([status, told, after.kind === "ToolCall" ? observedGeneration : undefined]);
  });
  return words.some((word, i) => word === words[i - 1]);
}

/** The real API server refuses what does not fit the schema, and silently drops fields that the schema does not know. */
export const fitsTheSchema: Check = ({ last, toolCalls }) =>
  [last, ...toolCalls.map((call) => call.last)].flatMap((object) => misfits(object));

function misfits({ kind, status = {} }: Task | ToolCall): string[] {
  const { validator, fields } = statusSchemas[kind] ?? {};
  const errors = validator?.validate(status).errors ?? [];
  return [
    ...errors.map(
      ({ error, instanceLocation }) => `has a status that the API server refuses: ${kind} ${instanceLocation} ${error}`,
    ),
    ...Object.keys(status).flatMap((field) =>
      fields?.includes(field) ? [] : [`has a status field that the API server drops: ${kind} ${field}`],
    ),
  ];
}

const statusSchemas = Object.fromEntries(
  definitions.map(({ spec }) => {
    const schema = spec.versions[0]?.schema.openAPIV3Schema.properties?.["status"];
    const validator = new Validator((schema ?? false) as ConstructorParameters<typeof Validator>[0], "2020-12", false);
    return [spec.names.kind, { validator, fields: Object.keys(schema?.properties ?? {}) }];
  }),
);
