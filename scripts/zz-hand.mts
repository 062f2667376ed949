import { chromium } from "playwright";
import { CHROMIUM_ARGS, chromiumPath } from "./chromium.ts";
const ctx = await chromium.launchPersistentContext("/tmp/zzprofile"+Date.now(), { executablePath: chromiumPath(), args: [...CHROMIUM_ARGS], headless: true });
const page = await ctx.newPage();
page.on("console", m => console.log("console", m.type(), m.text().slice(0, 300)));
page.on("pageerror", e => console.log("pageerror", e.message));
const t0 = Date.now();
await page.goto(process.argv[2] ?? "http://localhost:4173/");
await page.waitForTimeout(3000);
const log = async (s: string) => console.log(((Date.now()-t0)/1000).toFixed(1), s, JSON.stringify(await page.locator("[role=status]").allTextContents()));
await log("opened");
const use = page.getByRole("button", { name: /^Use smollm2/i });
if (await use.count()) { await use.first().click(); await log("clicked use"); }
for (let i=0;i<60;i++){ await page.waitForTimeout(1000); const s = await page.locator('[role=status][aria-label=Model]').textContent().catch(()=>""); if (/Ready/.test(s??"")) break; if (i%5==0) await log("wait"); }
await log("ready");
const box = page.locator("textarea");
await box.fill("What is the capital of France?"); await box.press("Enter");
for (let i=0;i<30;i++){ await page.waitForTimeout(1000); const t = await page.locator("main").innerText(); if (i%3==0) console.log("...", t.slice(-200).replace(/\n/g," | ")); if (!(await page.getByRole("button",{name:/stop/i}).count())) break; }
await log("answered"); console.log((await page.locator("main").innerText()).slice(-400));
await page.waitForTimeout(2000);
await page.reload(); await page.waitForTimeout(6000);
await log("reloaded");
await box.fill("And of Italy?"); await box.press("Enter");
for (let i=0;i<20;i++){ await page.waitForTimeout(1000); if (!(await page.getByRole("button",{name:/stop/i}).count())) break; }
console.log((await page.locator("main").innerText()).slice(-500));
const ms = await page.evaluate(() => performance.getEntriesByType("measure").map(m => [m.name, Math.round(m.startTime), Math.round(m.duration), JSON.stringify((m as any).detail)?.slice(0,300)].join(" ")));
console.log(ms.slice(-14).join("\n"));
await page.screenshot({ path: "/tmp/hand.png" });
await ctx.close();
