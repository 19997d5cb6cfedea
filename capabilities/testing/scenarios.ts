/** Everything that is played: what can happen to a task without tools, in scenarios-tools.ts with them, and in scenarios-people.ts with people. */
import { resources } from "../../crds/index";
import type { Verification } from "../adapters/models/port";
import type { Scenario } from "./scenario";
import {
  agent,
  answered,
  answeredSomehow,
  at,
  cancelled,
  catalog,
  deleted,
  failed,
  llm,
  MINUTE,
  one,
  patchTask,
  QUESTION,
  remove,
  SECOND,
  secret,
  secrets,
  slowly,
  task,
} from "./scenario";
import { peopleScenarios } from "./scenarios-people";
import { toolScenarios } from "./scenarios-tools";
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
  one("a tool call that nobody offers, then an answer", [wantsTools(), says()], answered(2, 4)),
  one("an empty answer, then an answer", [saysNothing(), says()], answered(2, 4)),
  one("nothing but empty answers", [saysNothing()], failed("EmptyAnswer", 3, 6)),
  one("an answer cut by the token limit", [isCut()], failed("AnswerCut", 1, 2)),
  one("a refusal", [refuses()], failed("Refused", 1, 2)),
  one("a refusal at length", [refusesAtLength()], failed("Refused", 1, 2)),
  one("a model that wants tools for ever", [wantsTools()], failed("TurnLimit", 3, 6), {
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
  one("an agent edited while the call is in flight", [wantsTools(4 * SECOND), slowly], answered(2, 4), {
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

/** Those in which no agent offers a tool. */
export const plainScenarios: Scenario[] = [...answers, ...failures, ...waits, ...people, ...processes, crowd];
/** Every scenario. */
export const scenarios: Scenario[] = [...plainScenarios, ...toolScenarios, ...peopleScenarios];
