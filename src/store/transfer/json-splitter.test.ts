import fc from "fast-check";
import { expect, test } from "vitest";
import { BEYOND_LIMITS, DamagedJson, JsonSplitter } from "./json-splitter.ts";

const LIMITS = { length: 1000, depth: 10 };

/** The values of a text that comes in pieces of `size` letters. */
function split(text: string, level: number, { size = 3, limits = LIMITS } = {}) {
  const splitter = new JsonSplitter(level, limits);
  const values = [];
  for (let at = 0; at < text.length; at += size)
    values.push(...splitter.push(text.slice(at, at + size)));
  splitter.end();
  return { values, lead: splitter.lead };
}

test.each([1, 2, 3, 7, 1000])("values at each level, in pieces of %d letters", (size) => {
  expect(split('{"a":1}\n{"b":"}"} [2]', 0, { size }).values).toEqual([
    '{"a":1}',
    '{"b":"}"}',
    "[2]",
  ]);
  expect(split(' [ {"a":"\\"]"} , 5, "x{", {"b":[{}]} ] ', 1, { size }).values).toEqual([
    '{"a":"\\"]"}',
    '{"b":[{}]}',
  ]);
  const own = split('{"v":1,"list":[{"a":"\\\\"},{"b":2}]}', 2, { size });
  expect(own).toEqual({ values: ['{"a":"\\\\"}', '{"b":2}'], lead: '{"v":1,"list":' });
});

test("a list of anything is cut where its elements end, wherever its pieces end", () => {
  fc.assert(
    fc.property(
      fc.array(fc.object({ maxDepth: 5 })),
      fc.integer({ min: 1, max: 20 }),
      (all, size) => {
        const limits = { length: 1e6, depth: 100 };
        const { values } = split(JSON.stringify(all), 1, { size, limits });
        expect(values).toEqual(all.map((one) => JSON.stringify(one)));
      },
    ),
  );
});

test("a value beyond the limits is left out, and the next one is read", () => {
  const long = `{"a":"${"x".repeat(2000)}"}`;
  const deep = `${"[".repeat(50)}${"]".repeat(50)}`;
  expect(split(`[${long},${deep},{"b":1}]`, 1).values).toEqual([
    BEYOND_LIMITS,
    BEYOND_LIMITS,
    '{"b":1}',
  ]);
});

test.each(['[{"a":1}', '[{"a":"', "[]]", "}"])("%s is damaged", (text) => {
  expect(() => split(text, 1)).toThrow(DamagedJson);
});

test("a million brackets are read at once", () => {
  expect(split("[".repeat(1e6) + "]".repeat(1e6), 1, { size: 65_536 }).values).toEqual([
    BEYOND_LIMITS,
  ]);
});
