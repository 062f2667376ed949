import { describe, expect, test } from "vitest";
import { pipFile } from "../../../tokenizer/testing.ts";
import { parseConversationTemplate } from "./conversation-template.ts";

const URL_OF_CONFIG = "https://models.test/mlc-chat-config.json";
const pipConfig = JSON.parse(pipFile("mlc-chat-config.json")) as { conv_template: object };
const withTemplate = (change: object) =>
  parseConversationTemplate(
    { conv_template: { ...pipConfig.conv_template, ...change } },
    URL_OF_CONFIG,
  );

describe("parseConversationTemplate", () => {
  test.each([
    { change: { roles: null }, detail: "conv_template.roles is not an object" },
    { change: { roles: { user: "u" } }, detail: "conv_template.roles.assistant is not a string" },
    { change: { seps: [] }, detail: "conv_template.seps has not one or two separators" },
    { change: { seps: "\n" }, detail: "conv_template.seps is not a list of strings" },
    {
      change: { system_prefix_token_ids: [-1] },
      detail: "conv_template.system_prefix_token_ids is not a list of non-negative integers",
    },
    {
      change: { role_templates: { user: "no place" } },
      detail: "conv_template.role_templates.user has no {user_message}",
    },
  ])("$detail", ({ change, detail }) => {
    const failure = { code: "model-invalid", url: URL_OF_CONFIG, detail };
    expect(() => withTemplate(change)).toThrow(expect.objectContaining({ failure }) as Error);
  });

  test("a template given by name, as in old repositories, is invalid", () => {
    const detail = "conv_template is not an object";
    expect(() => parseConversationTemplate({ conv_template: "chatml" }, URL_OF_CONFIG)).toThrow(
      expect.objectContaining({
        failure: { code: "model-invalid", url: URL_OF_CONFIG, detail },
      }) as Error,
    );
  });
});

describe("a template that no prompt has room for is refused", () => {
  const long = "x".repeat(2 ** 15);
  const many = new Array(257).fill(1);

  test.each<[string, object]>([
    ["system_template", { system_template: long }],
    ["system_message", { system_message: long }],
    ["roles", { roles: { user: long, assistant: "" } }],
    ["role_templates", { role_templates: { user: long, assistant: "{assistant_message}" } }],
    ["seps", { seps: [long] }],
    ["seps", { seps: new Array(2 ** 15).fill("") }],
    ["role_content_sep", { role_content_sep: long }],
    ["role_empty_sep", { role_empty_sep: long }],
    ["stop_str", { stop_str: ["x".repeat(257)] }],
    ["stop_str", { stop_str: new Array(257).fill("x") }],
    ["stop_token_ids", { stop_token_ids: many }],
    ["system_prefix_token_ids", { system_prefix_token_ids: many }],
  ])("by its %s", (name, change) => {
    expect(() => withTemplate(change)).toThrow(
      expect.objectContaining({
        failure: {
          code: "model-invalid",
          url: URL_OF_CONFIG,
          detail: expect.stringContaining(`conv_template.${name}`) as string,
        },
      }),
    );
  });
});
