import { expect } from "@playwright/test";
import { complaintsOf } from "./pages/complaints.ts";
import { showAnswer } from "./pages/show-answer.ts";
import { test } from "./pages/test.ts";

const ANSWER = `A formula: \\(a^2 + b^2 = c^2\\), displayed:

\\[
\\mathcal{L} = \\frac{1}{n} \\sum_i x_i
\\]

Roses are red,
violets are blue,\\
sugar is sweet.

It costs **$148 → $19**, and **“引号”**后.

\`\`\`python
def add(a, b):
    # Adds.
    return a + b
\`\`\`

| name | value |
| ---- | ----- |
| one  | 1     |

- [x] done
- [ ] not yet

So it is[^1].

[^1]: A footnote.
`;

test("code has its colours and can be copied, formulas are formulas, and the policy refuses nothing", async ({
  chat,
}) => {
  const complaints = complaintsOf(chat.page);
  await showAnswer(chat, "marked", ANSWER);
  const answer = chat.answers;

  const code = answer.getByRole("region", { name: "python" });
  await expect(code.locator(".keyword").first()).toHaveText("def");
  await expect(code).toHaveText(/^def add\(a, b\):\s+# Adds\.\s+return a \+ b\s*$/);
  await expect(answer.locator("math")).toHaveCount(2);
  await expect(answer.locator("math mfrac")).toHaveCount(1);
  const poem = "Roses are red,\nviolets are blue,\nsugar is sweet.";
  expect(await answer.getByText("Roses are red").innerText()).toBe(poem);
  await expect(answer).toContainText("It costs $148 → $19");
  await expect(answer.locator("strong").last()).toHaveText("“引号”");
  await expect(answer.getByRole("region", { name: "Table" })).toContainText("one");
  await expect(answer.getByRole("checkbox", { name: "Done" })).toBeChecked();
  await expect(answer.getByRole("checkbox", { name: "To do" })).not.toBeChecked();
  await expect(answer.getByRole("heading", { name: "Footnotes" })).toBeAttached();

  await chat.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await answer.getByRole("button", { name: "Copy code" }).click();
  await expect(answer.getByRole("status")).toHaveText("Copied");
  expect(await chat.page.evaluate(() => navigator.clipboard.readText())).toBe(
    "def add(a, b):\n    # Adds.\n    return a + b",
  );
  expect(complaints).toEqual([]);
});

test("what cannot be read as a formula or is in no known language is shown as it is", async ({
  chat,
}) => {
  const complaints = complaintsOf(chat.page);
  await showAnswer(
    chat,
    "odd",
    "\\(\\frac{\\)\n\n```klingon\nnuqneH\n```\n\n\\(\\href{javascript:alert(1)}{x}\\)",
  );
  await expect(chat.answers.locator(".math").first()).toHaveText("\\frac{");
  await expect(chat.answers.getByRole("region", { name: "klingon" })).toHaveText("nuqneH\n");
  await expect(chat.answers.locator("a, math[href], math *[href]")).toHaveCount(0);
  expect(complaints).toEqual([]);
});
