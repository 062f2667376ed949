import { afterEach, expect, test, vi } from "vitest";
import { fail } from "../../protocol/errors.ts";
import { DeviceSetting } from "./device-setting.ts";
import { agreedBytes } from "./model-agreements.ts";
import { ModelChoice } from "./model-choice.ts";

const ELSEWHERE = "https://huggingface.co/m/m/";

afterEach(() => vi.unstubAllGlobals());

test("whoever deletes a model is asked before it is downloaded once more, also in the same visit", async () => {
  const items = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => items.set(key, value),
    removeItem: (key: string) => items.delete(key),
  });
  const load = vi.fn(() => Promise.resolve(fail({ code: "busy" })));
  const choice = new ModelChoice({
    engine: { load, loadIfFree: load, loadAfresh: load },
    embedded: ["https://rekindle.example/models/pip/"],
    local: {
      allow: () => Promise.resolve(false),
      decline: () => undefined,
      find: () => Promise.resolve({ is: "gone" }),
      forget: () => Promise.resolve(),
      keepCopy: () => Promise.resolve(undefined),
      loaded: () => Promise.resolve(false),
    },
    device: new DeviceSetting(),
  });
  choice.agreeToDownload(ELSEWHERE, 9);
  await choice.loadIfFree(ELSEWHERE);
  expect(load).toHaveBeenCalledOnce();

  await choice.forget(ELSEWHERE);
  expect(agreedBytes(ELSEWHERE)).toBeUndefined();
  await choice.loadIfFree(ELSEWHERE);
  expect(load).toHaveBeenCalledOnce();
  expect(choice.getSnapshot()).toMatchObject({ url: ELSEWHERE });
});
