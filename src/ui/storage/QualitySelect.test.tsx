import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { QUALITY_LEVELS, type QualityLevel } from "../../protocol/quality.ts";
import { ConversationQualitySelect } from "./ConversationQualitySelect.tsx";
import { QualitySelect } from "./QualitySelect.tsx";
import { qualityWords } from "./quality-words.ts";

const nothing = () => undefined;

test("what the chosen level means describes the choice; what the others mean is not said", () => {
  for (const level of QUALITY_LEVELS) {
    const html = renderToStaticMarkup(
      <QualitySelect level={level} asked={undefined} smaller={undefined} onChange={nothing} />,
    );
    const { name, meaning } = qualityWords(level);
    expect(html).toContain(`<option value="${level}" selected="">${name}</option>`);
    const [, describedBy = "none"] = /aria-describedby="([^"]+)"/.exec(html) ?? [];
    expect(html).toContain(`<p id="${describedBy}">${meaning}</p>`);
    expect(html.match(/<p[ >]/g)).toHaveLength(1);
  }
});

test("that the address asks for another one is said", () => {
  const html = renderToStaticMarkup(
    <QualitySelect level="balanced" asked="exact" smaller={undefined} onChange={nothing} />,
  );
  expect(html).toContain("The address of this page asks for exact, whatever is chosen here.");
});

test("how much room a level takes is said when it is known, and no sooner", () => {
  const meaning = (smaller: string | undefined) =>
    renderToStaticMarkup(
      <QualitySelect level="balanced" asked={undefined} smaller={smaller} onChange={nothing} />,
    );
  expect(meaning("8.2 times smaller")).toContain(
    "word for word. Those that are stored so now are 8.2 times smaller than as they are.</p>",
  );
  for (const { meaning: words } of QUALITY_LEVELS.map(qualityWords))
    expect(words).not.toMatch(/tenth|\d|th of/);
});

const own = (level: QualityLevel | undefined, forAll: QualityLevel) =>
  renderToStaticMarkup(
    <ConversationQualitySelect title="Hi" own={level} forAll={forAll} onChange={nothing} />,
  );

test("a conversation without a choice is as all are, and says what that is", () => {
  expect(own(undefined, "exact")).toContain('<option value="" selected="">As for all (exact)');
  expect(own("compact", "balanced")).toContain('<option value="">As for all (balanced)');
  expect(own("compact", "balanced")).toContain('<option value="compact" selected="">Compact');
  expect(own("compact", "balanced")).toContain('aria-label="Quality of &quot;Hi&quot;"');
});
