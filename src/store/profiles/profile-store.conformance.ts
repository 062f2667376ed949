import { expect, test } from "vitest";
import { MAX_PROFILES, type ProfileStore } from "./profile-store.ts";

/** What any `ProfileStore` must do. Each implementation's test file calls this with its maker. */
export function profileStoreConformance(open: () => ProfileStore): void {
  test("there is nothing at first", async () => {
    expect(await open().profile("a")).toBeUndefined();
  });

  test("what was kept last under a name is there, the others beside it", async () => {
    const store = open();
    await store.keepProfile("a", { samples: [1, 2.5], slow: null });
    await store.keepProfile("b", "other");
    await store.keepProfile("a", { samples: [3] });
    expect(await store.profile("a")).toEqual({ samples: [3] });
    expect(await store.profile("b")).toBe("other");
    expect(await store.profile("")).toBeUndefined();
  });

  test("it is a copy that is kept, and a copy that is given", async () => {
    const store = open();
    const profile = { samples: [1] };
    await store.keepProfile("a", profile);
    profile.samples.push(2);
    const given = (await store.profile("a")) as typeof profile;
    given.samples.push(3);
    expect(await store.profile("a")).toEqual({ samples: [1] });
  });

  test("of too many the least recently kept go", async () => {
    const store = open();
    const names = Array.from({ length: MAX_PROFILES }, (_, index) => `profile ${index}`);
    for (const name of names) await store.keepProfile(name, name);
    await store.keepProfile("profile 0", "again");
    await store.keepProfile("more", "more");
    await store.keepProfile("and more", "and more");
    const asked = [...names, "more", "and more"];
    const kept = await Promise.all(asked.map((name) => store.profile(name)));
    expect(kept).toEqual(["again", undefined, undefined, ...names.slice(3), "more", "and more"]);
  });

  test("keeping many at once loses none", async () => {
    const store = open();
    const names = ["a", "b", "a", "c"];
    await Promise.all(names.map((name, index) => store.keepProfile(name, index)));
    expect(await Promise.all(["a", "b", "c"].map((name) => store.profile(name)))).toEqual([
      2, 1, 3,
    ]);
  });
}
