/**
 * `npm run dev`: `pepr dev` against the control plane of a state: edit, save, and the operator is reloaded. pepr 1.1.4
 * listens on port 3000 and registers webhooks of its own, so the background operator is stopped first.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { bringUp } from "./bring-up";
import { readOptions } from "./command-line";
import { stop } from "./controlplane";
import { Failure, runScript } from "./failure";
import { peopleVariables } from "./humanlayer";
import { modelVariables } from "./models";
import { operatorCommand, prepareOperator } from "./operator-process";
import { isFree } from "./ports";
import { showProgress } from "./progress";
import { projectFiles, withOwnTools } from "./project";
import { recall, stateAt } from "./state";
import { removeWebhooks } from "./webhooks";

const PEPR_PORT = 3000;

async function dev(argv: string[]): Promise<number> {
  const options = readOptions(
    {
      name: "dev",
      summary: "Runs `pepr dev` with reload against a control plane of its own; Ctrl-C ends it.",
      flags: ["state", "port", "base-url"],
    },
    argv,
  );
  if (options === undefined) return 0;
  const state = stateAt(options.state);
  const { port, baseUrl } = options;
  const progress = showProgress(process.stdout);
  const wanted = {
    operator: false,
    people: true,
    ...(port === undefined ? {} : { port }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
  };
  const { kubectl } = await bringUp(state, wanted, progress);
  if (await stop(state, "operator"))
    progress.say("! stopped the background operator; `npm run up` starts it again later");
  await removeWebhooks(kubectl);
  if (!(await isFree(PEPR_PORT)))
    throw new Failure(`\`pepr dev\` needs port ${PEPR_PORT}, and another program has it.`);
  await prepareOperator(state);
  progress.say(`▸ pepr dev (export KUBECONFIG=${state.kubeconfig} to look at it)`);
  const code = await runPeprDev(developmentEnvironment(state.kubeconfig, options.state));
  await removeWebhooks(kubectl);
  progress.say("✓ ended; the control plane still runs (`npm run up` adds the operator, `npm run down` stops it)");
  return code;
}

/** The operator's settings, except for those that `pepr dev` makes itself, and as admin: it applies manifests. */
function developmentEnvironment(kubeconfig: string, dir: string): NodeJS.ProcessEnv {
  const state = stateAt(dir);
  const { unset, set } = operatorCommand(state, process.env);
  const memory = recall(state);
  const { ports, models = { kind: "Providers" } } = memory;
  const own = Object.entries(set).filter(
    ([name]) => name.startsWith("PEPR_RE") || name === "PEPR_LAST_SEEN_LIMIT_SECONDS",
  );
  const kept = Object.entries(withOwnTools(process.env)).filter(([name]) => !unset.includes(name));
  const development = {
    KUBECONFIG: kubeconfig,
    KUBECHAIN_WEBHOOK_HOST: "127.0.0.1",
    // Read by eslint.config.mjs: `pepr dev` would begin with a whole lint, whose result it ignores.
    KUBECHAIN_LINTED_ELSEWHERE: "1",
    ...modelVariables(models, ports.model),
    ...peopleVariables(memory),
  };
  return { ...Object.fromEntries(kept), ...Object.fromEntries(own), ...development };
}

function runPeprDev(env: NodeJS.ProcessEnv): Promise<number> {
  const { root, node } = projectFiles();
  const args = [join(root, "node_modules", "pepr", "dist", "cli.js"), "dev", "--host", "localhost", "--yes"];
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, { cwd: root, env, stdio: "inherit" });
    // pepr itself swallows the first interrupt of its own process; a second signal ends it for certain.
    const end = (): void => void child.kill("SIGTERM");
    process.on("SIGINT", end);
    process.on("SIGTERM", end);
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(signal === null ? (code ?? 1) : 0));
  });
}

runScript(dev);
