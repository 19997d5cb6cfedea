/**
 * What people and models do in the simulation, and how each task is to end. Every scenario is a sentence; times are
 * milliseconds since the first process started. Data only: simulation.ts plays it, invariants.ts judges it.
 */
import type { AgentSpec, LLMSpec, Resource, TaskSpec } from "../../crds/index";
import { resources } from "../../crds/index";
import type { Verification } from "../adapters/models/port";
import type { ClusterObject, Draft } from "../runtime/objects";
import type { Expectation } from "./invariants";
import type { Script } from "./scripted-model";
import {
  breaks,
  hangs,
  isBusy,
  isCut,
  misses,
  refuses,
  refusesAtLength,
  rejects,
  says,
  saysNothing,
  wantsTools,
} from "./scripted-model";

/** One thing that a person does, or the supervisor of the process. */
export type Act =
  | { do: "Apply"; resource: Resource; object: Draft<ClusterObject> }
  | { do: "Patch"; resource: Resource; name: string; patch: object }
  | { do: "Delete"; resource: Resource; name: string }
  /** The orderly stop; a new process starts when it has ended. */
  | { do: "Stop"; graceMs: number };

export interface Scenario {
  name: string;
  acts: { atMs: number; act: Act }[];
  /** What the model does, by question. */
  scripts?: Record<string, Script>;
  /** How the free check of an LLM ends, by how many checks came before. */
  verification?: (earlier: number) => Verification;
  /** By the task's name. */
  expected: Record<string, Expectation>;
  /** The longest that the whole may take, crashes included. */
  withinMs: number;
  /** Kill at every so many-th outside call only: for scenarios with very many of them. */
  stride?: number;
}

/** Where everything happens. */
export const NAMESPACE = "default";
export const secrets: Resource = { apiVersion: "v1", kind: "Secret", plural: "secrets" };

const SECOND = 1_000;
const MINUTE = 60_000;

function draft(resource: Resource, name: string, body: object): Draft<ClusterObject> {
  return { apiVersion: resource.apiVersion, kind: resource.kind, metadata: { name, namespace: NAMESPACE }, ...body };
}

const apply = (resource: Resource, name: string, body: object): Act => ({
  do: "Apply",
  resource,
  object: draft(resource, name, body),
});

/** The Secret that an `openai` LLM reads by default. */
export const secret = (key = "sk-1"): Act =>
  apply(secrets, "openai", { type: "Opaque", data: { OPENAI_API_KEY: Buffer.from(key).toString("base64") } });
export const llm = (spec: Partial<LLMSpec> = {}): Act =>
  apply(resources.llm, "gpt-4o", { spec: { provider: "openai", ...spec } });
export const agent = (spec: Partial<AgentSpec> = {}): Act =>
  apply(resources.agent, "helper", { spec: { llmRef: { name: "gpt-4o" }, system: "Be brief.", ...spec } });
export const task = (name: string, spec: Partial<TaskSpec> = {}): Act => {
  const said = spec.contextWindow ? {} : { userMessage: QUESTION };
  return apply(resources.task, name, { spec: { agentRef: { name: "helper" }, ...said, ...spec } });
};
const patchTask = (name: string, spec: object): Act => ({
  do: "Patch",
  resource: resources.task,
  name,
  patch: { spec },
});
const remove = (resource: Resource, name: string): Act => ({ do: "Delete", resource, name });

/** What tasks ask unless they say otherwise. */
export const QUESTION = "What is the capital of the moon?";

const at = (atMs: number, ...acts: Act[]): Scenario["acts"] => acts.map((act) => ({ atMs, act }));
/** Everything that a task needs, applied at once. */
const catalog = [secret(), llm(), agent()];
const slowly = says(4 * SECOND);
const answered = (calls: number, writes: number): Expectation => ({ ends: ["FinalAnswer"], calls, writes });

/** One task "t" with everything it needs, applied together. */
function one(
  name: string,
  script: Script,
  expected: Expectation,
  more: Partial<Scenario> & { spec?: Partial<TaskSpec> } = {},
): Scenario {
  const { spec, acts = [], ...rest } = more;
  return {
    name,
    acts: [...at(0, ...catalog, task("t", spec)), ...acts],
    scripts: { [QUESTION]: script },
    expected: { t: expected },
    withinMs: 5 * MINUTE,
    ...rest,
  };
}

const failed = (reason: string, calls: number, writes: number): Expectation => ({
  ends: [`Failed:${reason}`],
  calls,
  writes,
});
const cancelled: Expectation = { ends: ["Cancelled"] };
const deleted: Expectation = { ends: ["Deleted"] };
const answeredSomehow: Expectation = { ends: ["FinalAnswer"] };
const invalid: Verification = {
  kind: "Failure",
  retryable: false,
  reason: "AuthenticationFailed",
  message: "The key is refused",
};

