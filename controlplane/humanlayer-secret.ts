/** The Secret where the examples' ContactChannels look for a HumanLayer key: made by quickstart, or how to make it by hand. */
import { existsSync, readFileSync } from "node:fs";
import type { Up } from "./bring-up";
import { HUMANLAYER_KEY } from "./humanlayer";
import { apply } from "./kubectl";
import type { Progress } from "./progress";
import { quote } from "./shell";
import type { HumanLayerSource, State } from "./state";
import { recall } from "./state";

const NAME = "humanlayer";
const NAMESPACE = "default";

/** Puts the key there is into the Secret. One that is there is only changed for a key of the user's. */
export async function provideHumanLayerKey({ kubectl, state }: Up, progress: Progress): Promise<void> {
  const given = process.env[HUMANLAYER_KEY];
  const source = recall(state).humanLayer;
  const key = source?.kind === "Own" ? keyIn(state.humanLayerKey) : given;
  if (!key) return;
  const isThere = (await kubectl(["get", "secret", NAME, "-n", NAMESPACE])).code === 0;
  if (isThere && key !== given) return;
  const metadata = { name: NAME, namespace: NAMESPACE };
  const stringData = { [HUMANLAYER_KEY]: key };
  await apply(kubectl, [{ apiVersion: "v1", kind: "Secret", metadata, type: "Opaque", stringData }]);
  progress.say(`  ${whose(source)} is now in the Secret ${NAMESPACE}/${NAME} of this control plane`);
}

/** The command that makes the Secret, for people whose questions go to our own server; undefined for all others. */
export function secretCommand(state: State): string | undefined {
  if (recall(state).humanLayer?.kind !== "Own") return undefined;
  return `kubectl create secret generic ${NAME} --from-literal=${HUMANLAYER_KEY}="$(cat ${quote(state.humanLayerKey)})"`;
}

const whose = (source: HumanLayerSource | undefined): string =>
  source?.kind === "Own" ? "the key of the HumanLayer-compatible server" : `your ${HUMANLAYER_KEY}`;

const keyIn = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, "utf8").trim() : undefined);
