import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { ShownDownload } from "../../client/downloads/downloads.ts";
import { DownloadedModelsView } from "./DownloadedModels.tsx";
import { downloadWords } from "./download-words.ts";

const download = (fields: Partial<ShownDownload>): ShownDownload => ({
  url: "https://models.test/m/",
  name: "Model",
  state: "running",
  loadedBytes: 4e6,
  totalBytes: 10e6,
  bytesPerSecond: undefined,
  revision: undefined,
  failure: undefined,
  mayBeDeleted: false,
  ...fields,
});
const nothing = () => undefined;
const actions = { onGoOn: nothing, onPause: nothing, onDelete: nothing, onDeleteCached: nothing };
const htmlOf = (...models: ShownDownload[]) =>
  renderToStaticMarkup(<DownloadedModelsView models={models} cached={[]} {...actions} />);

test("what runs can be paused, what rests can go on, and everything can be deleted", () => {
  expect(htmlOf(download({}))).toContain('aria-label="Pause Model"');
  for (const state of ["paused", "failed", "waiting"] as const)
    expect(htmlOf(download({ state }))).toContain('aria-label="Go on with Model"');
  const done = htmlOf(download({ state: "done" }));
  expect(done).not.toMatch(/Pause|Go on/);
  expect(done).toContain('aria-label="Delete Model"');
});

test("a failure is said, and that the browser may delete what it was asked to keep", () => {
  const url = "https://models.test/m/a.bin";
  const failure = { code: "model-needs-account", url, status: 401 } as const;
  expect(htmlOf(download({ state: "failed", failure }))).toContain("needs an account");
  expect(htmlOf(download({ mayBeDeleted: true }))).toContain("may delete them");
});

test("what was opened by its address is shown with its size, and can be deleted", () => {
  const url = "https://huggingface.co/user/Tiny-q4f16_1-MLC/resolve/main/";
  const cached = [
    { url, bytes: 5e6, isWhole: true },
    { url: "https://rekindle.example/models/m.gguf", bytes: 2e6, isWhole: false },
  ];
  const html = renderToStaticMarkup(
    <DownloadedModelsView models={[]} cached={cached} {...actions} />,
  );
  expect(html).toContain("Tiny-q4f16_1 <span>5.0 MB</span>");
  expect(html).toContain('aria-label="Delete Tiny-q4f16_1"');
  expect(html).toContain("not finished, 2.0 MB");
});

test("nothing downloaded, nothing shown", () => expect(htmlOf()).toBe(""));

test.each<[Partial<ShownDownload>, string]>([
  [{}, "4.0 of 10.0 MB"],
  [{ bytesPerSecond: 2e6 }, "4.0 of 10.0 MB, 2.0 MB a second, 3 s left"],
  [{ bytesPerSecond: 1e4 }, "4.0 of 10.0 MB, 10.0 kB a second, 10 min left"],
  [{ bytesPerSecond: 100 }, "4.0 of 10.0 MB, 100 bytes a second, 17 h left"],
  [{ state: "waiting", totalBytes: undefined }, "waits to go on, 4.0 MB"],
  [{ state: "paused" }, "paused, 4.0 of 10.0 MB"],
  [{ state: "failed" }, "not finished, 4.0 of 10.0 MB"],
  [{ state: "done", loadedBytes: 10e6 }, "10.0 MB"],
])("%o is said as %j", (fields, words) => {
  expect(downloadWords(download(fields))).toBe(words);
});
