import fc from "fast-check";
import { expect, test } from "vitest";
import { gpuBudget, sizeLockName, holdersIn, tabsToLeave } from "./gpu-sharing-rules.ts";

const holder = (tab: string, bytes: number) => ({ tab, bytes });
const leaving = (others: [string, number][], ownBytes: number | undefined, budgetBytes: number) =>
  tabsToLeave({ others: others.map(([tab, bytes]) => holder(tab, bytes)), ownBytes, budgetBytes })
    .map(({ tab }) => tab)
    .join(" ");

test("a holder's name tells what it has; names of other locks tell nothing", () => {
  const some = [holder("a1", 0), holder("b2", 9_348_480)];
  expect(holdersIn(some.map(sizeLockName))).toEqual(some);
  const others = [undefined, "", "rekindle.gpu/", "rekindle.gpu/-1/a", "rekindle.gpu/1e9/a", "x"];
  const more = ["rekindle.gpu.entrance", "rekindle.conversation.1/a", "rekindle.gpu/5/", "gpu/5/a"];
  expect(holdersIn([...others, ...more, `rekindle.gpu/${"9".repeat(400)}/a`])).toEqual([]);
});

test("GS2: where all fit, nobody leaves", () => {
  expect(leaving([], 100, 100)).toBe("");
  expect(
    leaving(
      [
        ["a", 40],
        ["b", 30],
      ],
      30,
      100,
    ),
  ).toBe("");
});

test("GS3: otherwise those with the largest models leave, as few as it takes", () => {
  const others: [string, number][] = [
    ["small", 10],
    ["large", 50],
    ["medium", 30],
  ];
  expect(leaving(others, 20, 100)).toBe("large");
  expect(leaving(others, 60, 100)).toBe("large");
  expect(leaving(others, 70, 100)).toBe("large medium");
  expect(leaving(others, 500, 100)).toBe("large medium small");
});

test("GS4: a tab that has loaded nothing yet needs as much as the largest of the others", () => {
  expect(
    leaving(
      [
        ["a", 50],
        ["b", 1],
      ],
      undefined,
      101,
    ),
  ).toBe("");
  expect(
    leaving(
      [
        ["a", 50],
        ["b", 1],
      ],
      undefined,
      100,
    ),
  ).toBe("a");
});

test("GS5: what is not known yet counts as nothing", () => {
  expect(leaving([["a", 0]], undefined, 100)).toBe("");
  expect(
    leaving(
      [
        ["a", 0],
        ["b", 60],
      ],
      50,
      100,
    ),
  ).toBe("b");
});

test("after whoever leaves has left, all fit, or nobody else is there", () => {
  const bytes = fc.integer({ min: 0, max: 100 });
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 6 }), bytes, bytes, (sizes, ownBytes, budgetBytes) => {
      const others = sizes.map((size, i) => holder(`${i}`, size));
      const left = tabsToLeave({ others, ownBytes, budgetBytes });
      const stay = others.filter((other) => !left.includes(other));
      const sum = stay.reduce((total, other) => total + other.bytes, ownBytes);
      expect(sum <= budgetBytes || stay.every((other) => other.bytes === 0)).toBe(true);
      const last = left.at(-1);
      if (last) expect(sum + last.bytes).toBeGreaterThan(budgetBytes);
    }),
  );
});

test("the budget is a quarter of the memory, if that is known, and 2 GiB at most", () => {
  const GIB = 2 ** 30;
  expect([0.5, 4, 8, 32].map(gpuBudget)).toEqual([GIB / 8, GIB, 2 * GIB, 2 * GIB]);
  for (const unknown of [undefined, NaN, 0, -1, "8"]) expect(gpuBudget(unknown)).toBe(2 * GIB);
});
