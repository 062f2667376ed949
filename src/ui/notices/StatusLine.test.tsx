import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { ModelInfo } from "../../protocol/engine-api.ts";
import { StatusWords } from "./StatusLine.tsx";

const ready = { phase: "ready", model: { url: "u", device: "gpu" } as ModelInfo } as const;
const waiting = { phase: "Reading the prompt", detail: "5 of 9 tokens", bar: undefined };
const html = (shown: typeof waiting | undefined) =>
  renderToStaticMarkup(<StatusWords status={ready} isModelAsked={false} waiting={shown} />);

test("a screen reader is told the phase, and not each of its figures", () => {
  const region = /<p role="status" aria-label="Model">(.*?)<\/p>/.exec(html(waiting));
  expect(region?.[1]).toBe("Reading the prompt");
  expect(html(waiting)).toContain('<span class="status-detail">5 of 9 tokens</span>');
});

test("where there is nothing to wait for, the region is there and says that the model is ready", () => {
  const quiet = html(undefined);
  expect(quiet).toContain('class="visually-hidden">Ready</p>');
  expect(quiet).not.toContain("status-detail");
});

test("a bar shows a part of a whole", () => {
  const bar = { value: 5, max: 9 };
  const shown = renderToStaticMarkup(
    <StatusWords status={ready} isModelAsked={false} waiting={{ ...waiting, bar }} />,
  );
  expect(shown).toContain('<progress aria-hidden="true" value="5" max="9">');
});
