import { expect, test } from "vitest";
import { betweenMarks } from "./measurements-document.ts";

test("the table goes between its marks, and the text around it stays", () => {
  const text = "# Title\n\n<!-- perf:begin -->\nold\n<!-- perf:end -->\n\nThe end.\n";
  const once = betweenMarks(text, "perf", "| new |\n");
  expect(once).toBe("# Title\n\n<!-- perf:begin -->\n\n| new |\n\n<!-- perf:end -->\n\nThe end.\n");
  expect(betweenMarks(once, "perf", "| new |\n")).toBe(once);
});

test("marks of another name stay as they are", () => {
  const text =
    "<!-- other:begin -->\nold\n<!-- other:end -->\n<!-- perf:begin --><!-- perf:end -->";
  expect(betweenMarks(text, "perf", "new")).toContain(
    "<!-- other:begin -->\nold\n<!-- other:end -->",
  );
});

test("a text without the marks, or with them the wrong way round, is refused", () => {
  for (const text of ["", "<!-- perf:begin -->", "<!-- perf:end --><!-- perf:begin -->"])
    expect(() => betweenMarks(text, "perf", "")).toThrow(/between <!-- perf:begin --> and/);
});
