import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ReplyWriter } from "./reply-writer.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A store whose writes take `writeMs`, and which notes what it held at which time. */
function storeTaking(writeMs: number) {
  const log: { text: string; startMs: number }[] = [];
  const held = { text: "" };
  let inFlight = 0;
  const write = async (text: string) => {
    expect(++inFlight).toBe(1);
    log.push({ text, startMs: performance.now() });
    await new Promise((resolve) => setTimeout(resolve, writeMs));
    inFlight--;
    held.text = text;
  };
  return { log, held, write };
}

test("deltas that come fast are written together, at most every 500 ms", async () => {
  const store = storeTaking(5);
  const writer = new ReplyWriter(store.write);
  for (let step = 1; step <= 200; step++) {
    writer.update("x".repeat(step));
    await vi.advanceTimersByTimeAsync(10);
  }
  const stopping = writer.stop();
  await vi.advanceTimersByTimeAsync(5);
  await stopping;
  expect(store.log.length).toBeLessThanOrEqual(4);
  const starts = store.log.map(({ startMs }) => startMs);
  for (const [index, start] of starts.slice(1).entries())
    expect(start - (starts[index] ?? 0)).toBeGreaterThanOrEqual(500);
});

for (const writeMs of [0, 20, 400])
  test(`what is stored is at most 1 s behind, with writes of ${writeMs} ms`, async () => {
    const store = storeTaking(writeMs);
    const writer = new ReplyWriter(store.write);
    const silencesMs = Array.from({ length: 60 }, (_, index) => (index % 7 === 0 ? 1500 : 37));
    const history: { text: string; atMs: number }[] = [];
    let text = "";
    for (const silenceMs of silencesMs) {
      for (let waited = 0; waited < silenceMs; waited += 10) {
        await vi.advanceTimersByTimeAsync(10);
        const due = history.findLast(({ atMs }) => atMs <= performance.now() - 1000);
        expect(store.held.text.length).toBeGreaterThanOrEqual(due?.text.length ?? 0);
      }
      text += "x";
      history.push({ text, atMs: performance.now() });
      writer.update(text);
    }
    await vi.advanceTimersByTimeAsync(1000);
    expect(store.held.text).toBe(text);
    await writer.stop();
  });

test("a text that stops growing is written without another delta", async () => {
  const store = storeTaking(5);
  const writer = new ReplyWriter(store.write);
  writer.update("the end");
  await vi.advanceTimersByTimeAsync(1000);
  expect(store.held.text).toBe("the end");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(store.log).toHaveLength(1);
  await writer.stop();
});

test("after stop nothing is written, and a write in flight is waited for", async () => {
  const store = storeTaking(300);
  const writer = new ReplyWriter(store.write);
  writer.update("a");
  await vi.advanceTimersByTimeAsync(550);
  writer.update("ab");
  const stopped = vi.fn();
  const stopping = writer.stop().then(stopped);
  await vi.advanceTimersByTimeAsync(100);
  expect(stopped).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(10_000);
  await stopping;
  writer.update("abc");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(store.log.map(({ text }) => text)).toEqual(["a"]);
});
