/**
 * The promise where people are in the loop: nobody is asked twice, no answer is lost, nothing that needs a person's word is
 * done without it, and nothing is done twice unless a person says so. What else people are asked is in simulation-questions.
 */
import { peopleScenarios } from "./scenarios-people";
import { questionScenarios } from "./scenarios-questions";
import { broken, keepsEveryPromise, leavesAQuietDay, PATIENCE_MS } from "./simulation-kills";

const approvalScenarios = peopleScenarios.filter((scenario) => !questionScenarios.includes(scenario));

keepsEveryPromise(approvalScenarios);

test(
  "a restart while there is nothing to do asks nobody, writes nothing and tells nothing",
  async () => {
    const sentences: string[] = [];
    for (const scenario of approvalScenarios) sentences.push(...(await broken(scenario, { restartAtRest: true })));
    expect(sentences).toEqual([]);
  },
  PATIENCE_MS,
);

leavesAQuietDay(
  "a call that nobody answers leaves a day in which nothing happens but slow looks for an answer",
  approvalScenarios.find(({ name }) => name === "nobody ever answers"),
);
