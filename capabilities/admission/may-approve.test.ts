import type { Cluster } from "../runtime/cluster";
import type { Result } from "../runtime/errors";
import { failed, ok } from "../runtime/errors";
import type { Resource } from "../runtime/objects";
import { namespacePath } from "../runtime/paths";
import { FakeClock } from "../testing/fake-clock";
import { askApiServer } from "./may-approve";

const user = {
  username: "jane",
  uid: "7",
  groups: ["dev", "system:authenticated"],
  extra: { scopes: ["a"] },
  isOperator: false,
};
const call = { namespace: "default", name: "t-tc-01" };

/** An API server that answers every review so, and what it was sent. */
function server(answer: Promise<Result<unknown>>): { cluster: Cluster; sent: [path: string, body: unknown][] } {
  const sent: [string, unknown][] = [];
  const create = (resource: Resource, body: { metadata: { namespace: string } }): Promise<unknown> => {
    sent.push([namespacePath(resource, body.metadata.namespace), body]);
    return answer;
  };
  return { cluster: { create } as unknown as Cluster, sent };
}

const reviewed = (allowed: boolean) => Promise.resolve(ok({ status: { allowed } }));

describe("whether somebody may decide", () => {
  test("is asked about them whole, and about this very call", async () => {
    const { cluster, sent } = server(reviewed(true));
    await askApiServer({ cluster, clock: new FakeClock() })(user, call);
    const { isOperator: _ours, username, ...rest } = user;
    expect(sent).toEqual([
      [
        "/apis/authorization.k8s.io/v1/subjectaccessreviews",
        expect.objectContaining({
          spec: {
            user: username,
            ...rest,
            resourceAttributes: { group: "kubechain.humanlayer.dev", resource: "toolcalls", verb: "approve", ...call },
          },
        }),
      ],
    ]);
  });

  test.each<[sentence: string, Promise<Result<unknown>>, expected: string]>([
    ["yes", reviewed(true), "Yes"],
    ["no", reviewed(false), "No"],
    ["an answer that does not say is no", Promise.resolve(ok({})), "No"],
    ["a refusal is no answer", Promise.resolve(failed({ kind: "retryable", message: "busy" })), "Unknown"],
  ])("%s", async (_sentence, answer, expected) => {
    const clock = new FakeClock();
    const { cluster } = server(answer);
    expect(await askApiServer({ cluster, clock })(user, call)).toEqual({ kind: expected });
    expect(clock.pending).toBe(0);
  });

  test("nobody waits for an answer that does not come", async () => {
    const clock = new FakeClock();
    const { cluster } = server(new Promise(() => undefined));
    const asked = askApiServer({ cluster, clock })(user, call);
    await clock.advanceTo(new Date(clock.now().getTime() + 5_000));
    expect(await asked).toEqual({ kind: "Unknown" });
  });
});
