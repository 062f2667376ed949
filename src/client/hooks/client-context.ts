import { createContext, useContext, useEffect, useSyncExternalStore } from "react";
import type { Download } from "../../protocol/download-api.ts";
import type { DeviceChoice, EngineStatus } from "../../protocol/engine-api.ts";
import type { EngineProgress } from "../../protocol/engine-progress.ts";
import type { StoreApi } from "../../protocol/store-api.ts";
import type { AppVersion, Version } from "../versions/app-version.ts";
import type { ChatState } from "../chat-state.ts";
import type { ChatTab } from "../session/chat-tab.ts";
import type { QueuedMessage } from "../session/send-queue.ts";
import type { Access } from "../tabs/conversation-lock.ts";
import type { ArrivedDownloads } from "../downloads/arrived-downloads.ts";
import type { Downloads, ShownDownload } from "../downloads/downloads.ts";
import type { EngineClient } from "../workers/engine-client.ts";
import type { Keeping, LocalModels } from "../local-files/local-models.ts";
import type { ContextSetting } from "../models/context-setting.ts";
import type { DeclinedOffer } from "../models/declined-offer.ts";
import type { DeviceSetting } from "../models/device-setting.ts";
import type { LearningSetting } from "../models/learning-setting.ts";
import type { LostCards } from "../models/lost-cards.ts";
import type { Preferences } from "../preferences/preferences.ts";
import type { ContextUse } from "../session/context-use.ts";
import type { PromptPreset } from "../settings/prompt-presets.ts";
import type { ChatSettings } from "../settings/chat-settings.ts";
import type { ConversationSettings } from "../../protocol/conversation-settings.ts";
import type { ChosenModel, ModelChoice, ModelQuestion } from "../models/model-choice.ts";

/** Everything through which the user interface reaches the workers and the other tabs. */
export interface Client extends ChatTab {
  engine: EngineClient;
  modelChoice: ModelChoice;
  device: DeviceSetting;
  context: ContextSetting;
  declinedOffer: DeclinedOffer;
  downloads: Downloads;
  arrivedDownloads: ArrivedDownloads;
  learning: LearningSetting;
  lostCards: LostCards;
  localModels: LocalModels;
  preferences: Preferences;
  store: StoreApi;
  version: AppVersion;
  chatSettings: ChatSettings;
  contextUse: ContextUse;
}

export const ClientContext = createContext<Client | undefined>(undefined);

export function useClient(): Client {
  const client = useContext(ClientContext);
  if (!client) throw new Error("invariant: no ClientContext above");
  return client;
}

export function useEngineStatus(): EngineStatus {
  const { engine } = useClient();
  return useSyncExternalStore(engine.subscribe, engine.getSnapshot);
}

/** How far the engine has come with something that a person waits for in this conversation. */
export function useEngineProgress(conversationId: string): EngineProgress | undefined {
  const { engine } = useClient();
  return useSyncExternalStore(engine.progress.subscribe, () => {
    const told = engine.progress.getSnapshot();
    return told?.conversationId === conversationId ? told : undefined;
  });
}

/** The question that has to be answered before the model is loaded; undefined if there is none. */
export function useModelQuestion(): ModelQuestion | undefined {
  const { modelChoice } = useClient();
  return useSyncExternalStore(modelChoice.subscribe, modelChoice.getSnapshot);
}

/** Which model the page has, as far as it is settled. */
export function useChosenModel(): ChosenModel {
  const { modelChoice } = useClient();
  return useSyncExternalStore(modelChoice.chosen.subscribe, modelChoice.chosen.getSnapshot);
}

/** All downloads of models, finished ones too. */
export function useDownloads(): readonly ShownDownload[] {
  const { downloads } = useClient();
  return useSyncExternalStore(downloads.subscribe, downloads.getSnapshot);
}

/** The downloads that have ended in this visit, and that nobody has decided about yet. */
export function useArrivedDownloads(): readonly Download[] {
  const { arrivedDownloads } = useClient();
  return useSyncExternalStore(arrivedDownloads.subscribe, arrivedDownloads.getSnapshot);
}

