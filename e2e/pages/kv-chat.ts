import { expect } from "@playwright/test";
import type { MeasureDetails } from "../../src/protocol/measures.ts";
import type { ChatPage } from "./chat-page.ts";
import { storedChunks, type StoredChunk } from "./stored-records.ts";

/** How long to wait for a save or a restoration, on a software GPU that other tests use too. */
export const PATIENCE = { timeout: 30_000, intervals: [100] };

/** The id of the conversation on screen. Fails while it has none. */
export function conversationId(chat: ChatPage): string {
  const [, id] = /#\/c\/(.+)$/.exec(chat.page.url()) ?? [];
  if (id === undefined) throw new Error(`no conversation at ${chat.page.url()}`);
  return decodeURIComponent(id);
}

/** Tokens whose rows the engine has computed or restored, as the last turn left them. */
export async function residentTokens(chat: ChatPage): Promise<number> {
  const [prefills, decodes] = await Promise.all([
    chat.measures("chat.prefill"),
    chat.measures("chat.decode"),
  ]);
  const { promptTokens = 0 } = prefills.at(-1)?.detail ?? {};
  return promptTokens + (decodes.at(-1)?.detail.generatedTokens ?? 0);
}

/** The chunks of the conversation on screen, first to last. */
export async function ownChunks(chat: ChatPage): Promise<StoredChunk[]> {
  const chunks = await storedChunks(chat.page);
  const id = conversationId(chat);
  return chunks
    .filter(({ owners }) => owners.includes(id))
    .toSorted((some, other) => some.startToken - other.startToken);
}

/** The bytes that all conversations' chunks take. */
export async function storedBytes(chat: ChatPage): Promise<number> {
  return bytesOf(await storedChunks(chat.page));
}

export const bytesOf = (chunks: readonly StoredChunk[]): number =>
  chunks.flatMap(({ groupBytes }) => groupBytes).reduce((sum, bytes) => sum + bytes, 0);

/** Expects the chunks of the conversation on screen to hold each of its tokens once. */
export async function expectStoredOnce(chat: ChatPage, tokens: number): Promise<void> {
  const chunks = await ownChunks(chat);
  expect(chunks.reduce((sum, chunk) => sum + chunk.tokens, 0)).toBe(tokens);
}

/** Waits until all that was computed for the last turn is stored. @returns how many tokens that is */
export async function saved(chat: ChatPage): Promise<number> {
  const resident = await residentTokens(chat);
  await expect.poll(async () => (await ownChunks(chat)).map(endOf), PATIENCE).toContain(resident);
  expect((await persists(chat)).filter(({ failure }) => failure !== undefined)).toEqual([]);
  return resident;
}

const endOf = ({ startToken, tokens }: StoredChunk): number => startToken + tokens;

/** The measures of all saves so far, oldest first. */
export async function persists(chat: ChatPage): Promise<MeasureDetails["kv.persist"][]> {
  return (await chat.measures("kv.persist")).map(({ detail }) => detail);
}

export async function restores(chat: ChatPage): Promise<MeasureDetails["kv.restore"][]> {
  return (await chat.measures("kv.restore")).map(({ detail }) => detail);
}

/** Waits for a restoration of the conversation on screen, later than the first `after` of all. */
export async function restored(
  chat: ChatPage,
  after = 0,
  patience = PATIENCE,
): Promise<MeasureDetails["kv.restore"]> {
  const id = conversationId(chat);
  const ours = async () =>
    (await restores(chat)).slice(after).filter((restore) => restore.conversationId === id);
  await expect.poll(async () => (await ours()).length, patience).toBeGreaterThan(0);
  const last = (await ours()).at(-1);
  if (!last) throw new Error("there was one a moment ago");
  return last;
}

/** Waits until what has left the recent window is coded. */
export async function compressed(chat: ChatPage): Promise<MeasureDetails["kv.compress"][]> {
  const details = async () => (await chat.measures("kv.compress")).map(({ detail }) => detail);
  await expect.poll(async () => (await details()).length, PATIENCE).toBeGreaterThan(0);
  return details();
}
