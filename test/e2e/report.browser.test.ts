import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { renderReport } from "../../src/report/index.js";
import { sampleReport } from "../../src/report/sample-report.testing.js";
import { requireProgram } from "../require-program.js";

const executable = requireProgram("chromium", "apt-get install chromium");
const quiet = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

interface Opened {
  readonly page: Page;
  /** Messages on the console, uncaught errors and requests other than the page itself. */
  readonly complaints: readonly string[];
}

describe.skipIf(executable === undefined)("the report in a browser", () => {
  let browser: Browser;
  let folder: string;
  let url: string;

  async function write(name: string, text: string): Promise<string> {
    const file = join(folder, name);
    await writeFile(file, text);
    return pathToFileURL(file).href;
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "millwright-report-"));
    url = await write("report.html", renderReport(sampleReport()));
    browser = await chromium.launch({ executablePath: executable ?? "", args: quiet });
  });

  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  async function open(options: Parameters<Browser["newPage"]>[0], address = url): Promise<Opened> {
    const page = await browser.newPage(options);
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      if (request.url() !== address && !request.url().startsWith("data:")) complaints.push(request.url());
    });
    await page.goto(address);
    return { page, complaints };
  }

  test.each([
    { width: 1280, colorScheme: "light" as const },
    { width: 1280, colorScheme: "dark" as const },
    { width: 768, colorScheme: "light" as const },
    { width: 390, colorScheme: "dark" as const },
  ])("opens without a complaint and fits $width pixels, $colorScheme", async ({ width, colorScheme }) => {
    const { page, complaints } = await open({ viewport: { width, height: 900 }, colorScheme });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    const sections = page.locator("main > section");
    expect(await sections.count()).toBe(12);
    for (const section of await sections.all()) {
      expect(await section.isVisible()).toBe(true);
      expect((await section.boundingBox())?.height).toBeGreaterThan(100);
    }
    expect(await page.locator("#drift svg[role=img]:visible").count()).toBe(1);
    expect(await page.locator("#discrimination svg[role=img]:visible").count()).toBe(2);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("names of any length and content stay within a phone and run nothing", async () => {
    const sample = sampleReport();
    const name = `<script>document.title = "run"</script>${"very_long_name_".repeat(12)}`;
    const data = {
      ...sample,
      model: name,
      outcome: name,
      verdict: { promoted: false, reasons: [name] },
      gates: sample.gates.map((gate) => ({ ...gate, name })),
      importances: sample.importances.map((each) => ({ ...each, name })),
      slices: sample.slices.map((each) => ({
        ...each,
        slices: each.slices.map((slice) => ({ ...slice, value: name })),
      })),
    };
    const hostile = await write("hostile.html", renderReport(data));
    const { page, complaints } = await open({ viewport: { width: 390, height: 900 } }, hostile);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
    expect(await page.title()).toContain("<script>");
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("the colours follow the preference for dark", async () => {
    const grounds = [];
    for (const colorScheme of ["light", "dark"] as const) {
      const { page } = await open({ colorScheme });
      grounds.push(await page.evaluate("getComputedStyle(document.body).backgroundColor"));
      await page.close();
    }
    expect(grounds).toEqual(["rgb(251, 250, 247)", "rgb(16, 18, 22)"]);
  });

  test("text has contrast AA on its ground, light and dark", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const { page } = await open({ colorScheme });
      const ratios = await page.evaluate<Record<string, number>>(contrasts);
      for (const [name, ratio] of Object.entries(ratios)) {
        expect(ratio, `${name} on the ground, ${colorScheme}`).toBeGreaterThanOrEqual(4.5);
      }
      await page.close();
    }
  });

  test("a mark tells its figures when the pointer is on it", async () => {
    const { page } = await open({ viewport: { width: 1280, height: 900 } });
    const tip = page.locator("#tip");
    expect(await tip.isVisible()).toBe(false);
    await page.locator("#importances .mark:visible").first().hover();
    expect(await tip.textContent()).toMatch(
      /^origin_mean_delay_1h \(window\): \d+\.\d % of the gain, \d+ splits$/,
    );
    expect(await tip.isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    expect(await tip.isVisible()).toBe(false);
    await page.close();
  });

  test("a heading sorts its table, again turns it round, and absent figures stay last", async () => {
    const { page } = await open({ viewport: { width: 1280, height: 900 } });
    const table = page.locator("#slices table").nth(1);
    const heading = table.getByRole("columnheader", { name: "AUC" });
    const firsts = () => table.locator("tbody tr th").allTextContents();
    await heading.getByRole("button").click();
    expect(await heading.getAttribute("aria-sort")).toBe("ascending");
    const ascending = await firsts();
    await heading.getByRole("button").click();
    expect(await heading.getAttribute("aria-sort")).toBe("descending");
    const descending = await firsts();
    expect(descending.slice(0, -1)).toEqual(ascending.slice(0, -1).reverse());
    expect([ascending.at(-1), descending.at(-1)]).toEqual(["GUM", "GUM"]);
    await page.close();
  });

  test("the page is complete without its script", async () => {
    const { page } = await open({ javaScriptEnabled: false });
    expect(await page.locator("#importances .mark title").first().textContent()).toContain("of the gain");
    expect(await page.locator("#slices th button").count()).toBe(0);
    await page.close();
  });

  test("prints every section and every row", async () => {
    const { page } = await open({ viewport: { width: 718, height: 1000 } });
    await page.emulateMedia({ media: "print" });
    expect(await page.locator("nav").isVisible()).toBe(false);
    const clipped = await page.evaluate(
      "[...document.querySelectorAll('.table')].filter((each) => getComputedStyle(each).maxHeight !== 'none').length",
    );
    expect(clipped).toBe(0);
    await page.close();
  });
});

/** Runs in the page: contrast (WCAG 2.2) of each text colour on the ground. */
const contrasts = `(() => {
  const probe = document.body.appendChild(document.createElement("i"));
  const luminance = (name) => {
    probe.style.color = "var(--" + name + ")";
    const parts = getComputedStyle(probe).color.match(/\\d+/g).slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const ground = luminance("ground");
  const names = ["ink", "ink-2", "ink-3", "one", "two", "three", "three-solid", "good", "bad"];
  return Object.fromEntries(names.map((name) => {
    const [low, high] = [ground, luminance(name)].sort((a, b) => a - b);
    return [name, (high + 0.05) / (low + 0.05)];
  }));
})()`;
