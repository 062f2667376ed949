import { expect, test } from "vitest";
import { failureOf } from "../model/sources/load-model-testing.ts";
import { requestFile } from "./request-file.ts";

const FILE = "https://huggingface.co/user/model/resolve/main/tensor-cache.json";

/** Asks Hugging Face for a file, and is sent on to `finalUrl`. */
function requestSentTo(finalUrl: string) {
  const modes: (RequestRedirect | undefined)[] = [];
  let isStopped = false;
  const body = new ReadableStream({ cancel: () => void (isStopped = true) });
  const answer = Object.defineProperties(new Response(body), {
    redirected: { value: true },
    url: { value: finalUrl },
  });
  const fetch = (_: string, { redirect }: RequestInit) => {
    modes.push(redirect);
    return Promise.resolve(answer);
  };
  const { signal } = new AbortController();
  const request = requestFile(fetch, FILE, { signal, cache: "no-cache" });
  return { request, modes, isStopped: () => isStopped };
}

test.each([
  "https://huggingface.co/api/resolve-cache/models/user/model/tensor-cache.json",
  "https://cdn-lfs.huggingface.co/repos/0a/tensor-cache.json?X-Amz-Expires=3600",
  "https://cas-bridge.xethub.hf.co/xet-bridge-us/0a?X-Amz-Expires=3600",
])("Hugging Face may send a request to %s", async (finalUrl) => {
  const { request, modes } = requestSentTo(finalUrl);
  expect((await request).url).toBe(finalUrl);
  expect(modes).toEqual(["follow"]);
});

test.each([
  "https://evil.test/tensor-cache.json",
  "https://huggingface.co.evil.test/tensor-cache.json",
  "https://evilhf.co/tensor-cache.json",
  "https://hf.co.evil.test/tensor-cache.json",
  "http://cdn-lfs.huggingface.co/tensor-cache.json",
])("but not to %s, of which nothing is read", async (finalUrl) => {
  const { request, isStopped } = requestSentTo(finalUrl);
  expect(await failureOf(request)).toEqual({ code: "model-redirected", url: FILE });
  expect(isStopped()).toBe(true);
});