/** What the person wants models to run on. */
export function useDeviceChoice(): DeviceChoice {
  const { device } = useClient();
  return useSyncExternalStore(device.subscribe, device.getSnapshot);
}

/** Whether the device may learn how to store a model's memory in less room. */
export function useIsLearning(): boolean {
  const { learning } = useClient();
  return useSyncExternalStore(learning.subscribe, learning.getSnapshot);
}

/** Whether the graphics card was lost so often in this visit that the processor is worth offering. */
export function useIsCardUnreliable(): boolean {
  const { lostCards } = useClient();
  return useSyncExternalStore(lostCards.subscribe, lostCards.getSnapshot);
}

/** Whether the local files in use are there at the next visit; undefined where nothing is to be said about it. */
export function useKeeping(): Keeping | undefined {
  const { localModels } = useClient();
  return useSyncExternalStore(localModels.subscribe, localModels.getSnapshot);
}

/** What the conversation is doing, in this tab or in the one that writes it. */
export function useChatState(conversationId: string): ChatState {
  const { session, otherTabs } = useClient();
  const own = useSyncExternalStore(session.subscribe, () => session.stateOf(conversationId));
  const others = useSyncExternalStore(otherTabs.subscribe, () => otherTabs.stateOf(conversationId));
  // Where another tab writes a reply, that is newer than a failure which happened here before it took over.
  return others.phase === "idle" || own.phase === "answering" ? own : others;
}

/** The conversation that the model is answering in, if any. Nothing can be sent in another one meanwhile. */
export function useAnsweringIn(): string | undefined {
  const { session } = useClient();
  return useSyncExternalStore(session.subscribe, session.answeringIn);
}

/** The messages of the conversation that wait to be sent. */
export function useQueue(conversationId: string): readonly QueuedMessage[] {
  const { queue } = useClient();
  return useSyncExternalStore(queue.subscribe, () => queue.of(conversationId));
}

/** Who writes the conversation. This tab claims it for as long as it is shown. */
export function useAccess(conversationId: string): Access {
  const { access } = useClient();
  useEffect(() => access.hold(conversationId).release, [access, conversationId]);
  return useSyncExternalStore(access.subscribe, () => access.stateOf(conversationId));
}

/** Calls `onDeleted` with every conversation that another tab deletes. */
export function useDeletedElsewhere(onDeleted: (conversationId: string) => void): void {
  const { channel } = useClient();
  useEffect(
    () =>
      channel.listen((message) => {
        if (message.type === "deleted") onDeleted(message.conversationId);
      }),
    [channel, onDeleted],
  );
}

/** How this page stands to other builds of the app. */
export function useVersion(): Version {
  const { version } = useClient();
  return useSyncExternalStore(version.subscribe, version.getSnapshot);
}

/** The settings that new conversations begin with. */
export function useDefaultSettings(): ConversationSettings {
  const { defaults } = useClient().chatSettings;
  return useSyncExternalStore(defaults.subscribe, defaults.getSnapshot);
}

/** The system prompts that the person has kept. */
export function usePromptPresets(): readonly PromptPreset[] {
  const { prompts } = useClient().chatSettings;
  return useSyncExternalStore(prompts.subscribe, prompts.getSnapshot);
}

/** Whether the tab is named after the conversation that is open. */
export function useIsTitleShown(): boolean {
  const { titles } = useClient().chatSettings;
  return useSyncExternalStore(titles.subscribe, titles.getSnapshot);
}

/** How many tokens of a conversation the model had in view last; undefined while that is not known. */
export function useContextTokens(conversationId: string): number | undefined {
  const { contextUse } = useClient();
  return useSyncExternalStore(contextUse.subscribe, () => contextUse.tokensOf(conversationId));
}

/** Whether the conversation has an answer that these tokens do not count yet. */
export function useIsContextGrowing(conversationId: string): boolean {
  const { contextUse } = useClient();
  return useSyncExternalStore(contextUse.subscribe, () => contextUse.isGrowing(conversationId));
}
