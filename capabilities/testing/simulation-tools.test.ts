/** The promise for tasks with tools: no task is lost, no conversation is broken, and no unsafe tool ever runs twice. */
import { toolScenarios } from "./scenarios-tools";
import { broken, keepsEveryPromise, leavesAQuietDay, PATIENCE_MS } from "./simulation-kills";

const [oneCall] = toolScenarios;

keepsEveryPromise(toolScenarios);

test(
  "a restart while there is nothing to do calls no tool, writes nothing and tells nothing",
  async () => {
    const sentences: string[] = [];
    for (const scenario of toolScenarios) sentences.push(...(await broken(scenario, { restartAtRest: true })));
    expect(sentences).toEqual([]);
  },
  PATIENCE_MS,
);

leavesAQuietDay("a task that was answered with a tool's help leaves a day in which nothing happens", oneCall);
