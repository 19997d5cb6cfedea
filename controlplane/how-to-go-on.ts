/** The lines that tell a person what to type next. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Up } from "./bring-up";
import { quote } from "./shell";

/** The exports and the first commands, ready to be pasted. */
export function howToGoOn({ state, binaries }: Up, isStateGiven: boolean): string {
  const more = isStateGiven ? ` -- --state ${quote(state.dir)}` : "";
  return [
    "",
    ...exports(state.kubeconfig, binaries.folder),
    "",
    "  kubectl get llm,agent,task        what there is",
    "  kubectl get events --watch        what happens",
    `  npm run down${more}        stop; the data stays for the next \`npm run up${more}\``,
    `  logs: ${state.logs}`,
  ].join("\n");
}

/** `export` lines: the kubeconfig and, where the user has no kubectl, the folder that has one. */
export function exports(kubeconfig: string, binFolder: string, path = process.env["PATH"] ?? ""): string[] {
  const hasKubectl = path.split(delimiter).some((folder) => folder !== "" && existsSync(join(folder, "kubectl")));
  const lines = [`export KUBECONFIG=${quote(kubeconfig)}`];
  return hasKubectl ? lines : [...lines, `export PATH=${quote(binFolder)}:$PATH`];
}
