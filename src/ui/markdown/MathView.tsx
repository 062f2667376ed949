import { useLayoutEffect, useRef } from "react";

interface MathViewProps {
  /** In TeX. */
  formula: string;
  /** On lines of its own, in place of inside a line. */
  isDisplayed: boolean;
}

type Library = typeof import("./draw-formula.ts");

let library: Library | undefined;

/** Fetches what draws formulas. Where it cannot be fetched, formulas stay as they are written. */
export async function loadFormulas(): Promise<void> {
  library ??= await import("./draw-formula.ts");
}

/** A formula, as MathML. What cannot be read as TeX is shown as it is written. */
export function MathView({ formula, isDisplayed }: MathViewProps) {
  const place = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const into = place.current;
    if (!into) return undefined;
    // Before it is painted where that can be, so that what is below does not move.
    if (library) {
      library.drawFormula(formula, into, isDisplayed);
      return undefined;
    }
    let isGone = false;
    loadFormulas().then(
      () => !isGone && library?.drawFormula(formula, into, isDisplayed),
      () => undefined,
    );
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
