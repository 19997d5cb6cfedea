/** The invariants can fail: operators that are wrong in one place each are caught, and a sound one built alike is not. */
import type { Scenario } from "./scenario";
import { scenarios } from "./scenarios";
import type { Options } from "./simulation";
import { play } from "./simulation";
import type { Made } from "./simulation-operator";
import { sound } from "./simulation-operator";
import * as variants from "./simulation-variants";
import * as tools from "./simulation-variants-tools";

/** Thousands of runs take their time on a busy machine; a run that hangs is still noticed. */
const PATIENCE_MS = 120_000;

function named(name: string): Scenario {
  const scenario = scenarios.find((other) => other.name === name);
  if (!scenario) throw new Error(`There is no scenario "${name}".`);
  return scenario;
}

/** The number of the first or a later outside call of that kind in an undisturbed run. */
async function callOf(scenario: Scenario, what: string, nth = 1): Promise<number> {
  const { calls } = await play(scenario, { operator: sound });
  const places = calls.flatMap((call, i) => (call.what === what ? [i + 1] : []));
  const call = places.at(nth - 1);
  if (call === undefined) throw new Error(`There is no call number ${nth} of ${what}.`);
  return call;
}

type Harm =
  | "none"
  | "killed while the model is asked"
  | "killed before the first event of a task"
  | "killed at the last write"
  | "a lost race for the last write"
  | "killed in the second model call"
  | "killed while the tool is called"
  | "killed before the tool is called"
  | "a refused creation of the second tool call";

async function optionsOf(scenario: Scenario, harm: Harm): Promise<Options> {
  switch (harm) {
    case "none":
      return {};
    case "killed while the model is asked":
      return { kills: [{ call: await callOf(scenario, "ask"), moment: "during" }] };
    case "killed in the second model call":
      return { kills: [{ call: await callOf(scenario, "ask", 2), moment: "during" }] };
    case "killed while the tool is called":
      return { kills: [{ call: await callOf(scenario, "mcp.call"), moment: "during" }] };
    case "killed before the tool is called":
      return { kills: [{ call: await callOf(scenario, "mcp.call"), moment: "before" }] };
    case "a refused creation of the second tool call":
      return { mishaps: [{ call: await callOf(scenario, "create toolcalls", 2), trouble: "Refused" }] };
    case "killed before the first event of a task":
      return { kills: [{ call: await callOf(scenario, "create events"), moment: "before" }] };
    case "killed at the last write":
      return { kills: [{ call: await callOf(scenario, "replaceStatus tasks", 0), moment: "before" }] };
    case "a lost race for the last write":
      return { mishaps: [{ call: await callOf(scenario, "replaceStatus tasks", 0), trouble: "Conflict" }] };
  }
}

interface Case {
  variant: Made;
  scenario?: string;
  harm?: Harm;
  caught: RegExp;
}

