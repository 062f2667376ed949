import { QueryClientProvider } from "@tanstack/react-query";
import { createElement } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, vi } from "vitest";
import { ContextUse } from "../session/context-use.ts";
import { createChatSettings } from "../settings/chat-settings.ts";
import { AppVersion } from "../versions/app-version.ts";
import { createChatTab } from "../session/chat-tab.ts";
import { ClientContext } from "./client-context.ts";
import type { Locks } from "../tabs/conversation-lock.ts";
import { ArrivedDownloads } from "../downloads/arrived-downloads.ts";
import { Downloads } from "../downloads/downloads.ts";
import { EngineClient } from "../workers/engine-client.ts";
import { LocalModels } from "../local-files/local-models.ts";
import { ContextSetting } from "../models/context-setting.ts";
import { DeclinedOffer } from "../models/declined-offer.ts";
import { DeviceSetting } from "../models/device-setting.ts";
import { Preferences } from "../preferences/preferences.ts";
import { LearningSetting } from "../models/learning-setting.ts";
import { LostCards } from "../models/lost-cards.ts";
import { ModelChoice } from "../models/model-choice.ts";
import { createQueryClient, refresh } from "./conversation-queries.ts";
import { openTabChannel } from "../tabs/tab-channel.ts";
import { model } from "../workers/testing-engine-worker.ts";
import { FakeEngine } from "../testing-engine.ts";
import { FakeStore } from "../testing-store.ts";

const roots: Root[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) root.unmount();
});

/** A build that no newer one replaces. */
function lastingVersion(): AppVersion {
  const nothing = () => Promise.resolve();
  const isGone = () => Promise.resolve(false);
  return new AppVersion({ finishTurn: nothing, letGo: nothing, loadNewest: nothing, isGone });
}

/** A component that calls `useHooks`. `show` mounts it, and `until` waits for what the hooks return. */
export function prepare<T extends object>(
  useHooks: () => T,
  engineClient = new EngineClient(),
  locks?: Locks,
) {
  const store = new FakeStore();
  const engine = new FakeEngine();
  const queries = createQueryClient();
  const channel = openTabChannel(() => undefined);
  const tab = createChatTab({
    engine,
    store,
    channel,
    locks,
    refresh: (id) => refresh(queries, id),
  });
  const version = lastingVersion();
  const localModels = new LocalModels();
  const device = new DeviceSetting();
  const context = new ContextSetting();
  const declinedOffer = new DeclinedOffer();
  const downloads = new Downloads({ store });
  const arrivedDownloads = new ArrivedDownloads(downloads);
  const learning = new LearningSetting();
  const lostCards = new LostCards(engineClient);
  const modelChoice = new ModelChoice({
    engine: engineClient,
    device,
    embedded: [model.url],
    local: localModels,
  });
  const preferences = new Preferences();
  const settings = { device, context, declinedOffer, learning, preferences };
  const loads = { downloads, arrivedDownloads };
  const models = { modelChoice, localModels, lostCards, ...loads, ...settings };
  const own = { chatSettings: createChatSettings(), contextUse: new ContextUse() };
  const client = { ...own, store, version, ...tab, ...models, engine: engineClient };
  const hook: { current?: T } = {};
  const Probe = () => {
    const value = useHooks();
    return createElement("div", { ref: () => void (hook.current = value) });
  };
  const show = () => {
    const root = createRoot(document.createElement("div"));
    roots.push(root);
    const inContext = createElement(ClientContext, { value: client }, createElement(Probe));
    root.render(createElement(QueryClientProvider, { client: queries }, inContext));
  };
  const until = (expectation: (value: T) => void) =>
    vi.waitFor(() => {
      if (!hook.current) throw new Error("not rendered");
      expectation(hook.current);
    });
  return { store, engine, queries, session: tab.session, show, until };
}
