/**
 * The life of the operator's process: wait for the API server, start Pepr, wait for the right to act, say when everything
 * works, stop in order. It also holds the adjustments of Pepr 1.1.4 that a long-lived process needs (ADR 1). It knows no kind.
 */
import type { RequestListener } from "node:http";
import https from "node:https";
import type { Server, ServerOptions } from "node:https";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { serve } from "@hono/node-server";
import { readingBodies } from "./large-requests";
import type { Operator } from "./operator";
import type { Lease } from "./runtime/lease";

/** The part of Pepr's module that is started by hand. */
interface Module {
  start(port: number): void;
}

/** Longer than the 90 s that the API server keeps an idle connection to a webhook, so that it is never the one surprised. */
const KEEP_ALIVE_MS = 95_000;

/**
 * Makes Pepr's module with four things changed that it offers no setting for. Pepr 1.1.4, `controller/store.ts`: waits
 * `Math.random() * 3000` ms before it reads its store, to spread replicas, of which the watcher has one.
 * `controller/index.ts`: Node's keep-alive of 5 s, listening on every address, and requests of two megabytes at most.
 */
export function tunePepr(make: () => Module, host = process.env["KUBECHAIN_WEBHOOK_HOST"]): Module {
  const createServer = https.createServer.bind(https);
  Object.assign(https, {
    createServer: (...args: Parameters<typeof createServer>): Server => {
      const [settings, listener] = args as [ServerOptions, RequestListener];
      const server = createServer(settings, readingBodies(listener));
      server.keepAliveTimeout = KEEP_ALIVE_MS;
      server.headersTimeout = KEEP_ALIVE_MS + 5_000;
      const listen = server.listen.bind(server) as (port: number, host?: string) => Server;
      Object.assign(server, { listen: (port: number) => listen(port, host) });
      return server;
    },
  });
  const random = Math.random;
  Math.random = () => 0;
  try {
    return make();
  } finally {
    Math.random = random;
  }
}

/** Pepr's default; its manifests' Services point at it. */
const DEFAULT_PORT = 3_000;

/** How long the webhooks may take to answer before the process gives up, for a supervisor to start it again. */
const START_LIMIT_MS = 30_000;

/** How long calls in flight get after SIGTERM; Kubernetes kills Pepr's pods after 5 s. */
const GRACE_MS = 4_000;

/**
 * Runs the operator until a signal ends it: returns once it is ready, having said so in a line on stdout. Throws when
 * Pepr does not come up within 30 s (it then never will: its store could not be read). Every process answers admission
 * requests; the one that watches acts besides, once it holds the lease.
 */
export async function runProcess(operator: Operator, lease: Lease, start: (port: number) => void): Promise<void> {
  const port = Number(process.env["PORT"] ?? DEFAULT_PORT);
  stopOnSignals(operator, lease);
  await operator.reachable();
  const watches = process.env["PEPR_WATCH_MODE"] !== "false";
  // Asked for before Pepr starts, which takes longer: having it already costs no time.
  const acting = watches ? act(operator, lease) : Promise.resolve();
  start(port);
  stopOnSignals(operator, lease); // Pepr has just put its own SIGTERM handler in place, which would not wait for anything.
  await Promise.all([answering(port), acting]);
  if (watches) await receive(operator);
  const seconds = (performance.now() / 1_000).toFixed(1);
  process.stdout.write(
    `KubeChain operator is ready after ${seconds} s: pid ${process.pid}, webhooks on port ${port}\n`,
  );
}

/** Waits for the lease, however long another process holds it; Pepr's watches fill the stores meanwhile. */
async function act(operator: Operator, lease: Lease): Promise<void> {
  await lease.take();
  operator.start();
  await operator.synced();
}

/**
 * Listens for answers from outside, where KUBECHAIN_RECEIVER_PORT says so: on a port of its own, since whoever may reach it
 * has no business with the webhooks of the API server. Throws when the port is taken.
 */
async function receive({ receiver }: Operator): Promise<void> {
  const port = Number(process.env["KUBECHAIN_RECEIVER_PORT"] ?? 0);
  if (port === 0) return;
  const hostname = process.env["KUBECHAIN_RECEIVER_HOST"];
  const server = serve({ fetch: (request) => receiver.fetch(request), port, ...(hostname && { hostname }) });
  await once(server, "listening");
}

function stopOnSignals(operator: Operator, lease: Lease): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.removeAllListeners(signal);
    process.once(signal, () => void stop(operator, lease).finally(() => process.exit(0)));
  }
}

/** The lease goes last: whoever gets it must find everything written. */
async function stop(operator: Operator, lease: Lease): Promise<void> {
  await operator.stop(GRACE_MS);
  await lease.release();
}

async function answering(port: number): Promise<void> {
  const limit = performance.now() + START_LIMIT_MS;
  while (!(await isHealthy(port))) {
    if (performance.now() > limit) {
      throw new Error(
        `The webhook server does not answer on port ${port}: is the port taken, or the PeprStore CRD missing?`,
      );
    }
    await sleep(50);
  }
}

function isHealthy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    // The certificate is made for the API server's eyes, and this only asks whether somebody is at home.
    const request = https.get(
      { host: "127.0.0.1", port, path: "/healthz", rejectUnauthorized: false, agent: false },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.on("error", () => resolve(false));
  });
}
