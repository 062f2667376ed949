/**
 * @file Which forms a level may store rows in here, and in which order they are worth trying: by the predicted time to
 * first token (`rankForms`), as far as what earlier conversations have shown makes them promising.
 */

import { CHUNK_TOKENS, layerGroups } from "../../kv/cache/chunk-layout.ts";
import type { CodecFamily, RateLadder } from "../../kv/codecs/codec.ts";
import { EXACT_CODEC } from "../../kv/codecs/exact/exact-family.ts";
import { QUALITY_BUDGETS } from "../../kv/quality/quality-guard.ts";
import { nextRate, type JudgedRate } from "../../kv/quality/rate-search.ts";
import { basisName } from "../../kv/codecs/transform-basis.ts";
import { CODECS } from "../../kv/value/codec-families.ts";
import type { MeasureDetails } from "../../protocol/measures.ts";
import type { LossyLevel } from "../../protocol/quality.ts";
import type {
  CachedRows,
  RestorableModel,
  StorableRows,
  TextModel,
} from "../sequence/prepared-model.ts";
import type { DecodingWork } from "../sequence/restoration-costs.ts";
import { bitsWork, NO_WORK, transformWork } from "./decoding-work.ts";
import { FormVerdicts } from "./form-verdicts.ts";
import { rankForms, type FormEstimate, type RankTerms } from "./rank-forms.ts";

/** Rows as they are, a rate that needs no judging, or a rate that is searched for within the budget. */
export type LevelForm = FormEstimate &
  ({ kind: "exact" } | { kind: "safe"; rate: string } | SearchedForm);

export interface SearchedForm {
  kind: "searched";
  ladder: RateLadder;
  /** What earlier conversations have shown of the family. */
  earlier: readonly JudgedRate[];
}

/** What the choice of forms depends on. */
export interface FormsModel {
  valueCoder: Pick<StorableRows["valueCoder"], "basis">;
  cache: Pick<CachedRows["cache"], "shape" | "rowBytes">;
  info: Pick<TextModel["info"], "weightBytes">;
  restorationCosts: Pick<
    RestorableModel["restorationCosts"],
    "profile" | "prefillMultiplications" | "modelMs"
  >;
}

interface FormTerms {
  level: LossyLevel;
  /** The conversation's length. */
  tokens: number;
  verdicts: FormVerdicts;
  /** Whether forms may be judged. If not, none that would have to be is worth anything. */
  judges: boolean;
  /** Absent where the store does not say. */
  room?: RankTerms["room"];
}

export interface LevelForms {
  /**
   * The forms that are worth storing rows in, the best first. Each of them is worth more than rows as they are. The last
   * may be a safe one: what is worth less than that is left out.
   */
  worth: readonly LevelForm[];
  /** Why no family that codes in a basis is among them. */
  untransformed: MeasureDetails["kv.compress"]["untransformed"];
}

export function levelForms(model: FormsModel, terms: FormTerms): LevelForms {
  const exact: LevelForm = { kind: "exact", ...estimate(model, CODECS.familyOf(EXACT_CODEC), 1) };
  const found = CODECS.families.flatMap((family) => formsOf(family, model, terms));
  const ranked = rankForms([...found, exact], rankTerms(model, terms));
  const before = ranked.slice(0, ranked.indexOf(exact));
  const safe = before.findIndex(({ kind }) => kind === "safe");
  const worth = safe < 0 ? before : before.slice(0, safe + 1);
  return { worth, untransformed: whyUntransformed(model, found, worth) };
}

/** What a basis is learned for: conversations of this many tokens, or as long as the present one. */
const LEARNED_FOR_TOKENS = 2000;

/**
 * Whether a basis is worth learning here: whether rows that are coded in one would come back sooner than in the forms
 * that need none, or take less of a room that is short (`rankForms`). On devices that multiply slowly they may not.
 *
 * @param decoding what it takes in the basis that would be learned
 */
