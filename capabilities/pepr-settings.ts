/**
 * How Pepr's watch behaves, wherever the module runs. Pepr 1.1.4 reads these when it is first loaded
 * (`lib/processors/watch-processor.ts`), so `pepr.ts` imports this file before anything else. The environment wins.
 */
const settings = {
  /** An API server that is away for longer than half a minute must not end the process and the calls it has in flight. */
  PEPR_RESYNC_FAILURE_MAX: "1000000",
  /** Off (a timer cannot hold more): the periodic relist reports deletions that never happened; runtime/resync does this. */
  PEPR_RELIST_INTERVAL_SECONDS: "2000000",
  /** A quiet stream is opened anew this often, which lists the kind once. Deaf streams are noticed sooner by runtime/resync. */
  PEPR_LAST_SEEN_LIMIT_SECONDS: "600",
};

for (const [name, value] of Object.entries(settings)) process.env[name] ??= value;

export {};