const answers: Scenario[] = [
  one("a plain answer", [says()], answered(1, 2)),
  one("a conversation of the task's own", [says()], answered(1, 2), {
    spec: {
      contextWindow: [
        { role: "user", content: "Hi" },
        { role: "assistant", content: "Hello" },
        { role: "user", content: QUESTION },
      ],
    },
  }),
  one("a conversation with a system prompt of its own", [says()], answered(1, 2), {
    spec: {
      contextWindow: [
        { role: "system", content: "Rhyme." },
        { role: "user", content: QUESTION },
      ],
    },
  }),
  one("a tool call that nobody offers, then an answer", [wantsTools(), says()], answered(2, 3)),
  one("an empty answer, then an answer", [saysNothing(), says()], answered(2, 4)),
  one("nothing but empty answers", [saysNothing()], failed("EmptyAnswer", 3, 6)),
  one("an answer cut by the token limit", [isCut()], failed("AnswerCut", 1, 2)),
  one("a refusal", [refuses()], failed("Refused", 1, 2)),
  one("a refusal at length", [refusesAtLength()], failed("Refused", 1, 2)),
  one("a model that wants tools for ever", [wantsTools()], failed("TurnLimit", 3, 4), {
    spec: { limits: { maxTurns: 3 } },
  }),
];

const failures: Scenario[] = [
  one("429 with Retry-After, then an answer", [isBusy(90 * SECOND), says()], answered(2, 4)),
  one("503 three times, then an answer", [breaks(), breaks(), breaks(), says()], answered(4, 8)),
  one("503 twice, then an empty answer, then an answer", [breaks(), breaks(), saysNothing(), says()], answered(4, 8)),
  one("nothing but answers that miss the schema", [misses()], failed("OutputMismatch", 3, 6)),
  one(
    "503 twice, then an answer that misses the schema, then an answer",
    [breaks(), breaks(), misses(), says()],
    answered(4, 8),
  ),
  one("a request that is rejected", [rejects()], failed("LLMRequestFailed", 1, 2)),
  one("503 for ever", [breaks()], failed("RetriesExhausted", 20, 40), { withinMs: 150 * MINUTE, stride: 30 }),
  one("a call that never ends, then an answer", [hangs(), says()], answered(2, 4), {
    acts: [
      {
        atMs: 0,
        act: { do: "Patch", resource: resources.llm, name: "gpt-4o", patch: { spec: { limits: { timeout: "20s" } } } },
      },
    ],
  }),
  one("out of time while the call is in flight", [hangs()], failed("TimedOut", 1, 2), {
    spec: { limits: { timeout: "30s" } },
  }),
  one("out of time while backing off", [isBusy(10 * MINUTE)], failed("TimedOut", 1, 3), {
    spec: { limits: { timeout: "30s" } },
  }),
];

const waits: Scenario[] = [
  {
    name: "an agent applied after the task",
    acts: [...at(0, task("t")), ...at(6 * SECOND, ...catalog)],
    expected: { t: { ends: ["FinalAnswer"], calls: 1 } },
    withinMs: 5 * MINUTE,
  },
  {
    name: "an LLM that becomes ready when its Secret is there",
    acts: [...at(0, llm(), agent(), task("t")), ...at(8 * SECOND, secret())],
    expected: { t: { ends: ["FinalAnswer"], calls: 1 } },
    withinMs: 10 * MINUTE,
  },
  {
    name: "an LLM whose key is refused until another one is put in",
    acts: [...at(0, ...catalog, task("t")), ...at(8 * SECOND, secret("sk-2"))],
    verification: (earlier) => (earlier === 0 ? invalid : { kind: "Verified" }),
    expected: { t: { ends: ["FinalAnswer"], calls: 1 } },
    withinMs: 10 * MINUTE,
  },
  {
    name: "an agent that never comes",
    acts: at(0, task("t")),
    expected: { t: { ends: ["Pending"], calls: 0, writes: 1 } },
    withinMs: 2 * MINUTE,
  },
  one("an agent deleted while the call is in flight, and back", [slowly], answered(1, 2), {
    acts: [...at(2 * SECOND, remove(resources.agent, "helper")), ...at(20 * SECOND, agent({ system: "Be long." }))],
  }),
  one(
    "an agent deleted while backing off, and back",
    [isBusy(5 * SECOND), says()],
    { ends: ["FinalAnswer"], calls: 2 },
    {
      acts: [...at(2 * SECOND, remove(resources.agent, "helper")), ...at(30 * SECOND, agent({ system: "Be long." }))],
    },
  ),
  one("an agent edited while the call is in flight", [wantsTools(4 * SECOND), slowly], answered(2, 3), {
    acts: at(2 * SECOND, {
      do: "Patch",
      resource: resources.agent,
      name: "helper",
      patch: { spec: { system: "Be long." } },
    }),
  }),
  one(
    "a Secret deleted while backing off, and back with another key",
    [isBusy(5 * SECOND), says()],
    { ends: ["FinalAnswer"], calls: 2 },
    {
      acts: [...at(2 * SECOND, remove(secrets, "openai")), ...at(30 * SECOND, secret("sk-2"))],
      withinMs: 10 * MINUTE,
    },
  ),
];