export function isBasisWorthLearning(
  model: FormsModel,
  terms: Pick<FormTerms, "level" | "tokens" | "room">,
  decoding: DecodingWork,
): boolean {
  const all: FormTerms = {
    ...terms,
    tokens: Math.max(terms.tokens, LEARNED_FOR_TOKENS),
    // What has not held in bits may hold in a basis, and the other way round.
    verdicts: new FormVerdicts(),
    judges: true,
  };
  const budget = QUALITY_BUDGETS[terms.level];
  const inBasis = CODECS.families.flatMap(({ name, ladder, needsBasis }): FormEstimate[] => {
    const first = ladder && needsBasis && nextRate(ladder, budget, { judged: [], earlier: [] });
    if (!first || !("judge" in first)) return [];
    const valueBytes = valueBytesOf(model, ladder.expectedShare(first.judge));
    return [{ family: name, valueBytes, ...decoding, holds: "unknown" }];
  });
  const others = CODECS.families
    .filter(({ needsBasis }) => !needsBasis)
    .flatMap((family) => formsOf(family, model, all));
  const exact = estimate(model, CODECS.familyOf(EXACT_CODEC), 1);
  const [best] = rankForms<FormEstimate>([...inBasis, ...others, exact], rankTerms(model, all));
  return best !== undefined && inBasis.includes(best);
}

/** The forms of a family: at a safe rate, and at a rate that is searched for if one is promising. */
function formsOf(family: CodecFamily, model: FormsModel, terms: FormTerms): LevelForm[] {
  const { ladder, needsBasis } = family;
  if (!ladder || (needsBasis && !model.valueCoder.basis)) return [];
  const forms: LevelForm[] = [];
  const { safe } = ladder;
  if (safe !== undefined)
    forms.push({
      kind: "safe",
      rate: safe,
      ...estimate(model, family, ladder.expectedShare(safe)),
    });
  const searched = terms.judges && searchedForm(family, ladder, model, terms);
  if (searched) forms.push(searched);
  return forms;
}

function searchedForm(
  family: CodecFamily,
  ladder: RateLadder,
  model: FormsModel,
  { level, verdicts }: FormTerms,
): LevelForm | undefined {
  const basis = family.needsBasis ? basisName(model.valueCoder.basis) : undefined;
  const known = verdicts.earlier(ladder.rates, basis);
  const step = nextRate(ladder, QUALITY_BUDGETS[level], { judged: [], earlier: known });
  const isPromising = "judge" in step;
  // What seems not to hold is tried as if nothing were known of it, and rarely.
  if (!isPromising && !verdicts.passOver(family.name)) return undefined;
  const earlier = isPromising ? known : [];
  const first = nextRate(ladder, QUALITY_BUDGETS[level], { judged: [], earlier });
  if (!("judge" in first)) return undefined;
  const seen = known.findLast(({ rate }) => rate === first.judge);
  const share = seen?.share ?? ladder.expectedShare(first.judge);
  const holds = known.length > 0 && isPromising ? "likely" : "unknown";
  return { kind: "searched", ladder, earlier, ...estimate(model, family, share), holds };
}

/** @param share bytes for each byte of rows as they are */
function estimate(
  model: FormsModel,
  { name, isExact, needsBasis }: CodecFamily,
  share: number,
): FormEstimate {
  const { cache, valueCoder } = model;
  const valueBytes = valueBytesOf(model, share);
  const transforms = needsBasis && valueCoder.basis;
  const lossy = transforms
    ? transformWork(cache.shape, transforms.basis.groups)
    : bitsWork(cache.shape);
  return { family: name, valueBytes, ...(isExact ? NO_WORK : lossy), holds: "safe" };
}

/** Bytes of each value of a full chunk. */
const valueBytesOf = ({ cache: { shape, rowBytes } }: FormsModel, share: number): number[] =>
  layerGroups(shape).map(({ start, end }) => (end - start) * CHUNK_TOKENS * rowBytes * share);

const rankTerms = (
  { cache: { shape, rowBytes }, restorationCosts, info: { weightBytes } }: FormsModel,
  { tokens, room }: FormTerms,
): RankTerms => ({
  profile: restorationCosts.profile,
  prefillMultiplications: restorationCosts.prefillMultiplications,
  modelMs: restorationCosts.modelMs({ layers: shape.layers, weightBytes }),
  tokens,
  layerGroups: layerGroups(shape),
  rowBytes,
  room,
});

function whyUntransformed(
  { valueCoder }: FormsModel,
  found: readonly LevelForm[],
  worth: readonly LevelForm[],
): LevelForms["untransformed"] {
  const families = new Set(
    CODECS.families.filter(({ needsBasis }) => needsBasis).map(({ name }) => name),
  );
  const has = (forms: readonly LevelForm[]) => forms.some(({ family }) => families.has(family));
  if (has(worth)) return undefined;
  if (!valueCoder.basis) return "no-basis";
  return has(found) ? "slow-decoding" : "never-held";
}
