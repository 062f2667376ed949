import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { ContextGauge, fillWords } from "./ContextGauge.tsx";

const fill = { tokens: 1200, isEstimate: false, contextTokens: 4096, leftMessages: 0 };
const html = (tokens: number) =>
  renderToStaticMarkup(<ContextGauge {...fill} tokens={tokens} onShowCut={() => undefined} />);

test("the gauge is named by its numbers", () => {
  expect(fillWords(fill)).toBe("Context: 1,200 of 4,096 tokens");
  expect(html(1200)).toContain('aria-label="Context: 1,200 of 4,096 tokens"');
});

test("its arc is as long as the context is full, and never longer", () => {
  expect(html(0)).not.toContain("stroke-dasharray");
  expect(html(2048)).toContain('stroke-dasharray="50 50"');
  expect(html(9999)).toContain('stroke-dasharray="100 0"');
  expect(html(9999)).toContain('class="ring full"');
});
