import type { Api, Asked } from "./api";
import { approve, readParked } from "./parked-calls";

describe("a call that waits for a person, in a watch", () => {
  const line = (status: object): string =>
    JSON.stringify({
      type: "MODIFIED",
      object: { metadata: { name: "t-1-tc-01" }, spec: { taskRef: { name: "t-1" } }, status },
    });
  const question = { kind: "Approval", channel: "c", askedAt: "2026-01-01T00:00:00Z" };
  const waiting = { status: "AwaitingHumanApproval", externalCallID: "ec-0123456789abcdef", question };
  const sent = { ...waiting, question: { ...question, sentAt: "2026-01-01T00:00:01Z" } };
  const call = { name: "t-1", call: "t-1-tc-01", question: "ec-0123456789abcdef" };

  test("is heard of by its task's name as soon as it waits, for it can be answered with kubectl then", () => {
    expect(readParked(line(waiting), "kubectl")).toEqual(call);
  });

  test("is heard of over a service once that has the question", () => {
    expect(readParked(line(waiting), "service")).toBeUndefined();
    expect(readParked(line(sent), "service")).toEqual(call);
  });

  test.each([
    ["has not been asked about yet", { status: "Pending" }],
    ["was answered and says so somewhere", { status: "Succeeded", statusDetail: '"AwaitingHumanApproval" is over' }],
  ])("is not one that %s", (_what, status) => {
    expect(readParked(line(status), "kubectl")).toBeUndefined();
  });
});

test("an approval is the merge patch of one annotation, and nothing else", async () => {
  const asked: Asked[] = [];
  const api: Api = {
    ask: async (one) => {
      asked.push(one);
      return "";
    },
    watch: async () => async () => undefined,
    metrics: async () => "",
    close: async () => undefined,
  };
  await approve(api, { name: "t-1", call: "t-1-tc-01", question: "ec-0123456789abcdef" });
  expect(asked).toEqual([
    {
      method: "PATCH",
      path: "/apis/kubechain.humanlayer.dev/v1alpha1/namespaces/bench/toolcalls/t-1-tc-01?fieldManager=kubectl-annotate",
      body: { metadata: { annotations: { "kubechain.humanlayer.dev/approve": "looks fine" } } },
    },
  ]);
});
