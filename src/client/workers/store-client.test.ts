import { expect, test, vi } from "vitest";
import { fail, type EngineFailure } from "../../protocol/errors.ts";
import { createStoreClient } from "./store-client.ts";
import { FakeStore } from "../testing-store.ts";

const failure: EngineFailure = { code: "worker-died", worker: "store", message: "oom" };

function fakeWorker() {
  let die: (failure: EngineFailure) => void = () => undefined;
  const died = new Promise<EngineFailure>((resolve) => (die = resolve));
  const api = new FakeStore();
  return { api, died, terminate: () => undefined, die: () => die(failure) };
}

test("every call reaches one worker, started with the first", async () => {
  const worker = fakeWorker();
  const spawn = vi.fn(() => worker);
  const store = createStoreClient({ spawn });
  expect(spawn).not.toHaveBeenCalled();
  const added = { id: "m", conversationId: "c", parentId: null, text: "Hi" } as const;
  await store.appendMessage({ ...added, role: "user", status: "complete" });
  await store.updateMessage("m", { text: "Hi!" });
  expect(await store.messages("c")).toMatchObject({ ok: true, value: [{ text: "Hi!" }] });
  expect(await store.conversations()).toMatchObject({ ok: true, value: [{ id: "c" }] });
  expect(await store.usage()).toMatchObject({ ok: true, value: { kvBytes: 0 } });
  await store.setLimit(5);
  await store.setQuality("exact", "c");
  expect(await store.quality()).toEqual({ ok: true, value: "balanced" });
  await store.clearKv();
  await store.serveKv(new MessageChannel().port1);
  expect(worker.api.calls.slice(-5)).toEqual([
    "setLimit 5",
    "setQuality exact c",
    "quality ",
    "clearKv ",
    "serveKv",
  ]);
  await store.deleteConversation("c");
  expect(worker.api.stored.size).toBe(0);
  expect(spawn).toHaveBeenCalledOnce();
});

test("after a death the next call starts another worker", async () => {
  const [first, second] = [fakeWorker(), fakeWorker()];
  first.api.failing = () => failure;
  const spawn = vi.fn().mockReturnValueOnce(first).mockReturnValueOnce(second);
  const onStart = vi.fn();
  const store = createStoreClient({ spawn, onStart });
  const call = store.conversations();
  first.die();
  expect(await call).toEqual(fail(failure));
  expect(await store.conversations()).toMatchObject({ ok: true });
  expect(spawn).toHaveBeenCalledTimes(2);
  expect(onStart.mock.calls).toEqual([[first], [second]]);
});

test("the database's phase is told of by whichever worker lives", async () => {
  const [first, second] = [fakeWorker(), fakeWorker()];
  const spawn = vi.fn().mockReturnValueOnce(first).mockReturnValueOnce(second);
  const store = createStoreClient({ spawn });
  const phases: string[] = [];
  await store.subscribe((phase) => phases.push(phase));
  expect(spawn).not.toHaveBeenCalled();
  await store.conversations();
  first.api.tellPhase("leaving");
  first.die();
  await first.died;
  await store.conversations();
  second.api.tellPhase("waiting");
  await store.letGo();
  expect(phases).toEqual(["current", "leaving", "current", "waiting", "outdated"]);
});
