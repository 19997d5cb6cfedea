/** The copies that the fakes hand out are those that JSON would make. */
import fc from "fast-check";
import { overTheWire } from "./over-the-wire";

const asJson = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

test.each<[sentence: string, value: unknown]>([
  ["nothing at all", undefined],
  ["fields that are undefined", { a: undefined, b: { c: undefined }, d: [undefined, 1] }],
  ["functions and symbols", { a: () => 1, b: Symbol("b"), c: [() => 1] }],
  ["numbers that are none", { a: NaN, b: -Infinity, c: -0 }],
  ["dates", { at: new Date(0), all: [new Date(1)] }],
  ["what says itself how it is written", { a: { toJSON: () => ({ b: new Date(2) }) } }],
])("%s arrive as in JSON", (_sentence, value) => {
  expect(JSON.stringify(overTheWire(value))).toBe(JSON.stringify(value));
  expect(overTheWire(value)).toEqual(asJson(value));
});

test("any JSON arrives as it is, in the same order", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.stringify(overTheWire(value))).toBe(JSON.stringify(value));
    }),
  );
});

test("a name that means something to JavaScript is a name like any other", () => {
  const value: unknown = JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}');
  expect(JSON.stringify(overTheWire(value))).toBe('{"__proto__":{"a":1},"constructor":2}');
});

test("nothing is shared with what was sent", () => {
  const sent = { list: [{ a: 1 }], inner: { b: 2 } };
  const arrived = overTheWire(sent);
  sent.list[0] = { a: 9 };
  sent.inner.b = 9;
  expect(arrived).toEqual({ list: [{ a: 1 }], inner: { b: 2 } });
});
