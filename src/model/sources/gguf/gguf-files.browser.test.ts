import { afterAll, expect, test } from "vitest";
import { localModelAddress } from "../../../protocol/local-model.ts";
import { answer, PROJECT_ORIGIN } from "../../testing.ts";
import { loadModel, type LoadModelOptions } from "../load-model.ts";

const FIXTURE = `${PROJECT_ORIGIN}/src/model/golden/fixtures/llama-gqa-llama3rope/q4_0.gguf`;
const REMOTE = "https://models.test/tiny.gguf";

const readFixture = async () => new Uint8Array(await (await fetch(FIXTURE)).arrayBuffer());

/** Loads a model, and adds up what is handed over. */
async function load(url: string, options: Partial<LoadModelOptions>) {
  let bytes = 0;
  const { signal } = new AbortController();
  const onTensor: LoadModelOptions["onTensor"] = (tensor) => void (bytes += tensor.bytes.length);
  const loaded = await loadModel(url, { signal, onTensor, ...options });
  return { ...loaded, bytes };
}

afterAll(() => caches.delete("webllm/model"));

test("a local file and one from a server are the same model, which Cache Storage keeps", async () => {
  const content = await readFixture();
  const file = new File([content], "tiny.gguf", { lastModified: 1 });
  const refused = () => Promise.reject(new TypeError("no network"));
  const local = await load(localModelAddress(file), { localFiles: [file], fetch: refused });
  expect(local).toMatchObject({ name: "tiny", networkBytes: 0 });
  expect(local.weightBytes).toBe(content.length);

  const served = (_: string, init: RequestInit) => Promise.resolve(answer(content, init));
  const remote = await load(REMOTE, { fetch: served });
  expect(remote).toMatchObject({ networkBytes: content.length, cacheFailure: undefined });
  const { config, weights, bytes } = local;
  expect(remote).toMatchObject({ config, weights, bytes });
  expect(await load(REMOTE, { fetch: refused })).toEqual({ ...remote, networkBytes: 0 });
});
