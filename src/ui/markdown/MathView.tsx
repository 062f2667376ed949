import { useEffect, useRef } from "react";

interface MathViewProps {
  /** In TeX. */
  formula: string;
  /** On lines of its own, in place of inside a line. */
  isDisplayed: boolean;
}

/** A formula, as MathML. What cannot be read as TeX is shown as it is written. */
export function MathView({ formula, isDisplayed }: MathViewProps) {
  const place = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    let isGone = false;
    async function draw() {
      // The library comes with the first formula. Where it cannot be fetched, formulas stay as they are written.
      const { drawFormula } = await import("./draw-formula.ts");
      if (!isGone && place.current) drawFormula(formula, place.current, isDisplayed);
    }
    draw().catch(() => undefined);
    return () => {
      isGone = true;
    };
  }, [formula, isDisplayed]);
  return (
    // The library replaces what is inside, so that another formula takes another element.
    <span key={formula} ref={place} className={isDisplayed ? "math displayed" : "math"} dir="ltr">
      {formula}
    </span>
  );
}
