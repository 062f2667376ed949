import temml from "temml";
import "temml/dist/Temml-Local.css";

/** Macros that a formula may expand. A formula can define macros that double with each use. */
const MAX_EXPANSIONS = 500;

/** Largest rule or space that a formula may ask for, in em. */
const MAX_SIZE = 20;

/**
 * Draws a formula as MathML into an element, in place of what is there. A formula that is not TeX leaves it as it is.
 *
 * @param formula in TeX; commands that lead elsewhere or name styles are not followed
 */
export function drawFormula(formula: string, into: HTMLElement, isDisplayed: boolean): void {
  const drawn = document.createElement("span");
  try {
    temml.render(formula, drawn, {
      displayMode: isDisplayed,
      throwOnError: true,
      trust: false,
      maxExpand: MAX_EXPANSIONS,
      maxSize: [MAX_SIZE, MAX_SIZE],
    });
  } catch {
    return;
  }
  into.replaceChildren(...drawn.childNodes);
}
