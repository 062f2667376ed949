import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { QUALITY_LEVELS, type QualityLevel } from "../../protocol/quality.ts";
import { ConversationQualitySelect } from "./ConversationQualitySelect.tsx";
import { QualitySelect } from "./QualitySelect.tsx";
import { QUALITY_WORDS } from "./quality-words.ts";

const nothing = () => undefined;

test("what the chosen level means describes the choice; what the others mean is not said", () => {
  for (const level of QUALITY_LEVELS) {
    const html = renderToStaticMarkup(
      <QualitySelect level={level} asked={undefined} onChange={nothing} />,
    );
    const { name, meaning } = QUALITY_WORDS[level];
    expect(html).toContain(`<option value="${level}" selected="">${name}</option>`);
    const [, describedBy = "none"] = /aria-describedby="([^"]+)"/.exec(html) ?? [];
    expect(html).toContain(`<p id="${describedBy}">${meaning}</p>`);
    expect(html.match(/<p[ >]/g)).toHaveLength(1);
  }
});

test("that the address asks for another one is said", () => {
  const html = renderToStaticMarkup(
    <QualitySelect level="balanced" asked="exact" onChange={nothing} />,
  );
  expect(html).toContain("The address of this page asks for exact, whatever is chosen here.");
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
