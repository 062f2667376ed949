import { expect, test } from "vitest";
import { ConsentQuestion, type DownloadQuestion } from "./ConsentQuestion.tsx";
import { parseUrlOptions } from "../address/url-options.ts";
import { htmlOf } from "../locales/testing-html.tsx";

const questionOf = (question: DownloadQuestion) =>
  htmlOf(<ConsentQuestion question={question} onDecide={() => undefined} />);

/** The question about the model that a link names in this way. */
function shownOf(asked: string) {
  const page = `https://rekindle.example/?model=${encodeURIComponent(asked)}`;
  const html = questionOf({ about: "host", url: parseUrlOptions(page).model ?? "" });
  const [, host] = /<strong>(.*)<\/strong>/.exec(html) ?? [];
  const [, path] = /<code>(.*)<\/code>/.exec(html) ?? [];
  return { host, path };
}

test("the host and the directory are shown, and what a yes means", () => {
  const url = "https://huggingface.co/mlc-ai/Qwen3-0.6B-q4f16_1-MLC/";
  const html = questionOf({ about: "host", url });
  expect(html).toContain("Download a model from <strong>huggingface.co</strong>?");
  expect(html).toContain("<code>mlc-ai/Qwen3-0.6B-q4f16_1-MLC</code>");
  expect(html).toContain("Nothing has been fetched from there yet. If more than 20.0 MB");
  const sized = questionOf({ about: "size", url, bytes: 351e6 });
  expect(sized).toContain("Download 351.0 MB from <strong>huggingface.co</strong>?");
  expect(sized).toContain(">Download 351.0 MB</button>");
});

test.each([
  ["https://huggingface.co@evil.example/m", "evil.example", "m"],
  ["https://huggingface.co:secret@evil.example/m", "evil.example", "m"],
  ["https://huggingface.co.evil.example/m", "huggingface.co.evil.example", "m"],
  ["https://hυggingface.co/m", "xn--hggingface-dsh.co", "m"],
  ["https:\\\\evil.example\\huggingface.co\\m", "evil.example", "huggingface.co/m"],
  ["//evil.example/https://huggingface.co/", "evil.example", "https://huggingface.co"],
  ["https://0x7f.1:8080/m", "127.0.0.1:8080", "m"],
  ["https://h.example/\u202egnp.exe", "h.example", "%E2%80%AEgnp.exe"],
  ["https://h.example/<b>%3Cb%3E</b>", "h.example", "%3Cb%3E%3Cb%3E%3C/b%3E"],
])("%s is shown as what would be fetched", (asked, host, path) => {
  expect(shownOf(asked)).toEqual({ host, path });
});

test("a file keeps the whole of its name", () => {
  const html = questionOf({ about: "host", url: "https://huggingface.co/a/b/resolve/main/m.gguf" });
  expect(html).toContain("<code>a/b/resolve/main/m.gguf</code>");
});

test("where nothing can be fetched from, that is said, and only the page's own model is offered", () => {
  const html = questionOf({ about: "blocked-host", url: "https://hub.example/m/" });
  expect(html).toContain("No model can be loaded from <strong>hub.example</strong></h2>");
  expect(html).toContain("from its own address and from huggingface.co, and from nowhere else.");
  expect(html.match(/<button/g)).toHaveLength(1);
  expect(html).toContain(">Use Pip instead</button>");
});

test("what is known of the speed is said before a yes, and not where there is nothing to say yes to", () => {
  const url = "https://huggingface.co/mlc-ai/m/";
  const ask = (about: "host" | "blocked-host") =>
    htmlOf(
      <ConsentQuestion
        question={{ about, url }}
        advice={{ is: "too-large" }}
        onDecide={() => undefined}
      />,
    );
  expect(ask("host")).toContain("<p>This model runs on a graphics card only");
  expect(ask("blocked-host")).not.toContain("graphics card");
});
