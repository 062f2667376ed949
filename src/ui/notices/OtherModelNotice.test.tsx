import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { OtherModelNotice } from "./OtherModelNotice.tsx";

const nothing = () => undefined;
const htmlOf = (downloadBytes: number | undefined) =>
  renderToStaticMarkup(
    <OtherModelNotice
      before="SmolLM2"
      now="Pip"
      downloadBytes={downloadBytes}
      onContinue={nothing}
      onGoOn={nothing}
    />,
  );
const buttonsOf = (html: string) =>
  [...html.matchAll(/<button[^>]*>([^<]*)/g)].map(([, label]) => label);

test("both models are named, and either is one press away", () => {
  const html = htmlOf(undefined);
  expect(html).toContain("SmolLM2 wrote the last answer here. The next one would be by Pip.");
  expect(buttonsOf(html)).toEqual(["Continue with SmolLM2", "Go on with Pip"]);
});

test("weights that are gone are named with their size", () => {
  const html = htmlOf(98.4e6);
  expect(html).toContain("not on this device any more (98.4 MB)");
  expect(buttonsOf(html)).toEqual(["Download SmolLM2 again (98.4 MB)", "Go on with Pip"]);
});
