import { expect, test } from "vitest";
import { waysToCut } from "./cut-prompt.ts";

test("every way has all tokens of the prompt, and no two ways are the same", () => {
  for (let tokens = 2; tokens < 200; tokens++) {
    const ways = waysToCut(tokens);
    for (const way of ways) {
      expect(way.reduce((sum, size) => sum + size, 0)).toBe(tokens);
      expect(way.length).toBeGreaterThan(1);
      expect(Math.min(...way)).toBeGreaterThan(0);
    }
    expect(new Set(ways.map((way) => way.join())).size).toBe(ways.length);
  }
});

test("a short prompt is also cut into single tokens", () => {
  expect(waysToCut(1)).toEqual([]);
  expect(waysToCut(2)).toEqual([[1, 1]]);
  expect(waysToCut(17)).toContainEqual(Array.from({ length: 17 }, () => 1));
  expect(waysToCut(300)).not.toContainEqual(Array.from({ length: 300 }, () => 1));
});
