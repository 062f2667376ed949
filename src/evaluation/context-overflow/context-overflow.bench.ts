import { describe } from "vitest";
import { deviceTest } from "../../device/testing.ts";
import { recordRow, type BenchRow } from "../../metrics/bench-rows.ts";
import { median, medianRatio } from "../../metrics/samples.ts";
import type { ChatMessage } from "../../protocol/engine-api.ts";
import { contextLimits, type ContextLimits } from "../../engine/turn/context-window.ts";
import {
  behindEarlierHistory,
  loadRepositioningProbe,
  talkUpTo,
  type RepositioningProbe,
} from "./context-overflow.ts";
import { deviationFrom, freshReply } from "../reply-deviation.ts";
import {
  RECALL_CONVERSATIONS,
  recalls,
  type RecallConversation,
} from "../../engine/testing/recall-testing.ts";

/** As many conversations as a software adapter gets through in two minutes. */
const CONVERSATIONS = 12;
const MOST_TOKENS = 160;

/** What comes before a conversation, and how large the context window is. */
interface Scenario {
  name: string;
  /** Length of the earlier history, as a multiple of the conversation's own. */
  earlier: number;
  /** Whether to measure also how much the dropped text itself changes the answer. */
  uncut: boolean;
  limits: (tokens: { conversation: number; whole: number }) => ContextLimits;
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: "one cut, to the policy's target",
    earlier: 0.5,
    uncut: false,
    limits: ({ whole }) => contextLimits(Math.floor((whole * 8) / 7) - 2),
  },
  {
    name: "one cut, in the middle",
    earlier: 1.5,
    uncut: true,
    limits: ({ whole }) => ({
      ...contextLimits(Math.floor((whole * 8) / 7) - 2),
      targetTokens: Math.floor(whole / 2),
    }),
  },
  {
    name: "cut after cut",
    earlier: 2.5,
    uncut: false,
    limits: ({ conversation }) => contextLimits(Math.ceil(conversation * 1.5)),
  },
];

/** Results of one conversation. */
type Outcome = Awaited<ReturnType<typeof measure>>;

/** Run one conversation behind earlier ones, up to the answer to its last question. */
async function measure(
  probe: RepositioningProbe,
  conversation: RecallConversation,
  scenario: Scenario,
) {
  const messages = behindEarlierHistory(probe, conversation, scenario.earlier);
  const limits = scenario.limits({
    conversation: probe.tokensOf(conversation.messages).length,
    whole: probe.tokensOf(messages).length,
  });
  const { prompt, history, question, cuts } = await talkUpTo(probe, messages, limits);
  const before = await probe.save();
  const keptTokens = history.length;
  const droppedTokens = probe.tokensOf(messages).length - prompt.tokens.length;

  probe.forget();
  const freshly = await timed(() => probe.fill(history));
  const fresh = await freshReply(probe, question);

  probe.putBack(before);
  const moving = await timed(async () => {
    const moves = probe.reposition(prompt);
    await probe.fill(history);
    return moves;
  });
  const moved = await deviationFrom(fresh, probe, question);

  if (scenario.uncut) await probe.fill(wholeHistory(probe, messages));
  const uncut = scenario.uncut ? await deviationFrom(fresh, probe, question) : undefined;
  const movedNow = moving.result;
  const sizes = { cuts: movedNow ? cuts + 1 : cuts, keptTokens, droppedTokens };
  const times = { freshMs: freshly.ms, movedMs: moving.ms, movedNow };
  return { ...sizes, ...times, conversation, fresh, moved, uncut };
}

function wholeHistory(probe: RepositioningProbe, messages: readonly ChatMessage[]): number[] {
  const { system, turns } = probe.render(messages);
  return [system, ...turns.slice(0, -1)].flat();
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const begun = performance.now();
  const result = await work();
  return { ms: performance.now() - begun, result };
}

/** Results that are averaged over conversations. The mean of results that are 0 or 1 is a share. */
const MEANS: readonly {
  what: string;
  unit: "nats" | "share";
  of: (outcome: Outcome) => number | boolean | undefined;
}[] = [
  { what: "KL, moved from fresh", unit: "nats", of: ({ moved }) => moved.kl },
  { what: "KL, nothing dropped from fresh", unit: "nats", of: ({ uncut }) => uncut?.kl },
  { what: "same top-1, moved and fresh", unit: "share", of: ({ moved }) => moved.sameTop },
  {
    what: "same top-1, nothing dropped and fresh",
    unit: "share",
    of: ({ uncut }) => uncut?.sameTop,
  },
  {
    what: "same answer, moved and fresh",
    unit: "share",
    of: ({ moved, fresh }) => moved.text === fresh.text,
  },
  {
    what: "recall, moved",
    unit: "share",
    of: ({ moved, conversation }) => recalls(moved.text, conversation),
  },
  {
    what: "recall, fresh",
    unit: "share",
    of: ({ fresh, conversation }) => recalls(fresh.text, conversation),
  },
  {
    what: "recall, nothing dropped",
    unit: "share",
    of: ({ uncut, conversation }) => uncut && recalls(uncut.text, conversation),
  },
];

function deviationsOf(name: string, outcomes: readonly Outcome[]): BenchRow[] {
  const sizes = {
    conversations: outcomes.length,
    cuts: round(mean(outcomes.map(({ cuts }) => cuts))),
    keptTokens: round(mean(outcomes.map(({ keptTokens }) => keptTokens))),
    droppedTokens: round(mean(outcomes.map(({ droppedTokens }) => droppedTokens))),
  };
  return MEANS.flatMap(({ what, unit, of }) => {
    const values = outcomes.flatMap((outcome) => of(outcome) ?? []).map(Number);
    const most = { median: round(median(values)), largest: round(Math.max(...values)) };
    const row = { name: `${what}; ${name}`, value: round(mean(values)), unit, ...sizes };
    return values.length === 0 ? [] : [unit === "nats" ? { ...row, ...most } : row];
  });
}

/**
 * Times of both ways to bring the rows before the last question to their places, over the conversations that were cut
 * at that question.
 */
function timesOf(name: string, outcomes: readonly Outcome[]): BenchRow[] {
  const cut = outcomes.filter(({ movedNow }) => movedNow);
  const freshMs = cut.map((one) => one.freshMs);
  const movedMs = cut.map((one) => one.movedMs);
  const row = (what: string, value: number, unit: string) => ({
    name: `${what}; ${name}`,
    value: round(value),
    unit,
    conversations: cut.length,
    keptTokens: round(median(cut.map(({ keptTokens }) => keptTokens))),
  });
  return [
    row("time of moving", median(movedMs), "ms"),
    row("time of prefilling afresh", median(freshMs), "ms"),
    row("prefilling afresh / moving", medianRatio(freshMs, movedMs), "ratio"),
  ];
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const round = (value: number) => Number(value.toPrecision(3));

describe.each(SCENARIOS)("$name", (scenario) => {
  deviceTest("moved rows beside a fresh prefill", async ({ hardware, task }) => {
    const probe = await loadRepositioningProbe(hardware);
    const short = RECALL_CONVERSATIONS.filter(
      ({ messages }) => probe.tokensOf(messages).length < MOST_TOKENS,
    );
    const outcomes: Outcome[] = [];
    for (const conversation of short.slice(0, CONVERSATIONS))
      outcomes.push(await measure(probe, conversation, scenario));
    const rows = [...deviationsOf(scenario.name, outcomes), ...timesOf(scenario.name, outcomes)];
    for (const row of rows) recordRow(task, row);
  });
});
