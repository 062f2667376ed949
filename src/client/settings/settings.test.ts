import { beforeEach, expect, test, vi } from "vitest";
import { temporaryId } from "../../protocol/temporary-conversation.ts";
import { blockLocalStorage, stubLocalStorage } from "../models/testing-local-storage.ts";
import { DefaultSettings } from "./default-settings.ts";
import { DraftSettings } from "./draft-settings.ts";
import { PromptPresets } from "./prompt-presets.ts";
import { TitleSetting } from "./title-setting.ts";

let items: Map<string, string>;
beforeEach(() => {
  items = stubLocalStorage();
});

test("defaults are kept, checked, and taken back", () => {
  const defaults = new DefaultSettings();
  expect(defaults.getSnapshot()).toEqual({});
  defaults.choose({ temperature: 0.2 });
  expect(new DefaultSettings().getSnapshot()).toEqual({ temperature: 0.2 });
  items.set("rekindle.default-settings", '{"temperature":9,"topP":0.5}');
  expect(new DefaultSettings().getSnapshot()).toEqual({ topP: 0.5 });
  defaults.choose({});
  expect(items.size).toBe(0);
});

test("the settings of a draft are kept until its conversation has begun", () => {
  const drafts = new DraftSettings();
  expect(drafts.of("new")).toBeUndefined();
  const told = vi.fn();
  drafts.subscribe(told);
  drafts.choose("new", { systemPrompt: "Be brief." });
  expect(told).toHaveBeenCalledTimes(1);
  expect(new DraftSettings().of("new")).toEqual({ systemPrompt: "Be brief." });
  drafts.begun("new");
  expect(drafts.of("new")).toBeUndefined();
  expect(items.size).toBe(0);
});

test("those of a temporary conversation are kept nowhere, and stay as long as the tab", () => {
  const drafts = new DraftSettings();
  const id = temporaryId("a");
  drafts.choose(id, { systemPrompt: "Be brief." });
  expect(items.size).toBe(0);
  drafts.begun(id);
  expect(drafts.of(id)).toEqual({ systemPrompt: "Be brief." });
  expect(drafts.of(temporaryId("b"))).toBeUndefined();
});

test("the settings of a draft go along where it becomes temporary", () => {
  const drafts = new DraftSettings();
  const id = temporaryId("a");
  drafts.choose("new", { topP: 0.5 });
  drafts.move("new", id);
  expect(items.size).toBe(0);
  expect([drafts.of(id), drafts.of("new")]).toEqual([{ topP: 0.5 }, undefined]);
  drafts.move(id, "new");
  expect([drafts.of(id), drafts.of("new")]).toEqual([undefined, { topP: 0.5 }]);
});

test("own prompts are kept by their names, and bounded", () => {
  const presets = new PromptPresets();
  presets.keep({ name: " Poet ", text: "Write verses." });
  presets.keep({ name: "Poet", text: "Write sonnets." });
  presets.keep({ name: " ", text: "Nothing." });
  expect(new PromptPresets().getSnapshot()).toEqual([{ name: "Poet", text: "Write sonnets." }]);
  for (let i = 0; i < 60; i++) presets.keep({ name: `preset ${i}`, text: "x" });
  expect(presets.getSnapshot().length).toBeLessThanOrEqual(50);
  presets.remove("preset 59");
  expect(presets.getSnapshot().some(({ name }) => name === "preset 59")).toBe(false);
  items.set("rekindle.prompts", '[{"name":5},null,{"name":"a","text":"b"}]');
  expect(new PromptPresets().getSnapshot()).toEqual([{ name: "a", text: "b" }]);
});

test("titles are shown in the tab unless that was turned off", () => {
  const titles = new TitleSetting();
  expect(titles.getSnapshot()).toBe(true);
  titles.choose(false);
  expect(new TitleSetting().getSnapshot()).toBe(false);
  titles.choose(true);
  expect(items.size).toBe(0);
});

test("where storage is blocked, a visit knows its own choices", () => {
  blockLocalStorage();
  const [defaults, drafts, titles] = [
    new DefaultSettings(),
    new DraftSettings(),
    new TitleSetting(),
  ];
  defaults.choose({ topP: 0.5 });
  drafts.choose("new", { topP: 0.6 });
  titles.choose(false);
  expect(defaults.getSnapshot()).toEqual({ topP: 0.5 });
  expect(drafts.of("new")).toEqual({ topP: 0.6 });
  expect(titles.getSnapshot()).toBe(false);
});
