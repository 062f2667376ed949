import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, expect, test, vi } from "vitest";
import type { Keeping } from "../../client/local-files/local-models.ts";
import { htmlOf } from "../locales/testing-html.tsx";
import { FileQuestion } from "./FileQuestion.tsx";
import { InterruptedLoadQuestion } from "./InterruptedLoadQuestion.tsx";
import { KeepCopyNotice } from "./KeepCopyNotice.tsx";
import { ModelBar } from "./ModelBar.tsx";

afterEach(() => vi.unstubAllGlobals());

const nothing = () => undefined;
const file = new File(["GGUF"], "m.gguf");
Object.defineProperty(file, "size", { value: 94e6 });
const model = { url: "local:m.gguf?size=94000000&modified=7", name: "m.gguf", files: [file] };
const keepOf = (keeping: Keeping) =>
  renderToStaticMarkup(<KeepCopyNotice keeping={keeping} onKeep={nothing} onDecline={nothing} />);
const buttonsOf = (html: string) =>
  [...html.matchAll(/<button[^>]*>([^<]*)/g)].map(([, label]) => label);

test("a copy is offered with its size, shown while it is made, and tried again", () => {
  expect(buttonsOf(keepOf({ is: "offered", model }))).toEqual([
    "Keep a copy in this browser (94.0 MB)",
    "Not now",
  ]);
  const copying = keepOf({ is: "copying", model, copiedBytes: 47e6 });
  expect(copying).toContain("Copying m.gguf: 47.0 of 94.0 MB");
  expect(buttonsOf(copying)).toEqual(["Cancel"]);
  const full = keepOf({
    is: "failed",
    model,
    failure: { is: "no-room", neededBytes: 94e6, freeBytes: 5e6 },
  });
  expect(full).toContain("room for 5.0 MB more, and the copy takes 94.0 MB");
  expect(buttonsOf(full)).toEqual(["Try again", "Not now"]);
});

test.each([
  ["file-permission", "Open <strong>m.gguf</strong> again?", "Open it"],
  ["folder-again", "Open <strong>m.gguf</strong> again?", "Open a folder…"],
  ["file-denied", "<strong>m.gguf</strong> may not be read", "Open a model file…"],
  ["file-changed", "<strong>m.gguf</strong> has changed", "Open a model file…"],
  ["file-gone", "<strong>m.gguf</strong> cannot be found", "Open a model file…"],
] as const)("%s says what is the matter and what can be done", (about, title, action) => {
  vi.stubGlobal("HTMLInputElement", { prototype: { webkitdirectory: false } });
  const html = htmlOf(
    <FileQuestion about={about} name="m.gguf" onDecide={nothing} onFiles={nothing} />,
  );
  expect(html).toContain(title);
  expect(buttonsOf(html)).toEqual(["Use Pip instead", action]);
});

test("a load that the last visit did not survive is asked about, and Pip is the way out", () => {
  const html = htmlOf(
    <InterruptedLoadQuestion name="Large" onDecide={nothing} onChoose={nothing} />,
  );
  expect(html).toContain("The page ended while it loaded <strong>Large</strong>");
  expect(buttonsOf(html)).toEqual(["Try again", "Choose a smaller model", "Use Pip instead"]);
});

test("the bar names the model, offers the other one, and opens files", () => {
  const offered = { url: "u", name: "S", bytes: 94e6 };
  const html = renderToStaticMarkup(
    <ModelBar
      chooser={<button type="button">Pip</button>}
      offered={offered}
      onSwitch={nothing}
      onFiles={nothing}
    />,
  );
  expect(html).toContain(">Pip</button></div>");
  expect(html.replaceAll("<!-- -->", "")).toContain(">Use S (94.0 MB)</button>");
  expect(html).toContain("Open a model file…");
});

test("on the processor the bar says so, and how fast the other model would be", () => {
  const html = renderToStaticMarkup(
    <ModelBar
      chooser={<button type="button">Pip</button>}
      place="on the processor, 2 threads"
      offered={{ url: "u", name: "S", bytes: 94e6 }}
      advice={{ is: "quick", tokensPerSecond: 61 }}
      onSwitch={nothing}
      onFiles={nothing}
    />,
  ).replaceAll("<!-- -->", "");
  expect(html).toContain(">Pip</button>");
  expect(html).toContain("on the processor, 2 threads</span>");
  expect(html).toContain(">Use S (94.0 MB, about 60 tokens a second)</button>");
});
