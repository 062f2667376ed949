/**
 * @file Which form of a conversation's rows is worth most on this device: the one that brings it back soonest.
 *
 * A quality level says what a form may do to the answers. Of the forms that a level may choose, rows as they are among
 * them, these rules make the order in which they are tried:
 *
 * - RF1 Forms are compared by the predicted time to first token after a reload of the conversation at its present
 *   length, with the planner of `src/restore`: reading, decoding and recomputing overlap.
 * - RF2 Of all forms within a tenth of the least time, the one of the fewest bytes comes first. Then the rule is applied
 *   to those that are left, because the first may turn out not to hold the level's budget.
 * - RF3 A family that was never decoded here is taken to need as long as its multiplications would in a prefill.
 *   What has to be made before the first value is decoded is made while the model is read. What of its time goes beyond
 *   that counts, too.
 * - RF4 Where room is short, fewer bytes come first, whatever time they take: if the stored KV fills most of its limit,
 *   for all forms, and else for those in which this conversation alone would fill a large share of it. These come last.
 *
 * By RF1 and RF2 no form is taken that comes back more than a tenth later than exact rows, as long as there is room.
 */

import { CHUNK_TOKENS, RECENT_TOKENS } from "../../kv/cache/chunk-layout.ts";
import {
  layerMs,
  prepareMs,
  transferMs,
  type DeviceProfile,
  type TransferCost,
} from "../../restore/device-profile.ts";
import type { KvRoom } from "../../protocol/kv-store-api.ts";
import { planRestoration } from "../../restore/plan-restoration.ts";
import type { SavedSequence, StoredChunk, StoredValue } from "../../restore/staircase.ts";
import { assert } from "../../shared/assert.ts";
import { at } from "../../shared/at.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import { EXACT_FAMILY } from "../sequence/chunk-family.ts";
import type { DecodingWork } from "../sequence/restoration-costs.ts";

/**
 * A form that chunks might be stored in, as far as it can be told before they are coded. Its multiplications count until
 * the family was measured.
 */
export interface FormEstimate extends DecodingWork {
  /** Name of the codec family that would decode it. */
  family: string;
  /** Expected size of each layer group's value of a full chunk. */
  valueBytes: readonly number[];
  /**
   * Whether the form is within the level's budget: `safe` forms need no judging, `likely` ones held for this model
   * before. It does not change the order.
   */
  holds: "safe" | "likely" | "unknown";
}

/** What the order of forms depends on. */
export interface RankTerms {
  profile: DeviceProfile;
  /** The conversation's present length. */
  tokens: number;
  /** The layers of each stored value. */
  layerGroups: readonly IndexRange[];
  /** Bytes of a token's K and V in one layer, as they are in the cache. */
  rowBytes: number;
  /** Multiplications of running one token through all layers, with nothing before it. */
  prefillMultiplications: number;
  /** The predicted time until the model can run after a reload, in ms. */
  modelMs: number;
  /** Absent where the store does not say: then there is room. */
  room?: KvRoom | undefined;
}

/** Forms whose time is at most this many times the least are as good as the best. */
export const AS_SOON = 1.1;
/** Of a limit, the share from which on the stored KV counts as crowded. */
const CROWDED = 0.7;
/** Of a limit, the largest share that one conversation may take for the sake of time. */
const CONVERSATION_SHARE = 0.25;
/** Of a longer conversation, several chunks are planned as one, so that ranking takes a few milliseconds. */
const MOST_PLANNED = 16;
/** A short question, whose prefill is part of the time to first token whatever is stored. */
const QUESTION_TOKENS = 16;

/** The forms in the order in which they are worth trying: RF1 to RF4. */
export function rankForms<Form extends FormEstimate>(
  forms: readonly Form[],
  terms: RankTerms,
): Form[] {
  const timed = forms.map((form) => ({
    form,
    ms: firstTokenMs(form, terms),
    bytes: conversationBytes(form, terms),
  }));
  const isTooLarge = ({ bytes }: TimedForm<Form>) => takesTooMuch(bytes, terms.room);
  const fitting = timed.filter((one) => !isTooLarge(one));
  const tooLarge = timed.filter(isTooLarge);
  return [...soonestFirst(fitting), ...tooLarge.toSorted(byBytes)].map(({ form }) => form);
}

interface TimedForm<Form> {
  form: Form;
  ms: number;
  bytes: number;
}

/** Fewer bytes first, and of equals the sooner. */
const byBytes = (one: TimedForm<unknown>, other: TimedForm<unknown>): number =>
  one.bytes - other.bytes || one.ms - other.ms;

/** RF2. */
function soonestFirst<Form>(forms: readonly TimedForm<Form>[]): TimedForm<Form>[] {
  const left = new Set(forms);
  const ranked: TimedForm<Form>[] = [];
  while (left.size > 0) {
    const leastMs = Math.min(...[...left].map(({ ms }) => ms));
    const soon = [...left].filter(({ ms }) => ms <= AS_SOON * leastMs).toSorted(byBytes);
    const next = at(soon, 0);
    ranked.push(next);
    left.delete(next);
  }
  return ranked;
}