const people: Scenario[] = [
  one("cancelled while the call is in flight", [slowly], cancelled, {
    acts: at(2 * SECOND, patchTask("t", { cancelled: true })),
  }),
  one("cancelled while backing off", [isBusy(90 * SECOND)], cancelled, {
    acts: at(10 * SECOND, patchTask("t", { cancelled: true })),
  }),
  {
    name: "cancelled while pending",
    acts: [...at(0, task("t")), ...at(10 * SECOND, patchTask("t", { cancelled: true }))],
    expected: { t: { ...cancelled, calls: 0 } },
    withinMs: MINUTE,
  },
  one("suspended while the call is in flight, and resumed", [slowly], answeredSomehow, {
    acts: [
      ...at(2 * SECOND, patchTask("t", { suspended: true })),
      ...at(30 * SECOND, patchTask("t", { suspended: false })),
    ],
  }),
  one(
    "suspended while the model asks for tools, and resumed",
    [wantsTools(4 * SECOND), slowly],
    { ends: ["FinalAnswer"], calls: 2 },
    {
      acts: [
        ...at(2 * SECOND, patchTask("t", { suspended: true })),
        ...at(30 * SECOND, patchTask("t", { suspended: false })),
      ],
    },
  ),
  one(
    "suspended while backing off, and resumed",
    [isBusy(20 * SECOND), says()],
    { ends: ["FinalAnswer"], calls: 2 },
    {
      acts: [
        ...at(5 * SECOND, patchTask("t", { suspended: true })),
        ...at(60 * SECOND, patchTask("t", { suspended: false })),
      ],
    },
  ),
  one(
    "suspended from the beginning, and resumed",
    [says()],
    { ends: ["FinalAnswer"], calls: 1 },
    {
      spec: { suspended: true, limits: { timeout: "10s" } },
      acts: at(30 * SECOND, patchTask("t", { suspended: false })),
    },
  ),
  one(
    "suspended for ever",
    [says()],
    { ends: ["Suspended"], calls: 0 },
    { spec: { suspended: true }, withinMs: 2 * MINUTE },
  ),
  one("deleted while the call is in flight", [slowly], deleted, { acts: at(2 * SECOND, remove(resources.task, "t")) }),
  one("deleted and created again while the call is in flight", [slowly], answeredSomehow, {
    acts: [...at(2 * SECOND, remove(resources.task, "t")), ...at(2_500, task("t"))],
  }),
  one("deleted some time after it ended", [says()], deleted, { spec: { ttlSecondsAfterFinished: 60 } }),
];

const processes: Scenario[] = [
  one("an orderly stop that waits for the answer", [slowly], answered(1, 2), {
    acts: at(2 * SECOND, { do: "Stop", graceMs: 10 * SECOND }),
  }),
  one("an orderly stop that cannot wait so long", [slowly], answeredSomehow, {
    acts: at(2 * SECOND, { do: "Stop", graceMs: SECOND }),
  }),
  one(
    "an orderly stop while the model asks for tools",
    [wantsTools(4 * SECOND), says()],
    { ends: ["FinalAnswer"], calls: 2 },
    {
      acts: at(2 * SECOND, { do: "Stop", graceMs: 10 * SECOND }),
    },
  ),
  one("an orderly stop while backing off", [isBusy(20 * SECOND), says()], answered(2, 4), {
    acts: at(5 * SECOND, { do: "Stop", graceMs: SECOND }),
  }),
];

/** Twenty tasks at once, of every sort. */
export const crowd: Scenario = (() => {
  const names = Array.from({ length: 20 }, (_, i) => `t${i + 1}`);
  const scripts: Script[] = [
    [says()],
    [isBusy(30 * SECOND), says()],
    [wantsTools(), says()],
    [rejects()],
    [breaks(), breaks(), says()],
  ];
  const question = (i: number): string => `Question ${i}?`;
  return {
    name: "twenty tasks at once",
    acts: at(0, ...catalog, ...names.map((name, i) => task(name, { userMessage: question(i) }))),
    scripts: Object.fromEntries(names.map((_, i) => [question(i), scripts[i % scripts.length] ?? []])),
    expected: Object.fromEntries(
      names.map((name, i) => [name, { ends: [i % scripts.length === 3 ? "Failed:LLMRequestFailed" : "FinalAnswer"] }]),
    ),
    withinMs: 10 * MINUTE,
    stride: 9,
  };
})();

/** Every scenario. */
export const scenarios: Scenario[] = [...answers, ...failures, ...waits, ...people, ...processes, crowd];
