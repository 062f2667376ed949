import { LONG_CHAT, MIDDLE_CHAT, NEXT_QUESTION, SHORT_CHAT } from "./compared-chats.ts";
import { MeasuredBrowser } from "./measured-browser.ts";
import { perSecond, type Sample } from "./samples.ts";
import type { Asked, WllamaPage } from "./wllama/wllama-page.ts";

const MIB = 2 ** 20;
const DECODED_TOKENS = 32;

interface PageGlobals {
  wllamaPage?: WllamaPage;
}

/** Measures wllama once, in a browser of its own. @param address its page, with the model in its query */
export async function measureWllama(address: string): Promise<Sample> {
  const browser = await MeasuredBrowser.start();
  try {
    await open(browser, address);
    const { loadMs } = await ready(browser);
    await browser.restart();
    const mostMemory = browser.watchMemory();
    await open(browser, address);
    await ready(browser);
    const short = await ask(browser, { messages: SHORT_CHAT, tokens: DECODED_TOKENS });
    const middle = await ask(browser, { messages: MIDDLE_CHAT, tokens: 2 });
    // A page without a memory of its own has nothing but the text after a reload, and runs all of it.
    await browser.page.reload({ waitUntil: "load" });
    const { readyMs: cachedReadyMs } = await ready(browser);
    const next = [...LONG_CHAT, { role: "assistant", text: "Well." } as const];
    const messages = [...next, { role: "user", text: NEXT_QUESTION } as const];
    const long = await ask(browser, { messages, tokens: DECODED_TOKENS });
    return {
      loadMs,
      cachedReadyMs,
      prefillShort: perSecond(short.promptTokens, short.promptMs),
      prefillMiddle: perSecond(middle.promptTokens, middle.promptMs),
      prefillLong: perSecond(long.promptTokens, long.promptMs),
      decodeShort: perSecond(short.decodedTokens - 1, short.decodeMs),
      decodeLong: perSecond(long.decodedTokens - 1, long.decodeMs),
      afterReloadMs: long.firstTokenMs,
      memoryMiB: mostMemory() / MIB,
      tokens: {
        short: short.promptTokens,
        middle: middle.promptTokens,
        long: long.promptTokens,
      },
      ranAfterReload: long.promptTokens,
    };
  } finally {
    await browser.close();
  }
}

const open = ({ page }: MeasuredBrowser, address: string) =>
  page.goto(address, { waitUntil: "load" });

const ready = ({ page }: MeasuredBrowser) =>
  page.evaluate(() => {
    const { wllamaPage } = globalThis as PageGlobals;
    if (!wllamaPage) throw new Error("the page of wllama did not start");
    return wllamaPage.ready();
  });

const ask = ({ page }: MeasuredBrowser, asked: Asked) =>
  page.evaluate((it) => {
    const { wllamaPage } = globalThis as PageGlobals;
    if (!wllamaPage) throw new Error("the page of wllama did not start");
    return wllamaPage.ask(it);
  }, asked);
