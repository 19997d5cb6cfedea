import { modelToGroupVersionKind } from "kubernetes-fluent-client";
import { resources } from "./index";
import * as kinds from "./kinds";

test.each(Object.values(resources))(
  "the class $kind is registered under its group, version and plural",
  ({ kind, plural }) => {
    const registered = modelToGroupVersionKind(kind);
    expect(Object.keys(kinds)).toContain(kind);
    expect(registered).toEqual({
      group: "kubechain.humanlayer.dev",
      version: "v1alpha1",
      kind,
      plural,
    });
  },
);

test("a class leaves spec and status to what the API server sent", () => {
  expect(Object.keys(new kinds.Task())).not.toContain("spec");
  expect(Object.keys(new kinds.Task())).not.toContain("status");
});
