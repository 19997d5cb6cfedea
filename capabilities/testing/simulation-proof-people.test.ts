/** The invariants about people can fail: operators that are wrong in one place each are caught, and a sound one built alike is not. */
import type { Scenario } from "./scenario";
import { peopleScenarios } from "./scenarios-people";
import type { Options } from "./simulation";
import { play } from "./simulation";
import type { Made } from "./simulation-operator";
import { sound } from "./simulation-operator";
import * as variants from "./simulation-variants-people";

const PATIENCE_MS = 120_000;

function named(name: string): Scenario {
  const scenario = peopleScenarios.find((other) => other.name === name);
  if (!scenario) throw new Error(`There is no scenario "${name}".`);
  return scenario;
}

interface Case {
  variant: Made;
  scenario?: string;
  /** The first outside call of that kind is the process's last. */
  killedAfter?: string;
  killedDuring?: string;
  caught: RegExp;
}

/** Where the process dies: in the first outside call of that kind of a run in which nobody dies. */
async function optionsOf(scenario: Scenario, { killedAfter, killedDuring }: Case): Promise<Options> {
  const what = killedAfter ?? killedDuring;
  if (what === undefined) return {};
  const { calls } = await play(scenario, { operator: sound });
  const place = calls.findIndex((call) => call.what === what);
  if (place < 0) throw new Error(`There is no call ${what}.`);
  return { kills: [{ call: place + 1, moment: killedAfter === undefined ? "during" : "after" }] };
}

/** What is wrong with the operator, where it shows, and the sentence that says so. */
const cases: Record<string, Case> = {
  "asks nobody": { variant: variants.asksNobody, caught: /that people had not approved: Open/ },
  "executes before the approval is stored": {
    variant: variants.executesBeforeItWrites,
    caught: /that people had not approved: Open/,
  },
  "asks anew after a restart": {
    variant: variants.asksAnew,
    killedAfter: "channels.create",
    caught: /asked people twice about "t-tc-01": Approval after 0 attempts/,
  },
  "puts questions under ids that stand nowhere": {
    variant: variants.invents,
    caught: /put question .* to people that was not stored before/,
  },
  "words a question anew after a restart": {
    variant: variants.rephrases,
    killedDuring: "channels.create",
    caught: /was put twice, in different words/,
  },
  "shows people other arguments": {
    variant: variants.showsOtherArguments,
    caught: /asked people about other arguments than those of "t-tc-01"/,
  },
  "counts an answer to another question": {
    variant: variants.countsOtherQuestions,
    scenario: "an approval of other arguments, one of another question, and a right one",
    caught: /that people had not approved: Open/,
  },
  "counts an answer about other arguments": {
    variant: variants.countsOtherArguments,
    scenario: "an approval of other arguments, one of another question, and a right one",
    caught: /that people had not approved: Open/,
  },
  "takes a no for a yes": {
    variant: variants.takesNoForYes,
    scenario: "rejected by email, with a comment",
    caught: /that people had not approved: Rejected/,
  },
  "takes a no with kubectl for a yes": {
    variant: variants.takesNoForYes,
    scenario: "rejected with kubectl, with a comment",
    caught: /that people had not approved: Rejected/,
  },
  "does not listen to channels": { variant: variants.isDeaf, caught: /lost the answer to question ec-/ },
  "confirms an answer and forgets it": {
    variant: variants.confirmsAndForgets,
    scenario: "approved over a webhook",
    caught: /was stored when it was not/,
  },
  "lets no question go": {
    variant: variants.neverLetsGo,
    scenario: "cancelled while people are asked",
    caught: /There was nothing to do, but a process did: channels.get/,
  },
  "is content with one of two": {
    variant: variants.needsOne,
    scenario: "a quorum of two",
    caught: /that people had not approved: Open/,
  },
  "lets requesters approve": {
    variant: variants.letsRequestersApprove,
    scenario: "the requester, who may not approve, and then somebody else",
    caught: /that people had not approved: Open/,
  },
  "takes silence for a no": {
    variant: variants.takesSilenceForNo,
    scenario: "nobody answers in time, which counts as a no",
    caught: /says that "t-tc-01" was rejected/,
  },
  "keeps for itself why somebody refused": {
    variant: variants.hidesComments,
    scenario: "rejected by email, with a comment",
    caught: /does not tell the model what people said/,
  },
  "runs again what nobody has said is to be run again": {
    variant: variants.despairsOfPeople,
    scenario: "an approved tool whose process may die, which is run again",
    killedDuring: "mcp.call",
    caught: /had an unsafe tool do its work 2 times/,
  },
  "says that a question was sent before it was": {
    variant: variants.boastsOfQuestions,
    caught: /Event HumanLayerRequestSent/,
  },
  "tells an answer before it is stored": {
    variant: variants.tellsTooSoon,
    scenario: "a final answer that is told by email",
    caught: /told people its answer .* before it was stored/,
  },
  "tells an answer twice": {
    variant: variants.tellsTwice,
    scenario: "a final answer that is told by email",
    caught: /told people its answer 2 times/,
  },
  "tells nobody its answer": {
    variant: variants.tellsNobody,
    scenario: "a final answer that is told by email",
    caught: /did not tell people its answer/,
  },
};

test.each(Object.entries(cases))(
  "catches an operator that %s",
  async (_what, given) => {
    const scenario = named(given.scenario ?? "approved by email");
    const options = await optionsOf(scenario, given);
    const wrong = await play(scenario, { ...options, operator: given.variant });
    expect(wrong.violations.join("\n")).toMatch(given.caught);
    const right = await play(scenario, { ...options, operator: sound });
    expect(right.violations).toEqual([]);
  },
  PATIENCE_MS,
);
