// Preloaded into the operator with NODE_OPTIONS=--import, so that its heap can be weighed without changing it: answers
// every request on a loopback port with the memory in use right after a full collection. Keeps no process alive.
import { createServer } from "node:http";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");
const port = Number(process.env.KUBECHAIN_BENCH_PROBE_PORT);

const server = createServer((_request, response) => {
  collect();
  // What finalizers let go of is only collected by the next one.
  setImmediate(() => {
    collect();
    response.setHeader("connection", "close");
    response.end(JSON.stringify(process.memoryUsage()));
  });
});
server.listen(port, "127.0.0.1");
server.unref();
