// How the page looks, held against screenshots beside this file.
// They are halved: letters that another machine rasters a little differently are much the same at half the size, and the
// files are small. $PIXELFORGE_RENEW_SCREENSHOTS=1 writes them anew instead; look at them before they are committed.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { MODULES, PIXELFORGE_RENEW_SCREENSHOTS } = process.env;
const require = createRequire(`${MODULES}/`);
const { PNG } = require("pngjs");
const { default: pixelmatch } = await import(pathToFileURL(require.resolve("pixelmatch")));

const FAILED = `${MODULES}/screenshots`; // what was seen, and where it differs
// Of the largest difference of colours, and of all pixels: letters hinted otherwise make 0.005 of the worst page.
const TOLERANCE = { pixel: 0.25, share: 0.01 };

/** The page looks as it did: tests/browser/NAME.png. What `unlike` finds differs each time and is covered. */
export async function looksAsBefore(page, name, unlike = []) {
  await page.evaluate(takeKnownLetters);
  const mask = unlike.map((selector) => page.locator(selector));
  const taken = await page.screenshot({ animations: "disabled", caret: "initial", mask, maskColor: "#888" });
  const actual = halved(PNG.sync.read(taken));
  const file = new URL(`${name}.png`, import.meta.url).pathname;
  if (PIXELFORGE_RENEW_SCREENSHOTS) return writeFileSync(file, written(actual));
  assert.ok(existsSync(file), `${file} is missing: PIXELFORGE_RENEW_SCREENSHOTS=1 tests/browser/run makes it`);
  const expected = PNG.sync.read(readFileSync(file));
  const { width, height } = expected;
  assert.deepEqual([actual.width, actual.height], [width, height]);
  const diff = new PNG({ width, height });
  const pixels = pixelmatch(expected.data, actual.data, diff.data, width, height, { threshold: TOLERANCE.pixel });
  const share = pixels / (width * height);
  if (share <= TOLERANCE.share) return;
  mkdirSync(FAILED, { recursive: true });
  writeFileSync(`${FAILED}/${name}-actual.png`, written(actual));
  writeFileSync(`${FAILED}/${name}-diff.png`, written(diff));
  assert.fail(
    `the page does not look like tests/browser/${name}.png: ${(100 * share).toFixed(1)} % of its pixels differ, ` +
      `${100 * TOLERANCE.share} % may. ${FAILED}/${name}-actual.png is what was seen, ${name}-diff.png where it differs. ` +
      `If it should look so: PIXELFORGE_RENEW_SCREENSHOTS=1 tests/browser/run`,
  );
}

/** In the page: scripts/setup installs these, whatever else there is. A <style> would be against the page's policy. */
function takeKnownLetters() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('* { font-family: "DejaVu Sans" !important; caret-color: transparent !important }');
  document.adoptedStyleSheets.push(sheet);
}

/** Four pixels become one; 32 levels a channel are enough to see, and make small files. */
function halved(png) {
  const small = new PNG({ width: png.width >> 1, height: png.height >> 1 });
  for (let y = 0; y < small.height; ++y) {
    for (let x = 0; x < small.width; ++x) {
      for (let c = 0; c < 4; ++c) {
        const at = (dx, dy) => png.data[4 * ((2 * y + dy) * png.width + 2 * x + dx) + c];
        const mean = (at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)) / 4;
        small.data[4 * (y * small.width + x) + c] = Math.round(Math.round((mean / 255) * 31) * (255 / 31));
      }
    }
  }
  return small;
}

const written = (png) => PNG.sync.write(png, { colorType: 2, deflateLevel: 9 });