/** What is wrong with the operator, where it shows, and the sentence that says so. */
const cases: Record<string, Case> = {
  "acts before it writes": { variant: variants.actsBeforeItWrites, caught: /was not stored before/ },
  "waits for a dead process's call": {
    variant: variants.waitsForTheDead,
    harm: "killed while the model is asked",
    caught: /ended as ReadyForLLM/,
  },
  "forgets an answer before it is stored": {
    variant: variants.forgetsTooEarly,
    harm: "a lost race for the last write",
    caught: /asked again/,
  },
  "does not count a repeated call": {
    variant: variants.countsOnlyOnce,
    harm: "killed while the model is asked",
    caught: /had counted 1 calls/,
  },
  "starts over after a crash": {
    variant: variants.startsOver,
    scenario: "a tool call that nobody offers, then an answer",
    harm: "killed in the second model call",
    caught: /lost or changed messages/,
  },
  "does not wait between attempts": {
    variant: variants.isImpatient,
    scenario: "429 with Retry-After, then an answer",
    caught: /before the time was there/,
  },
  "tells what it has not written": {
    variant: variants.talksTooSoon,
    harm: "killed at the last write",
    caught: /Event LLMFinalAnswer/,
  },
  "does not see that it is cancelled": {
    variant: variants.ignoresPeople,
    scenario: "cancelled while backing off",
    caught: /ended as/,
  },
  "does not see that it is suspended": {
    variant: variants.ignoresPeople,
    scenario: "suspended while backing off, and resumed",
    caught: /after it was suspended/,
  },
  "lets a cancelled call go on": {
    variant: variants.ignoresPeople,
    scenario: "cancelled while the call is in flight",
    caught: /go on after it was cancelled/,
  },
  "loses a tool result": {
    variant: variants.losesToolResults,
    scenario: "a tool call that nobody offers, then an answer",
    caught: /has not exactly one result/,
  },
  "makes answers up": { variant: variants.makesThingsUp, caught: /output that is not the last message/ },
  "changes answers": { variant: variants.changesAnswers, caught: /answer that the model never gave/ },
  "cannot leave a finished task alone": { variant: variants.neverRests, caught: /written again after it had ended/ },
  "makes calls when there is nothing to do": { variant: variants.neverRests, caught: /There was nothing to do/ },
  "throws tasks away": { variant: variants.throwsAway, caught: /was deleted though nobody/ },
  "asks twice at once": { variant: variants.asksTwice, caught: /two calls in flight/ },
  "writes more than it needs": { variant: variants.writesTwice, caught: /took 3 status writes, not 2/ },
  "writes what does not fit": { variant: variants.rambles, scenario: "a refusal", caught: /API server refuses/ },
  "forgets the system prompt": {
    variant: variants.forgetsTheSystemPrompt,
    caught: /does not begin with what the task says/,
  },
  "asks for nobody": { variant: variants.asksForNobody, caught: /for no task that ever existed/ },
  "does not offer the agent's tools": {
    variant: tools.offersNothing,
    scenario: "three tool calls in a row",
    caught: /other tools than its agent has: none/,
  },
  "calls a tool before it writes that it does": {
    variant: tools.callsBeforeItWrites,
    scenario: "a tool call, then an answer",
    caught: /was not stored as Executing before/,
  },
  "repeats a tool that is not safe to repeat": {
    variant: tools.repeatsLostWork,
    scenario: "a slow tool",
    harm: "killed while the tool is called",
    caught: /do its work 2 times[^]*under one idempotency key/,
  },
  "trusts a list of tool calls that is not complete": {
    variant: tools.trustsAnIncompleteList,
    scenario: "a failing tool beside one that works",
    harm: "a refused creation of the second tool call",
    caught: /has not exactly one result/,
  },
  "goes on with a tool whose task is over": {
    variant: tools.callsForTheDead,
    scenario: "cancelled in the middle of a safe tool call",
    caught: /let the tool call .* go on after it was cancelled[^]*/,
  },
  "leaves calls behind that never end": {
    variant: tools.neverEnds,
    scenario: "cancelled in the middle of a safe tool call",
    caught: /is over, but "t-tc-01" is not/,
  },
  "calls a tool for a task that is suspended": {
    variant: tools.callsForTheSuspended,
    scenario: "suspended while a tool's server is away, and resumed",
    caught: /had a tool called .* after it was suspended/,
  },
  "despairs of a call that is under way": {
    variant: tools.despairsTooSoon,
    scenario: "a slow tool",
    caught: /outcome is unknown, but nothing had happened to it/,
  },
  "loses the answer of a tool": {
    variant: tools.losesAnswers,
    scenario: "a tool call, then an answer",
    caught: /lost the answer/,
  },
  "does not count an attempt": {
    variant: tools.countsOneAttempt,
    scenario: "a server that dies in a call of a safe tool",
    caught: /had counted 1 attempts/,
  },
  "changes what a tool gave back": {
    variant: tools.changesResults,
    scenario: "a tool call, then an answer",
    caught: /a result that the server never gave/,
  },
  "says nothing of a tool's failure": {
    variant: tools.saysNothingOfFailures,
    scenario: "a tool that fails",
    caught: /ended without a word for the model/,
  },
  "tells the model another story": {
    variant: tools.tellsAnotherStory,
    scenario: "a tool call, then an answer",
    caught: /what its ToolCall had not stored/,
  },
  "rewrites the end of a tool call": {
    variant: tools.rewritesEnds,
    scenario: "a tool call, then an answer",
    caught: /written again after it had ended as Succeeded/,
  },
  "makes two ToolCalls of one call": {
    variant: tools.makesTwins,
    scenario: "a tool call, then an answer",
    caught: /its conversation did not ask for/,
  },
  "sends a call twice": {
    variant: tools.sendsTwice,
    scenario: "a tool call, then an answer",
    caught: /sent twice at once/,
  },
  "sends a repeat under another key": {
    variant: tools.changesKeys,
    scenario: "a server that dies in a call of a safe tool",
    caught: /more than one idempotency key/,
  },
  "sends all calls under one key": {
    variant: tools.hasOneKey,
    scenario: "three tool calls in a row",
    caught: /another call's idempotency key/,
  },
  "calls tools for nobody": {
    variant: tools.callsForNobody,
    scenario: "a tool call, then an answer",
    caught: /for no ToolCall that ever existed/,
  },
  "turns on the spot": { variant: variants.spins, caught: /turned on the spot/ },
};

test.each(Object.entries(cases))(
  "catches an operator that %s",
  async (_what, { variant, scenario: name = "a plain answer", harm = "none", caught }) => {
    const scenario = named(name);
    const options = await optionsOf(scenario, harm);
    const wrong = await play(scenario, { ...options, operator: variant });
    expect(wrong.violations.join("\n")).toMatch(caught);
    const right = await play(scenario, { ...options, operator: sound });
    expect(right.violations).toEqual([]);
  },
  PATIENCE_MS,
);