/** RF4. */
function takesTooMuch(bytes: number, room: KvRoom | undefined): boolean {
  if (!room) return false;
  const { usedBytes, limitBytes } = room;
  return usedBytes > CROWDED * limitBytes || bytes > CONVERSATION_SHARE * limitBytes;
}

/** Bytes of the whole conversation, were all of it in this form. */
function conversationBytes({ valueBytes }: FormEstimate, { tokens }: RankTerms): number {
  const chunkBytes = valueBytes.reduce((sum, bytes) => sum + bytes, 0);
  return (tokens / CHUNK_TOKENS) * chunkBytes;
}

/**
 * The predicted time to first token after a reload, in ms: until all rows are back, and a short question is prefilled.
 * The model's weights are taken to be in place: they are read in whichever form rows are stored, and would only hide
 * what tells the forms apart. So of what a form has to make first, only what takes longer than they do is left.
 */
export function firstTokenMs(form: FormEstimate, terms: RankTerms): number {
  const { tokens, profile, layerGroups } = terms;
  const joined = Math.ceil(tokens / CHUNK_TOKENS / MOST_PLANNED);
  const decode = { ...profile.decode, [form.family]: decodeCost(form, terms) };
  const joinedCosts = Object.entries(decode).map(([family, cost]) => [family, times(cost, joined)]);
  const known: DeviceProfile = {
    ...profile,
    read: times(profile.read, joined),
    decode: Object.fromEntries(joinedCosts) as DeviceProfile["decode"],
  };
  const { makespanMs } = planRestoration(known, savedIn(form, terms, joined)).prediction;
  const layers = layerGroups.at(-1)?.end ?? 0;
  const questionMs = layers * layerMs(profile.prefill, QUESTION_TOKENS, tokens);
  return makespanMs + profile.prefill.stepMs + questionMs;
}

/** The cost of values that stand for so many. */
const times = ({ fixedMs, bytesPerMs }: TransferCost, values: number): TransferCost => ({
  fixedMs: fixedMs * values,
  bytesPerMs,
});

/** What decoding a form takes: as measured or, by RF3, as its operations tell. */
function decodeCost(form: FormEstimate, { profile, ...terms }: RankTerms): TransferCost {
  const measured = profile.decode[form.family];
  if (measured) return measured;
  const layers = terms.layerGroups.at(-1)?.end ?? 0;
  const multiplicationMs = (layers * profile.prefill.tokenLayerMs) / terms.prefillMultiplications;
  const computingMs = CHUNK_TOKENS * form.decodeMultiplications * multiplicationMs;
  const bytes = form.valueBytes.reduce((sum, one) => sum + one, 0);
  // What is not computing, the way onto the device, is as for rows that only have to be copied.
  const upload = profile.decode[EXACT_FAMILY] ?? { fixedMs: 0, bytesPerMs: Infinity };
  const uploadMs = transferMs({ ...upload, fixedMs: 0 }, bytes);
  return { fixedMs: upload.fixedMs, bytesPerMs: bytes / (computingMs + uploadMs) };
}

/** The conversation as it would be stored: full chunks in the form, what is recent as it is. */
function savedIn(form: FormEstimate, terms: RankTerms, joined: number): SavedSequence {
  const { tokens, layerGroups } = terms;
  assert(
    form.valueBytes.length === layerGroups.length,
    "a form has one value for each layer group",
  );
  const coded = Math.max(0, Math.floor((tokens - RECENT_TOKENS) / CHUNK_TOKENS)) * CHUNK_TOKENS;
  const chunks: StoredChunk[] = [];
  for (let start = 0; start < tokens;) {
    const isCoded = start < coded;
    const rows = Math.min(joined * CHUNK_TOKENS, (isCoded ? coded : tokens) - start);
    chunks.push({ start, tokens: rows, values: valuesOf(isCoded ? form : undefined, rows, terms) });
    start += rows;
  }
  const preparingMs = prepareMs(terms.profile, form.family, form.preparedBytes);
  const decodeFromMs = Math.max(0, preparingMs - terms.modelMs);
  return { tokens, residentTokens: 0, layerGroups, chunks, weightBytes: [], decodeFromMs };
}

/** The values of some rows in a form, or as they are. */
const valuesOf = (
  form: FormEstimate | undefined,
  rows: number,
  { layerGroups, rowBytes }: RankTerms,
): StoredValue[] =>
  layerGroups.map((layers, group) =>
    form
      ? { layers, bytes: (at(form.valueBytes, group) * rows) / CHUNK_TOKENS, family: form.family }
      : { layers, bytes: (layers.end - layers.start) * rows * rowBytes, family: EXACT_FAMILY },
  );
