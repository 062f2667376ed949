import { Popover } from "@base-ui/react/popover";
import { plural, t } from "@lingui/core/macro";
import { X } from "lucide-react";
import { memo } from "react";
import { IconButton } from "../IconButton.tsx";
import { numberWords } from "../number-words.ts";

export interface ContextFill {
  /** Tokens of the conversation that the model has in view. */
  tokens: number;
  /** Whether they are only estimated. */
  isEstimate: boolean;
  /** Positions of the model's context. */
  contextTokens: number;
  /** Messages that have left the view. */
  leftMessages: number;
}

interface ContextGaugeProps extends ContextFill {
  /** Goes to the place up to which the model no longer sees. */
  onShowCut: () => void;
}

/**
 * How full the model's context is: a ring, and at a click what that means. It is memoised, because everything around it is
 * drawn with each token of an answer.
 */
export const ContextGauge = memo(function ContextGauge({ onShowCut, ...fill }: ContextGaugeProps) {
  const { leftMessages } = fill;
  const name = fillWords(fill);
  return (
    <Popover.Root>
      <Popover.Trigger
        render={
          <button type="button" className="icon-button gauge" aria-label={name} title={name}>
            <Ring part={fill.tokens / fill.contextTokens} />
          </button>
        }
      />
      <Popover.Portal>
        <Popover.Positioner side="top" align="end" sideOffset={6} className="popover-place">
          <Popover.Popup className="popover">
            <div className="popover-head">
              <Popover.Title>{t`Context`}</Popover.Title>
              <Popover.Close render={<IconButton icon={X} label={t`Close`} />} />
            </div>
            <p>{sizeSentence(fill)}</p>
            {leftMessages > 0 && (
              <p>
                {leftSentence(leftMessages)}{" "}
                <Popover.Close className="link" onClick={onShowCut}>
                  {t`Show where`}
                </Popover.Close>
              </p>
            )}
            <p className="quiet">{nextSentence(fill)}</p>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
});

/** An arc that grows with the part, and is closed where the context is full. */
function Ring({ part }: { part: number }) {
  const percent = Math.round(100 * Math.min(1, Math.max(0, part)));
  const circle = { cx: 9, cy: 9, r: 7, fill: "none", strokeWidth: 2.5, pathLength: 100 };
  return (
    <svg
      aria-hidden
      viewBox="0 0 18 18"
      width="1.125em"
      height="1.125em"
      className={percent >= 85 ? "ring full" : "ring"}
    >
      <circle className="track" {...circle} />
      {percent > 0 && (
        <circle className="arc" {...circle} strokeDasharray={`${percent} ${100 - percent}`} />
      )}
    </svg>
  );
}

export function fillWords({ tokens, contextTokens }: ContextFill): string {
  return t`Context: ${{ used: numberWords(tokens) }} of ${{ all: numberWords(contextTokens) }} tokens`;
}

function sizeSentence({ tokens, contextTokens, isEstimate }: ContextFill): string {
  const used = numberWords(tokens);
  const all = numberWords(contextTokens);
  const percent = numberWords(Math.round((100 * tokens) / contextTokens));
  return isEstimate
    ? t`This conversation takes about ${used} of the ${all} tokens that the model can have in view (${percent} %).`
    : t`This conversation takes ${used} of the ${all} tokens that the model can have in view (${percent} %).`;
}

const leftSentence = (messages: number): string =>
  plural(messages, {
    one: "# message has left the model's view.",
    other: "# messages have left the model's view.",
  });

function nextSentence({ leftMessages }: ContextFill): string {
  return leftMessages > 0
    ? t`Whenever it is full, the oldest exchanges leave the view. They stay in the conversation.`
    : t`When it is full, the oldest exchanges leave the view. They stay in the conversation.`;
}
