import { expect, test } from "vitest";
import { unroll } from "./unroll.ts";

test("a marked loop becomes one block per turn, its variable a literal", () => {
  const wgsl = "a();\n  // unroll\n  for (var i = 0u; i < 2u; i++) { b[i] = i + list; }\nc();";
  expect(unroll(wgsl)).toBe("a();\n  { b[0u] = 0u + list; }\n  { b[1u] = 1u + list; }\nc();");
});

test("nested loops and named bounds", () => {
  const wgsl =
    "// unroll\nfor (var i = 0u; i < N; i++) {\n// unroll\nfor (var j = 0u; j < 2u; j++) { f(i, j); }\n}";
  expect(unroll(wgsl, { N: 1 })).toBe("{\n{ f(0u, 0u); }\n{ f(0u, 1u); }\n}");
});

test("unmarked loops stay", () => {
  const wgsl = "for (var i = 0u; i < 2u; i++) { f(i); }";
  expect(unroll(wgsl)).toBe(wgsl);
});

test("a bound without a value is a bug", () => {
  expect(() => unroll("// unroll\nfor (var i = 0u; i < N; i++) {}")).toThrow("bound N");
});
