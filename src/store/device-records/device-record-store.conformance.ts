import { expect, test } from "vitest";
import { MAX_DEVICE_RECORDS, type DeviceRecordStore } from "./device-record-store.ts";

/** What every `DeviceRecordStore` must do. The test file of each implementation calls this. */
export function deviceRecordStoreConformance(open: () => DeviceRecordStore): void {
  test("there is nothing at first", async () => {
    expect(await open().deviceRecord("a")).toBeUndefined();
  });

  test("what was kept last under a name is there, the others beside it", async () => {
    const store = open();
    await store.putDeviceRecord("a", { samples: [1, 2.5], slow: null });
    await store.putDeviceRecord("b", "other");
    await store.putDeviceRecord("a", { samples: [3] });
    expect(await store.deviceRecord("a")).toEqual({ samples: [3] });
    expect(await store.deviceRecord("b")).toBe("other");
    expect(await store.deviceRecord("")).toBeUndefined();
  });

  test("it is a copy that is kept, and a copy that is given", async () => {
    const store = open();
    const value = { samples: [1] };
    await store.putDeviceRecord("a", value);
    value.samples.push(2);
    const given = (await store.deviceRecord("a")) as typeof value;
    given.samples.push(3);
    expect(await store.deviceRecord("a")).toEqual({ samples: [1] });
  });

  test("of too many the least recently kept go", async () => {
    const store = open();
    const names = Array.from({ length: MAX_DEVICE_RECORDS }, (_, index) => `record ${index}`);
    for (const name of names) await store.putDeviceRecord(name, name);
    await store.putDeviceRecord("record 0", "again");
    await store.putDeviceRecord("more", "more");
    await store.putDeviceRecord("and more", "and more");
    const asked = [...names, "more", "and more"];
    const kept = await Promise.all(asked.map((name) => store.deviceRecord(name)));
    expect(kept).toEqual(["again", undefined, undefined, ...names.slice(3), "more", "and more"]);
  });

  test("keeping many at once loses none", async () => {
    const store = open();
    const names = ["a", "b", "a", "c"];
    await Promise.all(names.map((name, index) => store.putDeviceRecord(name, index)));
    expect(await Promise.all(["a", "b", "c"].map((name) => store.deviceRecord(name)))).toEqual([
      2, 1, 3,
    ]);
  });

  test("those whose names begin in one of some ways are removed, the others stay", async () => {
    const store = open();
    const names = ["basis, a", "basis, b", "basis", "costs, a", "learned, basis, c"];
    for (const name of names) await store.putDeviceRecord(name, name);
    await store.removeDeviceRecords(["basis, ", "learned, "]);
    const kept = await Promise.all(names.map((name) => store.hasDeviceRecord(name)));
    expect(kept).toEqual([false, false, true, true, false]);
    expect(await store.deviceRecord("basis, a")).toBeUndefined();
  });
}
