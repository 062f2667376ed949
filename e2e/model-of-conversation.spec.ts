import { expect, type Locator } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { complaintsOf } from "./pages/complaints.ts";
import { conversationId, restored, saved } from "./pages/kv-chat.ts";
import { LONG, READS_ALL } from "./pages/pip.ts";
import { MEASURING } from "./pages/servers.ts";
import { test } from "./pages/test.ts";

const OPTIONS = `&temperature=0&quality=exact&${READS_ALL}`;
const SMALL_PIP = `?model=models/pip-4.7m/mlc-q4f16_1/${OPTIONS}`;
const LARGE_PIP = `?model=models/pip-4.7m/mlc-q0f16/${OPTIONS}`;

/** The page with this conversation on screen, begun with the model of that address. */
async function openWith(chat: ChatPage, query: string, id: string): Promise<void> {
  // Another query loads the page anew, as another visit does.
  await chat.goto(`${query}#/c/${id}`);
  await expect(chat.questions).not.toHaveCount(0);
}

const noticeOf = ({ page }: ChatPage): Locator =>
  page.getByRole("region", { name: "Model of this conversation" });
const pressIn = (notice: Locator, name: string) =>
  notice.getByRole("button", { name, exact: true }).click();

test.describe("two models in one conversation", () => {
  test.use({ baseURL: MEASURING.url });

  test("are told apart, answer only as agreed, and each finds its own KV again", async ({
    page,
  }) => {
    test.setTimeout(120_000);
    const complaints = complaintsOf(page);
    const chat = new ChatPage(page);
    await chat.goto(SMALL_PIP);
    await chat.ask("Hi, my name is Bella.");
    await chat.ask(LONG);
    const storedBySmall = await saved(chat);
    const id = conversationId(chat);
    await expect(noticeOf(chat)).toHaveCount(0);
    const details = chat.answers.last().getByRole("group");
    await details.locator("summary").click();
    await expect(details).toContainText("q4f16_1");
    await expect(details).toContainText("/models/pip-4.7m/mlc-q4f16_1/");

    await openWith(chat, LARGE_PIP, id);
    await chat.ready();
    await expect(noticeOf(chat)).toContainText(
      "Pip (q4f16_1) wrote the last answer here. The next one would be by Pip (q0f16).",
    );
    await pressIn(noticeOf(chat), "Go on with Pip (q0f16)");
    await expect(noticeOf(chat)).toHaveCount(0);
    await expect(chat.input).toBeFocused();
    await chat.ask("What is my name?");
    // All of the text was read, as the other model's rows are of no use to this one.
    expect((await restored(chat)).loadedTokens).toBe(0);
    const storedByLarge = await saved(chat);
    await expect(chat.log).toContainText("From here on Pip (q0f16) answers.");

    await openWith(chat, SMALL_PIP, id);
    await chat.ready();
    const ofSmall = await restored(chat);
    expect(ofSmall.reusedTokens + ofSmall.loadedTokens).toBeGreaterThanOrEqual(storedBySmall - 1);
    await pressIn(noticeOf(chat), "Continue with Pip (q0f16)");
    await expect(noticeOf(chat)).toHaveCount(0);
    await chat.ready();
    // Whether its rows are restored before the next turn or by it: nothing of them is run again.
    await chat.ask("And who am I?");
    const { promptTokens = 0, prefilledTokens = 0 } = (await chat.prefills()).at(-1) ?? {};
    expect(promptTokens - prefilledTokens).toBeGreaterThanOrEqual(storedByLarge - 1);
    await expect(chat.log.getByText("From here on")).toHaveCount(1);
    expect(complaints).toEqual([]);
  });
});
