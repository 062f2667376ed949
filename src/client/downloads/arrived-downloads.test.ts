import { expect, test, vi } from "vitest";
import type { Download, DownloadState } from "../../protocol/download-api.ts";
import { ObservableValue } from "../observable-value.ts";
import { ArrivedDownloads } from "./arrived-downloads.ts";

const download = (url: string, state: DownloadState): Download => ({
  url,
  name: url,
  state,
  loadedBytes: 1,
  totalBytes: 1,
  bytesPerSecond: undefined,
  revision: undefined,
  failure: undefined,
});

const urls = (arrived: ArrivedDownloads) => arrived.getSnapshot().map(({ url }) => url);

test("what ends in this visit has arrived, and what was there before has not", () => {
  const list = new ObservableValue([download("old", "done"), download("new", "running")]);
  const arrived = new ArrivedDownloads(list);
  const told = vi.fn();
  arrived.subscribe(told);
  expect(urls(arrived)).toEqual([]);
  list.set([download("old", "done"), download("new", "running")]);
  expect(told).not.toHaveBeenCalled();
  list.set([download("old", "done"), download("new", "done")]);
  expect(urls(arrived)).toEqual(["new"]);
  expect(told).toHaveBeenCalledOnce();
});

test("it is told until it is dismissed, or deleted", () => {
  const list = new ObservableValue([download("a", "indexing"), download("b", "paused")]);
  const arrived = new ArrivedDownloads(list);
  list.set([download("a", "done"), download("b", "done")]);
  list.set([download("a", "done"), download("b", "done")]);
  expect(urls(arrived)).toEqual(["a", "b"]);
  arrived.dismiss("a");
  expect(urls(arrived)).toEqual(["b"]);
  list.set([download("a", "done")]);
  expect(urls(arrived)).toEqual([]);
});
