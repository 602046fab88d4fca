import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, type Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderLoad } from "../../src/report/index.js";
import { sampleLoad } from "../../src/report/sample-load.testing.js";
import { requireProgram } from "../require-program.js";

const executable = requireProgram("chromium", "apt-get install chromium");
const quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"];

describe.skipIf(executable === undefined)("the page of a load test in a browser", () => {
  let browser: Browser;
  let folder: string;
  let url: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "millwright-load-page-"));
    await writeFile(join(folder, "load.html"), renderLoad(sampleLoad()));
    url = pathToFileURL(join(folder, "load.html")).href;
    browser = await chromium.launch({ executablePath: executable ?? "", args: quiet });
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  test.each([
    { width: 1280, colorScheme: "light" as const },
    { width: 768, colorScheme: "dark" as const },
    { width: 390, colorScheme: "light" as const },
  ])("opens without a complaint and fits $width pixels, $colorScheme", async ({ width, colorScheme }) => {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      if (request.url() !== url && !request.url().startsWith("data:")) complaints.push(request.url());
    });
    await page.goto(url);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    // Two over the loads, and two for each of the five steps and the recovery.
    expect(await page.locator("svg[role=img]:visible").count()).toBe(14);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
