/** The lines that tell a person what to type next. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Up } from "./bring-up";
import { quote } from "./shell";
import { logOf } from "./state";

/** The exports and the first commands, ready to be pasted. */
export function howToGoOn({ state, binaries }: Up, isStateGiven: boolean, ending: "Ctrl-C" | "down"): string {
  const more = isStateGiven ? ` -- --state ${quote(state.dir)}` : "";
  const rows = [
    ["kubectl get llm,agent,task", "what there is"],
    ["kubectl get events --watch", "what happens"],
    ["kubectl apply -f examples/03-approve-a-tool.yaml", "a tool that waits for your word"],
    ["kubectl get tc", "which calls of tools there are, and what they wait for"],
    ending === "Ctrl-C"
      ? ["Ctrl-C", "stop; the data stays for the next time"]
      : [`npm run down${more}`, "stop; the data stays for the next `npm run up`"],
    [`less ${quote(logOf(state, "operator"))}`, "the operator's log"],
  ];
  const width = Math.max(...rows.map(([command = ""]) => command.length));
  return [
    "",
    ...exportLines(state.kubeconfig, binaries.folder),
    "",
    ...rows.map(([command = "", what = ""]) => `  ${command.padEnd(width)}  ${what}`),
  ].join("\n");
}

/** `export` lines: the kubeconfig and, where the user has no kubectl, the folder that has one. */
function exportLines(kubeconfig: string, binFolder: string, path = process.env["PATH"] ?? ""): string[] {
  const hasKubectl = path.split(delimiter).some((folder) => folder !== "" && existsSync(join(folder, "kubectl")));
  const lines = [`export KUBECONFIG=${quote(kubeconfig)}`];
  return hasKubectl ? lines : [...lines, `export PATH=${quote(binFolder)}:$PATH`];
}
