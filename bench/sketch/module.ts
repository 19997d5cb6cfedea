/**
 * The yardstick: the least that a Pepr module must do for a task, and nothing it should do. A watch callback, a queue
 * with one worker a key, a status write, a model call, a status write, three events behind their backs; a Mutate and a
 * Validate that say yes. No machine, no restart, no conflicts, no failures: it is measured, never used.
 */
import https from "node:https";
import type { Server } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { Capability, PeprModule } from "pepr";
import { Task } from "../../crds/kinds";
import cfg from "../../package.json";
import { SKETCH_READY } from "./ready";
import type { Stored } from "./wire";
import { askModel, isHealthy, putStatus, tellEvent } from "./wire";

/** The newest known version of every task that has not ended, and what the model has said to it. */
const tasks = new Map<string, Stored>();
const versions = new Map<string, number>();
const answers = new Map<string, string>();
/** Keys somebody works on; true if there is more to do afterwards. */
const busy = new Map<string, boolean>();

function notice(task: Stored): void {
  const { uid, resourceVersion } = task.metadata;
  const version = Number(resourceVersion);
  if (version <= (versions.get(uid) ?? 0)) return; // An echo of our own write, or older.
  if (task.status?.phase === "FinalAnswer") return;
  keep(task);
  enqueue(uid);
}

function keep(task: Stored): void {
  versions.set(task.metadata.uid, Number(task.metadata.resourceVersion));
  tasks.set(task.metadata.uid, task);
}

function enqueue(uid: string): void {
  const isBusy = busy.has(uid);
  busy.set(uid, isBusy);
  if (!isBusy) void work(uid);
}

async function work(uid: string): Promise<void> {
  do {
    busy.set(uid, false);
    await step(uid);
  } while (busy.get(uid));
  busy.delete(uid);
}

async function step(uid: string): Promise<void> {
  const task = tasks.get(uid);
  if (task === undefined) return;
  const asked = [
    { role: "system", content: "You are a helpful assistant. Answer in one or two sentences." },
    { role: "user", content: task.spec.userMessage ?? "" },
  ];
  if (task.status?.phase !== "ReadyForLLM") {
    const startTime = new Date().toISOString();
    const begun = await putStatus(task, {
      phase: "ReadyForLLM",
      status: "Ready",
      ready: true,
      startTime,
      contextWindow: asked,
    });
    keep(begun);
    tellEvent(begun, "ValidationSucceeded", "Task validation succeeded");
    tellEvent(begun, "SendingContextWindowToLLM", "Sending context window to LLM");
    void askModel(asked).then((answer) => {
      answers.set(uid, answer);
      enqueue(uid);
    });
    return;
  }
  const output = answers.get(uid);
  if (output === undefined) return;
  const completionTime = new Date().toISOString();
  const contextWindow = [...asked, { role: "assistant", content: output }];
  const ended = await putStatus(task, { ...task.status, phase: "FinalAnswer", output, contextWindow, completionTime });
  versions.set(uid, Number(ended.metadata.resourceVersion));
  tasks.delete(uid);
  answers.delete(uid);
  tellEvent(ended, "LLMFinalAnswer", "LLM response received successfully");
}

const sketch = new Capability({ name: "sketch", description: "The least a module does for a task" });
sketch
  .When(Task)
  .IsCreatedOrUpdated()
  .Mutate((request) => request)
  .Validate((request) => request.Approve())
  .Watch(function noticeTask(task) {
    notice(task as unknown as Stored);
  });

/** Pepr listens on every address; a bench may not. */
function onLoopbackOnly(): void {
  const createServer = https.createServer.bind(https);
  Object.assign(https, {
    createServer: (...args: Parameters<typeof createServer>): Server => {
      const server = createServer(...args);
      const listen = server.listen.bind(server) as (port: number, host: string) => Server;
      return Object.assign(server, { keepAliveTimeout: 95_000, listen: (port: number) => listen(port, "127.0.0.1") });
    },
  });
}

async function run(): Promise<void> {
  const port = Number(process.env["PORT"]);
  onLoopbackOnly();
  new PeprModule(cfg, [sketch], { deferStart: true }).start(port);
  while (!(await isHealthy(port))) await sleep(50);
  process.stdout.write(`${SKETCH_READY}: pid ${process.pid}\n`);
}

void run();
