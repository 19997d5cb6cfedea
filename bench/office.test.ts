import { turnsIn } from "../capabilities/testing/model-server-script";
import { asking } from "./office";

test("every task asks for one call that writes its name, at a server of its own way to people", () => {
  const [kubectl, service] = [asking("kubectl"), asking("service")];
  expect(kubectl.agent).not.toBe(service.agent);
  for (const { agent, messageOf } of [kubectl, service]) {
    const [first, then] = turnsIn(messageOf("t-1"));
    expect(first?.calls).toEqual([{ name: `${agent}__append`, arguments: { text: "t-1" } }]);
    expect(then?.calls).toBeUndefined();
  }
});
