import { useState } from "react";
import { expect, test, vi } from "vitest";
import type { EngineApi, EngineStatus } from "../../protocol/engine-api.ts";
import type { ConversationSettings } from "../../protocol/conversation-settings.ts";
import type { QualityLevel } from "../../protocol/quality.ts";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { EngineClient } from "../workers/engine-client.ts";
import { fakeWorker, model } from "../workers/testing-engine-worker.ts";
import { HI } from "../session/testing-session.ts";
import { message } from "../testing-store.ts";
import { prepare } from "./testing-react.ts";
import { useRestore } from "./use-restore.ts";

const ready: EngineStatus = { phase: "ready", model };
const path = [message("q"), message("a", { role: "assistant", parentId: "q" })];

/** A page that shows conversation "c" with the path that it is given, and its engine. */
async function openPage(
  shown: readonly MessageRecord[] | undefined,
  level: QualityLevel | "unknown" = "balanced",
) {
  const open = vi.fn<EngineApi["open"]>(() => new Promise(() => undefined));
  const worker = fakeWorker({ load: () => new Promise(() => undefined), open });
  const engine = new EngineClient({ spawn: () => worker.connection });
  void engine.load(model);
  const page = prepare(() => {
    const [now, setPath] = useState(shown);
    const [quality, setQuality] = useState(level);
    const [settings, setSettings] = useState<ConversationSettings>({});
    useRestore("c", now, quality === "unknown" ? undefined : quality, settings);
    return { setPath, setQuality, setSettings };
  }, engine);
  page.show();
  await page.until(() => undefined);
  const become = (status: EngineStatus) => worker.emit({ type: "status", status });
  const setPath = (next: typeof shown) => page.until((hook) => hook.setPath(next));
  const setQuality = (next: QualityLevel) => page.until((hook) => hook.setQuality(next));
  const setSettings = (next: ConversationSettings) => page.until((hook) => hook.setSettings(next));
  const levels = () => open.mock.calls.map(([{ quality }]) => quality);
  const opened = () =>
    open.mock.calls.map(([{ messages }]) => messages.map(({ text }) => text).join());
  return { ...page, become, setPath, setQuality, setSettings, levels, opened };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 30));

test("a conversation is opened when a model is on its way, and again when it was lost", async () => {
  const { become, opened } = await openPage(path);
  await settle();
  expect(opened()).toEqual([]);
  become({ phase: "loading", url: model.url, loadedBytes: 0, totalBytes: 2 });
  await vi.waitFor(() => expect(opened()).toEqual(["text of q,text of a"]));
  become({ phase: "loading", url: model.url, loadedBytes: 1, totalBytes: 2 });
  become(ready);
  await settle();
  expect(opened()).toHaveLength(1);
  become({ phase: "recovering" });
  await settle();
  become({ ...ready });
  await vi.waitFor(() => expect(opened()).toHaveLength(2));
});

test("an empty conversation, or one that is not known yet, opens nothing", async () => {
  const { become, setPath, opened } = await openPage(undefined);
  become(ready);
  await settle();
  await setPath([]);
  await settle();
  expect(opened()).toEqual([]);
  await setPath(path);
  await vi.waitFor(() => expect(opened()).toHaveLength(1));
});

test("nothing is opened under a running turn, but after it", async () => {
  const { become, opened, session, engine, setPath } = await openPage([]);
  become(ready);
  const asked = engine.asked();
  await session.send({ ...HI, conversationId: "other" });
  await asked;
  await setPath(path);
  await settle();
  expect(opened()).toEqual([]);
  engine.finish();
  await vi.waitFor(() => expect(opened()).toHaveLength(1));
});

test("nothing is opened before its quality is known, and everything again at another", async () => {
  const { become, setQuality, levels } = await openPage(path, "unknown");
  become(ready);
  await settle();
  expect(levels()).toEqual([]);
  await setQuality("exact");
  await vi.waitFor(() => expect(levels()).toEqual(["exact"]));
  await setQuality("compact");
  await vi.waitFor(() => expect(levels()).toEqual(["exact", "compact"]));
});

test("another system prompt opens it again, and another way of choosing tokens does not", async () => {
  const { become, setSettings, opened } = await openPage(path);
  become(ready);
  await vi.waitFor(() => expect(opened()).toHaveLength(1));
  await setSettings({ temperature: 0 });
  await settle();
  expect(opened()).toHaveLength(1);
  await setSettings({ temperature: 0, systemPrompt: "Be brief." });
  await vi.waitFor(() => expect(opened().at(-1)).toBe("Be brief.,text of q,text of a"));
});
