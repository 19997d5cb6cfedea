/** Applies the first example, shows the events while it runs, and then the tables and the answer that kubectl shows. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Up } from "./bring-up";
import type { Choice } from "./example";
import { chooseProvider, fit, keySecret, modelOf, questionIn } from "./example";
import { Failure } from "./failure";
import type { Kubectl } from "./kubectl";
import { apply, must } from "./kubectl";
import { PROVIDER_KEYS } from "./models";
import type { Progress } from "./progress";
import { projectRoot } from "./project";
import { servedModels } from "./served-models";
import { watchEvents } from "./watch-events";
import type { Manifest } from "./webhooks";
import { manifestsIn } from "./webhooks";

const EXAMPLE = "examples/01-ask.yaml";
const NAMESPACE = "default";
const ANSWERED_WITHIN_S = 180;
const EVENTS_LATE_MS = 1_500;

/** True if there was an answer. `wantedModel` is what the user asked for with `--model`. */
export async function askTheExample(up: Up, wantedModel: string | undefined, progress: Progress): Promise<boolean> {
  const { kubectl, binaries, state } = up;
  const example = manifestsIn(readFileSync(join(projectRoot(), EXAMPLE), "utf8"));
  const question = questionIn(example);
  if (question === undefined) throw new Failure(`${EXAMPLE} has no Task, so there is nothing to ask.`);
  const target = `${question.kind.toLowerCase()}/${question.metadata.name}`;
  const choice = await chooseModel(up, example, wantedModel);
  await provideKey(kubectl, example, choice, progress);
  // An answer of an earlier time would be shown as if it were new.
  await must(kubectl, ["delete", target, "-n", NAMESPACE, "--ignore-not-found", "--wait"]);
  const stopWatching = watchEvents(binaries.kubectl, state.kubeconfig, NAMESPACE, (line) => progress.say(line));
  try {
    const model = choice.model ?? modelOf(example) ?? "the example's model";
    await progress.step(`kubectl apply -f ${EXAMPLE} (${choice.provider}, model ${model})`, () =>
      applyAsPeopleDo(kubectl, fit(example, choice)),
    );
    await progress.step("waiting for the answer", () => waitForAnswer(kubectl, target));
    // The last events are told after the status they tell of.
    await sleep(EVENTS_LATE_MS);
  } finally {
    stopWatching();
  }
  return showResult(kubectl, target, progress);
}

async function chooseModel({ models }: Up, example: readonly Manifest[], wanted: string | undefined): Promise<Choice> {
  const provider = chooseProvider(models, process.env);
  const key = process.env[PROVIDER_KEYS[provider]];
  const choice: Choice = { provider, ...(key ? { key } : {}) };
  if (wanted !== undefined) return { ...choice, model: wanted };
  if (models.kind === "Scripted") return choice;
  const served = await servedModels(provider, models, process.env);
  const [first] = served;
  const own = modelOf(example);
  return first === undefined || (own !== undefined && served.includes(own)) ? choice : { ...choice, model: first };
}

/** Puts the key into the Secret where the LLM looks for it. A Secret that is there is only changed for a real key. */
async function provideKey(
  kubectl: Kubectl,
  example: readonly Manifest[],
  choice: Choice,
  progress: Progress,
): Promise<void> {
  const { provider, key } = choice;
  const inExample = example.some(({ kind, metadata }) => kind === "Secret" && metadata.name === provider);
  const isThere = (await kubectl(["get", "secret", provider, "-n", NAMESPACE])).code === 0;
  if (key === undefined && (inExample || isThere)) return;
  await apply(kubectl, [keySecret(choice, NAMESPACE)]);
  if (key !== undefined)
    progress.say(
      `  your ${PROVIDER_KEYS[provider]} is now in the Secret ${NAMESPACE}/${provider} of this control plane`,
    );
}

/** Client-side, so that the user's own `kubectl apply` of the same file later has nothing to warn of. */
async function applyAsPeopleDo(kubectl: Kubectl, manifests: readonly Manifest[]): Promise<void> {
  const text = manifests.map((manifest) => JSON.stringify(manifest)).join("\n---\n");
  await must(kubectl, ["apply", "-n", NAMESPACE, "-f", "-"], text);
}

async function waitForAnswer(kubectl: Kubectl, target: string): Promise<void> {
  const within = `--timeout=${ANSWERED_WITHIN_S}s`;
  const { code, stderr } = await kubectl(["wait", "--for=condition=Completed", target, "-n", NAMESPACE, within]);
  if (code === 0) return;
  const { stdout } = await kubectl(["describe", target, "-n", NAMESPACE]);
  throw new Failure(`there is no answer after ${ANSWERED_WITHIN_S} s: ${stderr.trim()}\n${stdout}`);
}

async function showResult(kubectl: Kubectl, target: string, progress: Progress): Promise<boolean> {
  progress.say(
    `\n$ kubectl get llm,agent,task\n${(await must(kubectl, ["get", "llm,agent,task", "-n", NAMESPACE])).trimEnd()}\n`,
  );
  const found = await must(kubectl, ["get", target, "-n", NAMESPACE, "-o", "json"]);
  const { status = {} } = JSON.parse(found) as {
    status?: { phase?: string; output?: string; error?: string; statusDetail?: string };
  };
  if (status.phase === "FinalAnswer") {
    progress.say(`The answer:\n  ${(status.output ?? "").trim().split("\n").join("\n  ")}`);
    return true;
  }
  progress.say(
    `✗ ${target} ended as ${status.phase ?? "unknown"}: ${status.error ?? status.statusDetail ?? "no reason given"}`,
  );
  return false;
}
