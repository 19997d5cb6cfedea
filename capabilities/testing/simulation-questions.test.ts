/** The promise for what people are asked beside approvals: what a model or a tool wants to know, and what became of a call. */
import { questionScenarios } from "./scenarios-questions";
import { broken, keepsEveryPromise, PATIENCE_MS } from "./simulation-kills";

keepsEveryPromise(questionScenarios);

test(
  "a restart after all questions were answered asks nobody, writes nothing and tells nothing",
  async () => {
    const sentences: string[] = [];
    for (const scenario of questionScenarios) sentences.push(...(await broken(scenario, { restartAtRest: true })));
    expect(sentences).toEqual([]);
  },
  PATIENCE_MS,
);
