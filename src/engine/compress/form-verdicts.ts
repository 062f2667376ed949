/**
 * @file What earlier conversations with a model have shown of the forms that its rows may be stored in, kept as a device
 * record: what the guard measured, and what each conversation was stored as. It is what saves a person most judgements:
 *
 * - FV1 What was measured of a codec family tells at which rate the next conversation is judged first, or that none is
 *   worth it. Of a family that codes in a basis, only what was measured with the present basis counts.
 * - FV2 A family that seems not to hold is tried again after many conversations in which it was not: texts change.
 * - FV3 Later chunks of a conversation are stored as its earlier ones, unjudged, until it is twice as long as when it
 *   was judged, or until there is another basis.
 * - FV4 Layers share rows unasked only where sharing was once accepted with this model, which is measured on request.
 */

import type { JudgedRate } from "../../kv/quality/rate-search.ts";
import { hasRate } from "../../kv/quality/rate-ladders.ts";
import type { LossyLevel } from "../../protocol/quality.ts";
import { fieldsOf, isCount, isName, isOneOf } from "../../shared/record-fields.ts";

/** A rate that was judged with a conversation. */
export interface FormVerdict extends JudgedRate {
  /** The basis that was coded in, if any: its id in hexadecimal digits. */
  basis?: string | undefined;
  /** Bytes of the judged chunks for each byte of their rows as they are. */
  share: number;
}

/** What a conversation is stored as. */
export interface SettledForm {
  conversationId: string;
  level: LossyLevel;
  /** A rate; absent if no better form than a safe one held. */
  rate?: string | undefined;
  /** The basis at hand when it was judged. */
  basis?: string | undefined;
  /** Tokens of the conversation when it was judged. */
  tokens: number;
}

/** The name of a model's record. */
export const verdictsRecord = (fingerprint: string): string =>
  `learned, form verdicts, ${fingerprint}`;

/** The record has at most so many of each; the latest stay. */
const MOST = { verdicts: 64, conversations: 64, tokens: 2 ** 26, passed: 2 ** 20 };
/** FV1: the latest verdicts of a rate's family that count. */
const RELEVANT = 9;
/** FV2: conversations in which a family was passed over before it is tried again. */
const RETRY_AFTER = 16;

export class FormVerdicts {
  #verdicts: readonly FormVerdict[] = [];
  #settled: readonly SettledForm[] = [];
  /** How many conversations a family was passed over in, by its name. */
  readonly #passed = new Map<string, number>();
  #sharingHeld = false;

  /** @param record what was kept; whatever of it is not what it should be is left out */
  constructor(record?: unknown) {
    const fields = fieldsOf(record) ?? {};
    this.#verdicts = listIn(fields["verdicts"], MOST.verdicts).flatMap(asVerdict);
    this.#settled = listIn(fields["settled"], MOST.conversations).flatMap(asSettled);
    for (const [family, count] of Object.entries(fieldsOf(fields["passed"]) ?? {}).slice(0, 16))
      if (isName(family) && isCount(count, MOST.passed)) this.#passed.set(family, count);
    this.#sharingHeld = fields["sharingHeld"] === true;
  }

  /** Everything as plain data. */
  get record(): unknown {
    return {
      verdicts: this.#verdicts,
      settled: this.#settled,
      passed: Object.fromEntries(this.#passed),
      sharingHeld: this.#sharingHeld,
    };
  }

  /** FV1: what the latest conversations have shown of these rates. @param basis the present one, if they need one */
  earlier(rates: readonly string[], basis?: string): FormVerdict[] {
    const known = new Set(rates);
    return this.#verdicts
      .filter((verdict) => known.has(verdict.rate) && verdict.basis === basis)
      .slice(-RELEVANT);
  }

  judged(verdict: FormVerdict): void {
    this.#verdicts = [...this.#verdicts, verdict].slice(-MOST.verdicts);
  }

  /** FV2: notes that a family is passed over. @returns whether it is to be tried all the same */
  passOver(family: string): boolean {
    const count = (this.#passed.get(family) ?? 0) + 1;
    this.#passed.set(family, count % RETRY_AFTER);
    return count >= RETRY_AFTER;
  }

  /** FV3: what the conversation's chunks are stored as, as long as that need not be judged again. */
  settledForm(
    conversation: Pick<SettledForm, "conversationId" | "level" | "tokens" | "basis">,
  ): SettledForm | undefined {
    const settled = this.#settled.find((one) => isOf(one, conversation));
    if (!settled || settled.basis !== conversation.basis) return undefined;
    return conversation.tokens < 2 * settled.tokens ? settled : undefined;
  }

  settle(form: SettledForm): void {
    const others = this.#settled.filter((one) => !isOf(one, form));
    this.#settled = [...others, form].slice(-MOST.conversations);
  }

  /** FV4. */
  get sharingHeld(): boolean {
    return this.#sharingHeld;
  }

  holdSharing(): void {
    this.#sharingHeld = true;
  }
}

type NamedConversation = Pick<SettledForm, "conversationId" | "level">;

const isOf = (one: NamedConversation, other: NamedConversation): boolean =>
  one.conversationId === other.conversationId && one.level === other.level;

const listIn = (value: unknown, most: number): unknown[] =>
  Array.isArray(value) ? value.slice(-most) : [];

function asVerdict(entry: unknown): FormVerdict[] {
  const { rate, measure, basis, share } = fieldsOf(entry) ?? {};
  const { meanKl, p95Kl, flips } = fieldsOf(measure) ?? {};
  if (!isRate(rate) || !isShare(share) || !isBasis(basis)) return [];
  if (!isAmount(meanKl) || !isAmount(p95Kl) || !isShare(flips)) return [];
  return [{ rate, measure: { meanKl, p95Kl, flips }, basis, share }];
}

function asSettled(entry: unknown): SettledForm[] {
  const { conversationId, level, rate, basis, tokens } = fieldsOf(entry) ?? {};
  if (!isName(conversationId) || !isOneOf(level, LEVELS)) return [];
  if (!isBasis(basis) || !(rate === undefined || isRate(rate))) return [];
  if (!isCount(tokens, MOST.tokens)) return [];
  return [{ conversationId, level, rate, basis, tokens }];
}

const LEVELS: readonly LossyLevel[] = ["balanced", "compact"];

/** A rate that this version has. */
const isRate = (value: unknown): value is string => isName(value) && hasRate(value);

const isBasis = (value: unknown): value is string | undefined =>
  value === undefined || isName(value);

/** A KL in nats: no two distributions that were measured are further apart. */
const isAmount = (value: unknown): value is number =>
  typeof value === "number" && value >= 0 && value <= 1e6;

const isShare = (value: unknown): value is number =>
  typeof value === "number" && value >= 0 && value <= 1;
