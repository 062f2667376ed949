import { createRoot } from "react-dom/client";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import "../styles/base.css";
import "../styles/messages.css";
import { loadMarkdown, Message } from "./Message.tsx";
import { countShifts } from "../../metrics/testing-shifts.ts";

/** A text with everything that a model writes, of about 400 tokens, again and again. */
const section = (n: number) => `## Part ${n}

A paragraph with **bold** words, \`code\`, a formula \\(x_${n}^2\\) and enough text to be wrapped once or twice.

- one
- two
  - nested

| name | value |
| ---- | ----- |
| a    | ${n}  |
| b    | ${n + 1} |

\`\`\`js
const part${n} = (value) => value + ${n}; // ${"a comment that is longer than the page is wide, ".repeat(4)}
export default part${n};
\`\`\`

$$
\\sum_{i=0}^{${n}} i^2
$$

`;
const WHOLE = Array.from({ length: 10 }, (_, n) => section(n)).join("");
/** Characters that come at once: those of four tokens, which is what 100 tokens/s are at 25 pieces a second. */
const PIECE = 16;
const PATIENCE = { timeout: 10_000 };

let element: HTMLElement;
let show: (text: string, isGrowing: boolean) => Promise<void>;

beforeAll(async () => {
  await loadMarkdown();
}, 30_000);

beforeEach(() => {
  element = document.createElement("main");
  document.body.append(element);
  const root = createRoot(element);
  show = async (text, isGrowing) => {
    const status = isGrowing ? "streaming" : "complete";
    const message = { role: "assistant", text, status } as const;
    root.render(<Message message={message} isGrowing={isGrowing} />);
    await new Promise((resolve) => setTimeout(resolve, 10));
  };
});

afterEach(() => {
  element.remove();
});

/** Shows the text as it comes. */
async function stream(from: number, to: number): Promise<void> {
  for (let end = from; end < to; end += PIECE) await show(WHOLE.slice(0, end), true);
}

/** The blocks on the top level that are complete. */
const blocks = (): Element[] => [...(element.querySelector(".markdown")?.children ?? [])];

test("blocks that are complete stay the same elements, with what is selected and scrolled in them", async () => {
  const third = section(0).length * 3;
  await show(WHOLE.slice(0, PIECE), true);
  await vi.waitFor(() => expect(element.querySelector("h2")).not.toBeNull(), PATIENCE);
  await stream(0, third);
  const before = blocks().slice(0, -1);
  expect(before.length).toBeGreaterThan(12);

  const code = element.querySelector("pre");
  const paragraph = before.find(({ tagName }) => tagName === "P");
  if (!code || !paragraph) throw new Error("invariant: a part has code and a paragraph");
  // What draws formulas is loaded with the first one.
  await vi.waitFor(() => expect(paragraph.querySelector("math")).not.toBeNull(), PATIENCE);
  code.scrollLeft = 40;
  const range = document.createRange();
  range.selectNodeContents(paragraph);
  getSelection()?.addRange(range);
  const selected = getSelection()?.toString();

  await stream(third, third * 2);
  await show(WHOLE, false);
  expect(blocks().slice(0, before.length)).toEqual(before);
  for (const [i, block] of before.entries()) expect(blocks()[i]).toBe(block);
  expect(getSelection()?.toString()).toBe(selected);
  expect(selected).toContain("A paragraph with bold words");
  expect(code.isConnected).toBe(true);
  expect(code.scrollLeft).toBe(40);
}, 30_000);

test("code that comes to its end stays the same element", async () => {
  await show("```js\nlet a = 1;\n", true);
  await vi.waitFor(() => expect(element.querySelector("pre")).not.toBeNull(), PATIENCE);
  const code = element.querySelector("pre");
  await show("```js\nlet a = 1;\n```\n\nAnd", true);
  expect(element.querySelector("pre")).toBe(code);
  await show("```js\nlet a = 1;\n```\n\nAnd so on", false);
  expect(element.querySelector("pre")).toBe(code);
});

/** Everything that was changed is painted by then. */
const painted = () =>
  new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));

/** Texts of which the last block ends and something new begins in the same piece, and what is there in the end. */
const ENDS = [
  {
    what: "a table's last row is wider",
    begun: "| a | b |\n| - | - |\n| 1 | 2 |",
    ended: "\n| so much more | 2 |\n\nAnd",
    selector: "tr:nth-of-type(2)",
  },
  {
    what: "a formula takes more room",
    begun: "$$\n\\sum_{i=0}^9 i",
    ended: " + \\frac{1}{\\frac{2}{3}}\n$$\n\nAnd",
    selector: "mfrac mfrac",
  },
];

test.each(ENDS)("nothing above what is written moves: $what", async (text) => {
  const { begun, ended, selector } = text;
  const shifts = countShifts(document);
  await show(begun, true);
  await vi.waitFor(() => expect(element.querySelector("table, math")).not.toBeNull(), PATIENCE);
  await painted();
  await show(begun + ended, true);
  await vi.waitFor(() => expect(element.querySelector(selector)).not.toBeNull(), PATIENCE);
  await vi.waitFor(() => expect(element.textContent).toMatch(/And$/), PATIENCE);
  await painted();
  await show(`${begun}${ended} so on`, false);
  await vi.waitFor(() => expect(element.textContent).toMatch(/And so on/), PATIENCE);
  await painted();
  expect(shifts.above).toBe(0);
});
