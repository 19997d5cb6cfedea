/**
 * The whole operator on one screen: what it watches and admits, and how its process starts and stops. Importing this
 * file in build mode has no effect but the list of capabilities, which is all that `pepr build` wants of it.
 */
import "./capabilities/pepr-settings";
import { Log, PeprModule } from "pepr";
import { admission } from "./capabilities/admission/index";
import { withoutBookkeeping } from "./capabilities/admission/bookkeeping";
import { catalog } from "./capabilities/catalog/index";
import { listInPages } from "./capabilities/list-in-pages";
import { createOperator } from "./capabilities/operator";
import { realNeighbours } from "./capabilities/neighbours";
import { runProcess, tunePepr } from "./capabilities/process";
import { whileHeld } from "./capabilities/runtime/while-held";
import { tasks } from "./capabilities/tasks/index";
import { toolCalls } from "./capabilities/toolcalls/index";
import cfg from "./package.json";

const neighbours = realNeighbours(process.env, Log);
const { cluster, lease } = neighbours;
const operator = createOperator({ ...neighbours, cluster: whileHeld(lease, cluster) });
// Admission decides nothing in the cluster, and so needs no lease: any number of processes may do it.
const ungated = { ...operator, cluster };
const capabilities = [catalog(operator), tasks(operator), toolCalls(operator), admission(ungated)];

if (process.env["PEPR_MODE"] === "build") {
  new PeprModule(cfg, capabilities);
} else {
  listInPages();
  runProcess(operator, lease, (port) => {
    const pepr = tunePepr(() => new PeprModule(cfg, capabilities, { deferStart: true, afterHook: withoutBookkeeping }));
    pepr.start(port);
  }).catch((error: unknown) => {
    Log.error(error, "The operator could not start");
    process.exit(1);
  });
}
