import { expect, test } from "vitest";
import { HI, openSession } from "./testing-session.ts";

test("files are stored with their message, and the engine reads them as part of it", async () => {
  const { engine, session, messages } = openSession();
  const attachments = [{ name: "a.txt", text: "One" }];
  const asked = engine.asked();
  await session.send({ ...HI, attachments });
  await asked;
  expect(messages()[0]).toMatchObject({ text: "Hi", attachments });
  expect(engine.requests).toMatchObject([
    { messages: [{ role: "user", text: 'File "a.txt":\n```\nOne\n```\n\nHi' }] },
  ]);
});
