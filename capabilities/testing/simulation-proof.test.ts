/** The invariants can fail: operators that are wrong in one place each are caught, and a sound one built alike is not. */
import type { Neighbours, Operator } from "../operator";
import type { Scenario } from "./scenarios";
import { scenarios } from "./scenarios";
import type { Options } from "./simulation";
import { play } from "./simulation";
import * as variants from "./simulation-variants";

/** Thousands of runs take their time on a busy machine; a run that hangs is still noticed. */
const PATIENCE_MS = 120_000;

function named(name: string): Scenario {
  const scenario = scenarios.find((other) => other.name === name);
  if (!scenario) throw new Error(`There is no scenario "${name}".`);
  return scenario;
}

/** The number of the first or a later outside call of that kind in an undisturbed run. */
async function callOf(scenario: Scenario, what: string, nth = 1): Promise<number> {
  const { calls } = await play(scenario, { operator: variants.sound });
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
  | "killed in the second model call";

async function optionsOf(scenario: Scenario, harm: Harm): Promise<Options> {
  switch (harm) {
    case "none":
      return {};
    case "killed while the model is asked":
      return { kills: [{ call: await callOf(scenario, "ask"), moment: "during" }] };
    case "killed in the second model call":
      return { kills: [{ call: await callOf(scenario, "ask", 2), moment: "during" }] };
    case "killed before the first event of a task":
      return { kills: [{ call: await callOf(scenario, "create events"), moment: "before" }] };
    case "killed at the last write":
      return { kills: [{ call: await callOf(scenario, "replaceStatus tasks", 0), moment: "before" }] };
    case "a lost race for the last write":
      return { mishaps: [{ call: await callOf(scenario, "replaceStatus tasks", 0), trouble: "Conflict" }] };
  }
}

interface Case {
  variant: (neighbours: Neighbours) => Operator;
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
  "turns on the spot": { variant: variants.spins, caught: /turned on the spot/ },
};

test.each(Object.entries(cases))(
  "catches an operator that %s",
  async (_what, { variant, scenario: name = "a plain answer", harm = "none", caught }) => {
    const scenario = named(name);
    const options = await optionsOf(scenario, harm);
    const wrong = await play(scenario, { ...options, operator: variant });
    expect(wrong.violations.join("\n")).toMatch(caught);
    const right = await play(scenario, { ...options, operator: variants.sound });
    expect(right.violations).toEqual([]);
  },
  PATIENCE_MS,
);
