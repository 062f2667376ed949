import { describe, expect, test } from "vitest";
import type { OpenRequest } from "../protocol/engine-api.ts";
import { EngineError } from "../shared/engine-error.ts";
import { OneRunAtATime, type OpeningTerms } from "./one-run-at-a-time.ts";

const conversation = (conversationId: string): OpenRequest => ({
  conversationId,
  messages: [{ role: "user", text: conversationId }],
});

/** A restoration that the test ends, and what it was told. */
function restoration() {
  let end: (summary: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => (end = resolve));
  const begun: OpeningTerms[] = [];
  const open = (terms: OpeningTerms) => {
    begun.push(terms);
    return ended;
  };
  return { open, begun, end };
}

/** A turn that the test ends. */
function turn() {
  let end: (text: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => (end = resolve));
  const signals: AbortSignal[] = [];
  const work = (signal: AbortSignal) => {
    signals.push(signal);
    return ended;
  };
  return { work, signals, end };
}

const failure = (code: string) => expect.objectContaining({ failure: { code } }) as EngineError;

const later = () => new Promise((resolve) => setTimeout(resolve));

describe("OR1: while a turn runs", () => {
  test("another turn and an opening are busy, until it has ended", async () => {
    const runs = new OneRunAtATime<string>();
    const first = turn();
    const running = runs.runTurn("1", first.work);
    await expect(runs.runTurn("2", turn().work)).rejects.toEqual(failure("busy"));
    await expect(runs.open(conversation("a"), restoration().open)).rejects.toEqual(failure("busy"));
    first.end("said");
    expect(await running).toBe("said");
    expect(await runs.runTurn("2", () => Promise.resolve("more"))).toBe("more");
  });

  test("one that fails has ended, too", async () => {
    const runs = new OneRunAtATime<string>();
    const work = () => Promise.reject(new Error("lost"));
    await expect(runs.runTurn("1", work)).rejects.toThrow("lost");
    expect(await runs.runTurn("2", () => Promise.resolve("said"))).toBe("said");
  });

  test("it is cancelled by its own name only", () => {
    const runs = new OneRunAtATime<string>();
    const { work, signals } = turn();
    void runs.runTurn("1", work);
    runs.cancel("2");
    expect(signals[0]?.aborted).toBe(false);
    runs.cancel("1");
    expect(signals[0]?.aborted).toBe(true);
  });
});

describe("OR2: a restoration", () => {
  test("that is asked for again goes on, and answers both", async () => {
    const runs = new OneRunAtATime<string>();
    const { open, begun, end } = restoration();
    const opened = [runs.open(conversation("a"), open), runs.open(conversation("a"), open)];
    end("restored");
    expect(await Promise.all(opened)).toEqual(["restored", "restored"]);
    expect(begun).toHaveLength(1);
  });

  test("that was abandoned for another model is begun anew when it is asked for again", async () => {
    const runs = new OneRunAtATime<string>();
    const [first, second] = [restoration(), restoration()];
    const opened = runs.open(conversation("a"), first.open);
    await later();
    void runs.abort();
    const again = runs.open(conversation("a"), second.open);
    first.end("given up");
    second.end("restored");
    expect(await Promise.all([opened, again])).toEqual(["given up", "restored"]);
  });

  test("gives way to another, which begins when it has ended", async () => {
    const runs = new OneRunAtATime<string>();
    const [first, second] = [restoration(), restoration()];
    const opened = runs.open(conversation("a"), first.open);
    await later();
    const next = runs.open(conversation("b"), second.open);
    expect(first.begun[0]?.abandoned.aborted).toBe(true);
    await later();
    expect(second.begun).toHaveLength(0);
    first.end("half of it");
    second.end("all of it");
    expect(await Promise.all([opened, next])).toEqual(["half of it", "all of it"]);
  });

  test("that failed leaves the way free", async () => {
    const runs = new OneRunAtATime<string>();
    const fails = () => Promise.reject(new Error("lost"));
    await expect(runs.open(conversation("a"), fails)).rejects.toThrow("lost");
    expect(await runs.prefetch(conversation("a"), () => Promise.resolve("restored"))).toBe(
      "restored",
    );
  });
});

describe("OR3: a prefetch", () => {
  test("is cancelled where anything else runs", async () => {
    const runs = new OneRunAtATime<string>();
    const { open, end } = restoration();
    const opened = runs.open(conversation("a"), open);
    await expect(runs.prefetch(conversation("b"), open)).rejects.toEqual(failure("cancelled"));
    end("restored");
    await opened;
    await later();
    void runs.runTurn("1", turn().work);
    await expect(runs.prefetch(conversation("b"), open)).rejects.toEqual(failure("cancelled"));
  });

  test("that turns into an opening goes on", async () => {
    const runs = new OneRunAtATime<string>();
    const { open, begun, end } = restoration();
    const prefetched = runs.prefetch(conversation("a"), open);
    const opened = runs.open(conversation("a"), open);
    end("restored");
    expect(await Promise.all([prefetched, opened])).toEqual(["restored", "restored"]);
    expect(begun).toHaveLength(1);
  });
});

describe("OR4: a turn takes over", () => {
  test("from a restoration of its own conversation, which hands over what it has", async () => {
    const runs = new OneRunAtATime<string>();
    const { open, begun, end } = restoration();
    void runs.open(conversation("a"), open);
    await later();
    const { messages } = conversation("a");
    const taken = runs.takeOver("a", messages);
    expect(begun[0]?.abandoned.aborted).toBe(false);
    expect(begun[0]?.handover.signal.aborted).toBe(true);
    expect(begun[0]?.handover.messages).toBe(messages);
    end("restored");
    await taken;
  });

  test("from another conversation's, which is abandoned, and waits until it has ended", async () => {
    const runs = new OneRunAtATime<string>();
    const { open, begun, end } = restoration();
    void runs.open(conversation("a"), open);
    await later();
    let isTaken = false;
    const taken = runs.takeOver("b", []).then(() => (isTaken = true));
    expect(begun[0]?.abandoned.aborted).toBe(true);
    expect(begun[0]?.handover.signal.aborted).toBe(false);
    await later();
    expect(isTaken).toBe(false);
    end("restored");
    await taken;
  });
});

describe("the end", () => {
  test("comes when the turn is over and the restoration was abandoned", async () => {
    const runs = new OneRunAtATime<string>();
    const { open, begun, end } = restoration();
    void runs.open(conversation("a"), open);
    await later();
    let isOver = false;
    const over = runs.end().then(() => (isOver = true));
    await later();
    expect(begun[0]?.abandoned.aborted).toBe(true);
    expect(isOver).toBe(false);
    end("half of it");
    await over;
  });

  test("of the device abandons a restoration, and leaves it to a turn whether it goes on", async () => {
    const runs = new OneRunAtATime<string>();
    const { open, begun } = restoration();
    const { work, signals } = turn();
    void runs.open(conversation("a"), open);
    await later();
    void runs.runTurn("1", work).catch(() => undefined);
    runs.abandonOpening();
    expect(begun[0]?.abandoned.aborted).toBe(true);
    expect(signals[0]?.aborted).toBe(false);
  });

  test("of the model aborts whatever runs", async () => {
    const runs = new OneRunAtATime<string>();
    const { open, begun } = restoration();
    const { work, signals } = turn();
    void runs.open(conversation("a"), open);
    await later();
    void runs.runTurn("1", work).catch(() => undefined);
    void runs.abort();
    expect(begun[0]?.abandoned.aborted).toBe(true);
    expect(signals[0]?.aborted).toBe(true);
  });
});
