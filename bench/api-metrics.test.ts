import { between, clientOf, countOf, meanMs, parseApiMetrics, writesIn } from "./api-metrics";

interface Line {
  verb: string;
  resource: string;
  subresource?: string;
  code?: string;
  scope?: string;
  count: number;
}

function text(...lines: Line[]): string {
  return lines
    .map(
      ({ verb, resource, subresource = "", code = "200", scope = "resource", count }) =>
        `apiserver_request_total{code="${code}",component="apiserver",dry_run="",group="g",resource="${resource}",scope="${scope}",subresource="${subresource}",verb="${verb}",version="v1"} ${count}`,
    )
    .join("\n");
}

const before = parseApiMetrics(
  text({ verb: "PUT", resource: "tasks", subresource: "status", count: 10 }, { verb: "GET", resource: "", count: 1 }),
);
const after = parseApiMetrics(
  text(
    { verb: "PUT", resource: "tasks", subresource: "status", count: 30 },
    {
      verb: "PUT",
      resource: "tasks",
      subresource: "status",
      code: "409",
      count: 1,
    },
    {
      verb: "POST",
      resource: "events",
      code: "201",
      scope: "namespace",
      count: 40,
    },
    {
      verb: "POST",
      resource: "events",
      code: "201",
      scope: "resource",
      count: 20,
    },
    { verb: "LIST", resource: "tasks", scope: "cluster", count: 2 },
    { verb: "GET", resource: "", count: 1 },
  ),
);

describe("the requests between two readings", () => {
  const during = between(before, after);

  test("are the differences, most frequent first, without what did not happen", () => {
    expect(during.requests).toEqual([
      { verb: "POST", resource: "events", code: "201", count: 60 },
      { verb: "PUT", resource: "tasks/status", code: "200", count: 20 },
      { verb: "LIST", resource: "tasks", code: "200", count: 2 },
      { verb: "PUT", resource: "tasks/status", code: "409", count: 1 },
    ]);
  });

  test("can be counted by any of verb, resource and code", () => {
    expect(countOf(during, { resource: "tasks/status" })).toBe(21);
    expect(countOf(during, { verb: "PUT", code: "409" })).toBe(1);
    expect(countOf(during, { verb: "DELETE" })).toBe(0);
  });

  test("are writes when they change something, refused ones included", () => {
    expect(writesIn(during).map(({ resource, code }) => `${resource} ${code}`)).toEqual([
      "events 201",
      "tasks/status 200",
      "tasks/status 409",
    ]);
  });
});

describe("what took how long", () => {
  const reading = (count: number, seconds: number): string =>
    `apiserver_request_duration_seconds_sum{resource="tasks",subresource="status",verb="PUT"} ${seconds}
apiserver_request_duration_seconds_count{resource="tasks",subresource="status",verb="PUT"} ${count}
apiserver_admission_webhook_admission_duration_seconds_sum{name="a",type="admit"} ${seconds / 2}
apiserver_admission_webhook_admission_duration_seconds_count{name="a",type="admit"} ${count}`;
  const during = between(parseApiMetrics(reading(10, 1)), parseApiMetrics(reading(30, 2)));

  test("is the mean between two readings", () => {
    expect(meanMs(during, "PUT tasks/status")).toBeCloseTo(50);
    expect(meanMs(during, "mutating webhook")).toBeCloseTo(25);
  });

  test("is nothing where nothing happened", () => {
    expect(meanMs(during, "POST events")).toBe(0);
  });
});

describe("whose requests they are", () => {
  const reading = (operator: number, exempt: number): string =>
    `apiserver_flowcontrol_dispatched_requests_total{flow_schema="global-default",priority_level="global-default"} ${operator}
apiserver_flowcontrol_dispatched_requests_total{flow_schema="exempt",priority_level="exempt"} ${exempt}
apiserver_flowcontrol_dispatched_requests_total{flow_schema="kube-controller-manager",priority_level="workload-high"} 5`;

  test("follows from the flow schema", () => {
    const during = between(parseApiMetrics(reading(3, 10)), parseApiMetrics(reading(9, 12)));
    expect(during.byClient).toEqual({ operator: 6, "bench, API server": 2 });
  });

  test("is told by the schema's own name where it is nobody we know", () => {
    expect(clientOf("kube-controller-manager")).toBe("kube-controller-manager");
  });
});
