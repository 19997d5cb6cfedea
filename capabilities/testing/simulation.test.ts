/** The promise: kill the operator at any instant, as often as you like. Here for tasks without tools. */
import { crowd, plainScenarios } from "./scenarios";
import { broken, keepsEveryPromise, leavesAQuietDay, PATIENCE_MS } from "./simulation-kills";

const [plainAnswer] = plainScenarios;

keepsEveryPromise(plainScenarios, plainAnswer);

test(
  "a restart while there is nothing to do writes nothing and tells nothing",
  async () => {
    const sentences: string[] = [];
    for (let seed = 1; seed <= 20; seed++) sentences.push(...(await broken(crowd, { seed, restartAtRest: true })));
    expect(sentences).toEqual([]);
  },
  PATIENCE_MS,
);

leavesAQuietDay(
  "an answered task leaves a whole day in which nothing happens but the watching of watches and keys",
  plainAnswer,
);
