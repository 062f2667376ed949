import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { KeptModel } from "../../client/local-files/file-records.ts";
import { KeptModelsView } from "./KeptModels.tsx";

const part = { name: "m.gguf", size: 94e6, lastModified: 7 };
const handle = {} as FileSystemFileHandle;
const kept = (...parts: KeptModel["parts"]): KeptModel => ({
  address: "local:m.gguf?size=94000000&modified=7",
  parts,
  keptAtMs: 1,
});
const htmlOf = (...models: KeptModel[]) =>
  renderToStaticMarkup(
    <KeptModelsView models={models} isDisabled={false} onForget={() => undefined} />,
  );

test("a copy is shown with its bytes and can be deleted, and a way to a file forgotten", () => {
  const copy = htmlOf(kept({ ...part, copy: "a" }, { ...part, copy: "b" }));
  expect(copy).toContain("a copy of 188.0 MB in this browser");
  expect(copy).toContain('aria-label="Delete m.gguf"');
  const file = htmlOf(kept({ ...part, handle }));
  expect(file).toContain("this browser remembers where");
  expect(file).toContain('aria-label="Forget m.gguf"');
});

test("nothing kept, nothing shown", () => expect(htmlOf()).toBe(""));
