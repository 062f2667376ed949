import { expect, test } from "vitest";
import {
  refreshQuality,
  useConversationQuality,
  useQuality,
  useSetQuality,
} from "./quality-queries.ts";
import { message } from "../testing-store.ts";
import { prepare } from "./testing-react.ts";

/** A page that shows conversation "c", which is stored. */
function preparePage() {
  const page = prepare(() => ({
    ofAll: useQuality().data,
    quality: useConversationQuality("c"),
    setting: useSetQuality(),
  }));
  page.store.stored.set("q", message("q"));
  return page;
}

test("a conversation's level is its own choice, else the one for all", async () => {
  const { store, show, until } = preparePage();
  store.qualities.set("", "compact").set("other", "exact");
  show();
  await until(({ quality }) => expect(quality.level).toBe("compact"));
  await until(({ setting }) => setting.mutate({ level: "exact", conversationId: "c" }));
  await until(({ quality, ofAll }) => {
    expect(quality.level).toBe("exact");
    expect(quality.lastKnown()).toBe("exact");
    expect(ofAll).toBe("compact");
  });
  await until(({ setting }) => setting.mutate({ level: "balanced" }));
  await until(({ ofAll }) => expect(ofAll).toBe("balanced"));
  await until(({ setting }) => setting.mutate({ level: undefined, conversationId: "c" }));
  await until(({ quality }) => expect(quality.level).toBe("balanced"));
});

test("a conversation that is not stored yet is as all are", async () => {
  const { store, show, until } = preparePage();
  store.stored.clear();
  store.qualities.set("", "exact");
  show();
  await until(({ quality }) => expect(quality.level).toBe("exact"));
});

test("until both are read no level is known, but a turn need not wait", async () => {
  const { store, queries, show, until } = preparePage();
  store.qualities.set("", "compact").set("c", "exact");
  store.failing = () => ({ code: "store-unavailable", message: "closed" });
  show();
  await until(({ quality, ofAll }) => {
    expect(store.calls).toContain("quality ");
    expect([quality.level, ofAll]).toEqual([undefined, undefined]);
    expect(quality.lastKnown()).toBe("balanced");
  });
  store.failing = (call) =>
    call === "conversations" ? { code: "store-unavailable", message: "closed" } : undefined;
  await refreshQuality(queries);
  await until(({ quality, ofAll }) => {
    expect(ofAll).toBe("compact");
    expect(quality.level).toBeUndefined();
    expect(quality.lastKnown()).toBe("compact");
  });
  store.failing = () => undefined;
  await refreshQuality(queries);
  await until(({ quality }) => expect(quality.level).toBe("exact"));
});

test("what was known stays known when it cannot be read again", async () => {
  const { store, queries, show, until } = preparePage();
  store.qualities.set("c", "exact");
  show();
  await until(({ quality }) => expect(quality.level).toBe("exact"));
  store.failing = () => ({ code: "store-unavailable", message: "closed" });
  await refreshQuality(queries);
  await until(({ quality }) => {
    expect(quality.level).toBe("exact");
    expect(quality.lastKnown()).toBe("exact");
  });
});

test("what the store refuses is in the mutation's error, and what is chosen is as before", async () => {
  const { store, show, until } = preparePage();
  show();
  await until(({ ofAll }) => expect(ofAll).toBe("balanced"));
  store.failing = (call) => (call === "setQuality" ? { code: "quota-exceeded" } : undefined);
  await until(({ setting }) => setting.mutate({ level: "exact" }));
  await until(({ setting, ofAll }) => {
    expect(setting.error?.message).toBe("quota-exceeded");
    expect(ofAll).toBe("balanced");
  });
});
