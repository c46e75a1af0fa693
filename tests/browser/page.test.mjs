// What a person does with the page, in a real browser, with the real program behind it.
// Run by tests/browser/run, which sets PAGE (the address) and MODULES (where npm put playwright-core).
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, afterEach, before, test } from "node:test";
import { looksAsBefore } from "./screenshots.mjs";

const { PAGE, MODULES } = process.env;
const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const require = createRequire(`${MODULES}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const desktop = { viewport: { width: 1280, height: 800 } };
const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
const small = { steps: 4, width: 64, height: 64 };

let browser;
let complaints = [];
const contexts = [];

before(async () => {
  // The sandbox needs rights that root in a container does not have.
  browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
});
after(() => browser?.close());
afterEach(async () => {
  await Promise.all(contexts.splice(0).map((c) => c.close()));
  const said = complaints;
  complaints = [];
  assert.deepEqual(said, [], "the browser has nothing to complain of");
});

/** A fresh visitor, whose settings are `draft`. What the page does wrong in the browser's eyes is kept for afterEach. */
async function visit({ draft = small, view = "create", prepare = async () => {}, ...how } = desktop) {
  const context = await browser.newContext({ acceptDownloads: true, ...how });
  contexts.push(context);
  context.setDefaultTimeout(10_000);
  await context.addInitScript(
    (kept) => localStorage.getItem("pixelforge.draft") ?? localStorage.setItem("pixelforge.draft", kept),
    JSON.stringify({ prompt: "", loras: [], ...draft }),
  );
  const page = await context.newPage();
  page.on("pageerror", (e) => complaints.push(String(e)));
  page.on("console", (m) => m.type() === "error" && complaints.push(m.text()));
  page.on("request", (r) => /^(data|blob):/.test(r.url()) || r.url().startsWith(PAGE) || complaints.push(r.url()));
  await prepare(page);
  await page.goto(`${PAGE}/#/${view}`);
  return page;
}

const prompt = (page) => page.getByLabel("Prompt: what the picture should show");
const picture = (page) => page.locator(".frame-button img");

/** Types a prompt, presses Enter, and gives the request that was sent. */
async function ask(page, words) {
  await prompt(page).fill(words);
  const sent = page.waitForRequest((r) => r.method() === "POST" && r.url().endsWith("/v1/jobs"));
  await prompt(page).press("Enter");
  return (await sent).postDataJSON();
}

/** The same, and waits for the picture. */
async function draw(page, words) {
  const before = await picture(page).evaluateAll((all) => all[0]?.src);
  const request = await ask(page, words);
  const shown = ([src, alt]) =>
    [...document.querySelectorAll(".frame-button img")].some((i) => i.src !== src && i.alt === alt);
  await page.waitForFunction(shown, [before, request.prompt]);
  return request;
}

test("a prompt and Enter draw a picture, which is seen while it is drawn", async () => {
  const page = await visit({ ...desktop, draft: { steps: 150 } });
  await ask(page, "a red balloon in the mountains");
  const preview = page.locator("img.preview");
  await preview.waitFor();
  assert.match(await preview.getAttribute("src"), /^data:image\//);
  const bar = page.getByRole("progressbar");
  assert.ok(Number(await bar.getAttribute("aria-valuenow")) < 100);
  await picture(page).waitFor();
  await page.getByRole("status").getByText("Done: a red balloon in the mountains").waitFor(); // for a screen reader
  assert.equal(await picture(page).evaluate(async (i) => (await i.decode(), i.naturalWidth)), 128);
});

test("only what was changed is sent, and a reset takes it back", async () => {
  const page = await visit({ ...desktop, draft: {} });
  const steps = page.getByLabel("Steps", { exact: true });
  await page.locator('input[placeholder="20"]').and(steps).waitFor(); // the checkpoint's own
  await steps.fill("3");
  await page.getByLabel("Sampler", { exact: true }).selectOption("euler");
  assert.deepEqual(await draw(page, "a blue castle"), { prompt: "a blue castle", steps: 3, sampler: "euler" });
  await page.getByRole("button", { name: "Reset Sampler" }).click();
  assert.deepEqual(await draw(page, "a blue castle"), { prompt: "a blue castle", steps: 3 });
});

test("a running job is cancelled at the button", async () => {
  const page = await visit({ ...desktop, draft: { steps: 500, width: 256, height: 256 } });
  await ask(page, "a snowman in winter");
  await page.getByText(/Step \d+ of 500/).waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("progressbar").waitFor({ state: "detached" });
  await page.getByRole("link", { name: "Queue" }).click();
  await page.locator(".row", { hasText: "a snowman in winter" }).first().getByText("cancelled").waitFor();
});

test("several jobs wait in line, and each gets its turn", async () => {
  const page = await visit({ ...desktop, draft: { ...small, steps: 20 } });
  await ask(page, "a pink flower");
  await ask(page, "a teal potion");
  await page.getByRole("link", { name: /Queue/ }).click();
  for (const words of ["a pink flower", "a teal potion"]) {
    await page.locator(".row", { hasText: words }).first().getByText("done").waitFor();
  }
});

test("a LoRA's slider sets its weight, and its words go into the prompt", async () => {
  const page = await visit();
  await prompt(page).fill("a green pine tree");
  await page.getByRole("button", { name: /neon/i }).first().click();
  const slider = page.getByRole("slider", { name: /Weight of .*neon/i });
  await slider.fill("0.6");
  await page.getByTitle("Add to the prompt").first().click();
  const words = await prompt(page).inputValue();
  assert.match(words, /^a green pine tree, .*neon/i);
  const request = await draw(page, words);
  assert.deepEqual(request.loras, [{ name: "neon", strength: 0.6 }]);
});

test("a checkpoint's card chooses it", async () => {
  const page = await visit();
  await page.getByRole("radio", { name: /pixel art/i }).check();
  assert.equal((await draw(page, "a brown house")).checkpoint, "starter-pixel");
  assert.match(await page.locator(".caption p").innerText(), /^starter-pixel/);
});

test("Auto says what it takes and why, and the second best is a click away", async () => {
  const page = await visit();
  await prompt(page).pressSequentially("a castle, pixel art");
  await page.getByText('Takes starter-pixel: made for pixel art ("pixel art")').waitFor();
  await page.getByRole("button", { name: "starter instead" }).click();
  const chosen = page.getByRole("radio", { name: /^starter good for/ });
  assert.deepEqual(await chosen.evaluate((r) => [r.checked, document.activeElement === r]), [true, true]);
  assert.equal((await draw(page, "a castle, pixel art")).checkpoint, "starter");
});

test("nothing is chosen for an empty prompt, or where a checkpoint is fixed", async () => {
  const page = await visit({ ...desktop, draft: { ...small, prompt: "a castle", checkpoint: "starter" } });
  const asked = [];
  page.on("request", (r) => r.url().endsWith("/v1/choose") && asked.push(r.postDataJSON().prompt));
  const planned = page.waitForResponse((r) => r.url().endsWith("/v1/plan"));
  await prompt(page).fill("a castle, pixel art");
  await planned;
  await page.waitForTimeout(300);
  assert.deepEqual(asked, []);
  await page.getByRole("radio", { name: /^Auto/ }).check();
  await page.getByText(/^Takes starter-pixel/).waitFor();
  await prompt(page).fill("");
  await page.getByText("Chosen for your prompt").waitFor();
  await page.waitForTimeout(600);
  assert.deepEqual(asked, ["a castle, pixel art"]);
});

test("a LoRA that fits the prompt is added by its chip, and taken away again", async () => {
  const page = await visit();
  await prompt(page).fill("a neon sign of a cat");
  const chip = page.getByRole("button", { name: /^neon, for "neon/ });
  await chip.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("slider", { name: "Weight of neon" }).waitFor();
  assert.equal(await chip.getAttribute("aria-pressed"), "true");
  assert.deepEqual((await draw(page, "a neon sign of a cat")).loras, [{ name: "neon", strength: 1 }]);
  await chip.click();
  assert.equal((await draw(page, "a neon sign of a dog")).loras, undefined);
});

test("a picture says why its checkpoint was chosen, and is drawn with the second best at a click", async () => {
  const page = await visit();
  await draw(page, "a castle, pixel art");
  await page.getByText('Chosen: starter-pixel, because it is made for pixel art ("pixel art")').waitFor();
  const seed = /seed (\d+)/.exec(await page.locator(".caption p").innerText())[1];
  const sent = page.waitForRequest((r) => r.method() === "POST" && r.url().endsWith("/v1/jobs"));
  await page.getByRole("button", { name: "Draw it with starter instead" }).click();
  const request = (await sent).postDataJSON();
  assert.deepEqual(
    [request.checkpoint, request.prompt, String(request.seed), request.steps],
    ["starter", "a castle, pixel art", seed, 4],
  );
  await page.getByText(new RegExp(`^starter · seed ${seed} ·`)).waitFor();
});

test("the brush's mask is drawn anew, the rest stays", async () => {
  const page = await visit({ ...desktop, draft: { steps: 8, seed: 42 } });
  await draw(page, "a red balloon, white background");
  await page.getByRole("button", { name: "Details" }).click();
  await page.getByRole("button", { name: "Use as start picture" }).click();
  await page.getByRole("button", { name: "Paint a mask" }).click();
  const box = await page.locator(".brush-stage canvas").boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x - box.width / 5, y);
  await page.mouse.down();
  await page.mouse.move(x + box.width / 5, y, { steps: 5 });
  await page.mouse.up();
  await page.getByRole("button", { name: "Use this mask" }).click();
  await page.getByLabel("Strength", { exact: true }).fill("1");
  const before = await picture(page).getAttribute("src");
  const request = await draw(page, "a black castle, white background");
  const mask = await page.evaluate(regions, request.mask);
  assert.equal(mask.width, 128);
  assert.deepEqual([Math.max(...mask.corner), Math.min(...mask.middle)], [0, 255]);
  const old = await page.evaluate(regions, before);
  const now = await page.evaluate(regions, await picture(page).getAttribute("src"));
  const [rest, painted] = [difference(old.corner, now.corner), difference(old.middle, now.middle)];
  assert.ok(painted > 3 * rest, `the painted part changed by ${painted}, the rest by ${rest}`);
});

/** In the page: the pixels of a corner and of the middle. */
async function regions(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const [width, height] = [image.naturalWidth, image.naturalHeight];
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const g = canvas.getContext("2d");
  g.drawImage(image, 0, 0);
  const at = (x, y) => [...g.getImageData(x, y, 8, 8).data].filter((_, i) => i % 4 < 3);
  return { width, corner: at(0, 0), middle: at(width / 2 - 4, height / 2 - 4) };
}
const difference = (a, b) => a.reduce((sum, v, i) => sum + Math.abs(v - b[i]), 0) / a.length;

test("history finds a picture by its words, and its settings come back", async () => {
  const page = await visit({ ...desktop, draft: { ...small, cfg_scale: 3, seed: 77 } });
  await draw(page, "a purple mushroom, green background");
  await draw(page, "a white rabbit");
  await page.getByRole("button", { name: "Reset all settings" }).click();
  await page.getByRole("link", { name: "History" }).click();
  await page.getByRole("searchbox", { name: "Search the prompts" }).fill("mushroom");
  await page.getByAltText("a white rabbit").waitFor({ state: "detached" });
  await page.getByAltText("a purple mushroom, green background").first().click();
  await page.getByRole("button", { name: "Use these settings" }).click();
  await page.waitForURL(/create/);
  assert.equal(await prompt(page).inputValue(), "a purple mushroom, green background");
  assert.equal(await page.getByLabel("Seed", { exact: true }).inputValue(), "77");
  assert.equal(await page.getByLabel("CFG scale", { exact: true }).inputValue(), "3");
});

test("the arrows go through the pictures, Escape closes", async () => {
  const page = await visit();
  await draw(page, "a yellow star");
  await draw(page, "an orange boat");
  await page.locator(".frame-button").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByAltText("an orange boat").waitFor();
  await page.keyboard.press("ArrowRight");
  await dialog.getByAltText("a yellow star").waitFor();
  await page.keyboard.press("ArrowLeft");
  await dialog.getByAltText("an orange boat").waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
});

test("a deleted picture comes back by Undo", async () => {
  const page = await visit();
  await draw(page, "a red crown");
  await page.getByRole("button", { name: "Details" }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("link", { name: "History" }).click();
  await page.locator(".gallery").getByAltText("a red crown").waitFor();
});

test("a favourite is one after a reload too", async () => {
  const page = await visit();
  await draw(page, "a silver moon");
  const answered = page.waitForResponse((r) => r.request().method() === "PATCH");
  await page.getByRole("button", { name: "Favourite", exact: true }).click();
  await answered;
  await page.goto(`${PAGE}/#/history`);
  await page.reload();
  await page.getByRole("button", { name: "Favourites" }).click();
  await page.getByAltText("a silver moon").waitFor();
});

test("a dropped PNG says how it was made", async () => {
  const page = await visit({ ...desktop, draft: { ...small, seed: 5 } });
  await draw(page, "a grey robot in a city");
  const file = await (await fetch(PAGE + (await picture(page).getAttribute("src")))).arrayBuffer();
  await page.getByRole("button", { name: "Reset all settings" }).click();
  await prompt(page).fill("");
  await page.evaluate(
    (bytes) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], "dropped.png", { type: "image/png" }));
      window.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    },
    [...new Uint8Array(file)],
  );
  await page.getByRole("dialog").getByText("a grey robot in a city").waitFor();
  await page.getByRole("button", { name: "Use these settings" }).click();
  assert.equal(await prompt(page).inputValue(), "a grey robot in a city");
  assert.equal(await page.getByLabel("Seed", { exact: true }).inputValue(), "5");
});

/** A PNG of one colour, drawn by the page. */
const plainPicture = (page, width, height) =>
  page.evaluate(
    ([width, height]) => {
      const canvas = Object.assign(document.createElement("canvas"), { width, height });
      const g = canvas.getContext("2d");
      g.fillStyle = "#3a7";
      g.fillRect(0, 0, width, height);
      return canvas.toDataURL("image/png").split(",")[1];
    },
    [width, height],
  );

test("a photograph becomes the start, in its shape and the checkpoint's size", async () => {
  const page = await visit({ ...desktop, draft: { steps: 2 } });
  const buffer = Buffer.from(await plainPicture(page, 3000, 1500), "base64");
  await page.getByLabel("Start picture file").setInputFiles({ name: "photo.png", mimeType: "image/png", buffer });
  await page.getByAltText("Start picture", { exact: true }).waitFor();
  const request = await draw(page, "a green hill in the snow");
  assert.match(request.init, /^data:image\/jpeg;base64,/);
  assert.deepEqual([request.width, request.height], [184, 88]);
  assert.equal(await picture(page).evaluate((i) => i.naturalWidth), 184);
});

test("what was typed and set survives a reload", async () => {
  const page = await visit();
  await prompt(page).fill("a pink elephant");
  await page.getByLabel("Steps", { exact: true }).fill("7");
  await page.reload();
  assert.equal(await prompt(page).inputValue(), "a pink elephant");
  assert.equal(await page.getByLabel("Steps", { exact: true }).inputValue(), "7");
});

test("a job goes on when the page is loaded again", async () => {
  const page = await visit({ ...desktop, draft: { steps: 60, width: 256, height: 256 } });
  await ask(page, "a golden temple");
  await page.getByText(/Step \d+ of 60/).waitFor();
  await page.reload();
  await page.getByText(/Step \d+ of 60/).waitFor();
  await picture(page).and(page.getByAltText("a golden temple")).waitFor();
});

test("the grid fills as pictures arrive, all of one seed, and is kept as a picture", async () => {
  const page = await visit({ ...desktop, view: "grid" });
  await page.getByRole("textbox", { name: "Prompt", exact: true }).fill("a brown teapot");
  await page.getByLabel("Across: values, separated by commas").fill("2, 3");
  await page.getByLabel("Down: values, separated by commas").fill("1, 4");
  await page.getByRole("button", { name: "Draw 4 pictures" }).click();
  await page.getByRole("button", { name: "Download as PNG" }).waitFor();
  const seeds = await page.locator(".sheet img").evaluateAll((all) => all.map((i) => i.alt));
  assert.equal(seeds.length, 4);
  assert.equal(new Set(seeds).size, 1);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download as PNG" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "grid.png");
});

test("a model comes in by its path, gets another name and goes again", async () => {
  const page = await visit({ ...desktop, view: "models" });
  await page.getByLabel("Path", { exact: true }).fill(`${ROOT}/assets/starter/lora/neon.safetensors`);
  await page.getByRole("textbox", { name: "Name (optional)" }).last().fill("glow");
  await page.getByRole("button", { name: "Import" }).click();
  await page.getByRole("button", { name: "Details of glow" }).click();
  await page.getByLabel("New name").fill("gleam");
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByRole("button", { name: "Details of gleam" }).click();
  await page.getByRole("button", { name: "Remove from the library" }).click();
  await page.getByRole("button", { name: /^Remove \d/ }).click();
  await page.getByRole("button", { name: "Details of gleam" }).waitFor({ state: "detached" });
});

test("what a model is good for is shown, and can be said", async () => {
  const page = await visit({ ...desktop, view: "models" });
  await page.getByLabel("Path", { exact: true }).fill(`${ROOT}/assets/starter/starter.safetensors`);
  await page.getByRole("textbox", { name: "Name (optional)" }).last().fill("badges");
  await page.getByRole("button", { name: "Import" }).click();
  await page.getByRole("button", { name: "Details of badges" }).click();
  await page.getByText("Change what is said of it").click();
  await page.getByLabel("Good for").fill("logos, badges");
  await page.getByLabel("Steps", { exact: true }).fill("many");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("dialog").getByRole("alert").getByText(/steps: got "many"/).waitFor();
  complaints = complaints.filter((c) => !/status of 4\d\d/.test(c));
  await page.getByLabel("Steps", { exact: true }).fill("9");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.locator(".row", { hasText: "badges" }).getByText(/^good for logo/).waitFor();
  const { settings, set } = await (await fetch(`${PAGE}/v1/models/badges`)).json();
  assert.deepEqual([settings.steps, set], [9, { good_for: "logos, badges", steps: "9" }]);
  await fetch(`${PAGE}/v1/models/badges`, { method: "DELETE" });
});

test("a model in the program is set like any other, and keeps its name", async () => {
  const page = await visit({ ...desktop, view: "models" });
  await page.getByRole("button", { name: "Details of starter-pixel" }).click();
  await page.getByRole("dialog").getByText("pixel art", { exact: true }).waitFor();
  assert.equal(await page.getByRole("button", { name: /^(Rename|Remove)/ }).count(), 0);
  await page.getByText("Change what is said of it").click();
  await page.getByLabel("Steps", { exact: true }).fill("9");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  const model = async () => (await fetch(`${PAGE}/v1/models/starter-pixel`)).json();
  assert.equal((await model()).settings.steps, 9);
  await page.getByRole("button", { name: "Details of starter-pixel" }).click();
  await page.getByText("Change what is said of it").click();
  await page.getByLabel("Steps", { exact: true }).fill("");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.deepEqual((await model()).set, {});
});

test("a LoRA is added as strong as its user likes it", async () => {
  const set = (strength) =>
    fetch(`${PAGE}/v1/models/neon`, {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ set: { strength } }),
    });
  await set("0.6");
  const page = await visit(desktop);
  await page.locator(".loras .chip", { hasText: "neon" }).click();
  await page.locator(".lora output", { hasText: "0.60" }).waitFor();
  await set("");
});

test("what was set can be kept for a checkpoint", async () => {
  const page = await visit({ ...desktop, view: "models" });
  await page.getByLabel("Path", { exact: true }).fill(`${ROOT}/assets/starter/starter.safetensors`);
  await page.getByRole("textbox", { name: "Name (optional)" }).last().fill("mine");
  await page.getByRole("button", { name: "Import" }).click();
  await page.getByRole("button", { name: "Details of mine" }).waitFor();
  await page.getByRole("link", { name: "Create" }).click();
  await page.getByRole("radio", { name: /^mine/ }).check();
  const steps = page.getByLabel("Steps", { exact: true });
  await steps.fill("9");
  await page.getByRole("button", { name: "Keep these for mine" }).click();
  await page.locator('input[placeholder="9"]').and(steps).waitFor();
  const { settings } = await (await fetch(`${PAGE}/v1/models/mine`)).json();
  assert.equal(settings.steps, 9);
  await fetch(`${PAGE}/v1/models/mine`, { method: "DELETE" });
});

test("what cannot be is said where it is asked for", async () => {
  const page = await visit({ ...desktop, view: "models" });
  await page.getByLabel("Path", { exact: true }).fill("/no/such/model.safetensors");
  await page.getByRole("button", { name: "Import" }).click();
  await page.locator(".row-error").getByText("/no/such/model.safetensors").waitFor();
  complaints = complaints.filter((c) => !/status of 4\d\d/.test(c)); // which the browser says of every refusal
});

test("the history goes on as one scrolls", async () => {
  const page = await visit({ ...desktop, draft: { ...small, steps: 1, count: 42 } });
  await ask(page, "a yellow sun");
  await page.getByRole("link", { name: /Queue/ }).click();
  await page.locator(".row", { hasText: "a yellow sun" }).first().getByText("42 pictures").waitFor();
  await page.goto(`${PAGE}/#/history`);
  await page.reload();
  await page.locator(".gallery .thumb").nth(20).scrollIntoViewIfNeeded();
  await page.locator(".gallery .thumb").nth(41).waitFor();
});

test("when the free pictures are used up it says when there are more", async () => {
  const page = await visit();
  const allowance = { limit: 25, used: 25, left: 0, resets: "2031-05-06T07:08:00Z" };
  const refusal = { title: "Too Many Requests", status: 429, code: "limit", detail: "pictures: got 26, need 25" };
  await page.route("**/v1/account", (r) => r.fulfill({ json: { user: "guest", admin: false, allowance } }));
  await page.route("**/v1/jobs", (r) =>
    r.fulfill({ status: 429, contentType: "application/problem+json", body: JSON.stringify(refusal) }),
  );
  await ask(page, "a red car");
  await page
    .getByRole("status")
    .getByText(/25 free pictures are used up. There are more at .*:08/)
    .waitFor();
  await page.getByText(/No free pictures left/).waitFor();
  complaints = complaints.filter((c) => !/status of 429/.test(c));
});

test("a visitor of a public server may sign in", async () => {
  const page = await visit();
  let account = { user: "visitor", admin: false, visitor: true, allowance: null };
  await page.route("**/v1/account", (r) => r.fulfill({ json: account }));
  await page.route("**/v1/session", (r) => {
    const isRight = r.request().postDataJSON().password === "right";
    if (!isRight)
      return r.fulfill({ status: 401, json: { status: 401, code: "wrong_password", detail: "no such user" } });
    account = { user: "ada", admin: false, visitor: false, allowance: null };
    return r.fulfill({ json: { user: "ada" } });
  });
  await page.reload();
  await page.getByRole("button", { name: "Sign in" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("ada");
  await dialog.getByLabel("Password").fill("wrong");
  await dialog.getByLabel("Password").press("Enter");
  await dialog.getByRole("alert").getByText("no such user").waitFor();
  await dialog.getByLabel("Password").fill("right");
  await dialog.getByLabel("Password").press("Enter");
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  complaints = complaints.filter((c) => !/status of 401/.test(c));
});

test("whoever runs the server makes a key, limits it and revokes it", async () => {
  const page = await visit({ ...desktop, permissions: ["clipboard-read", "clipboard-write"] });
  await page.getByRole("link", { name: "Keys and users" }).click();
  await page.getByText("Add a key or a user").click();
  await page.getByLabel("Name", { exact: true }).fill("photo booth");
  await page.getByLabel("Pictures a day").fill("500");
  await page.getByRole("button", { name: "Make the key" }).click();
  const shown = page.getByLabel("The key of photo booth. Keep it: it is not shown again.");
  assert.match(await shown.inputValue(), /^pxf_[0-9a-f]{48}$/);
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByText("Copied.").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await shown.inputValue());
  await page.getByText("500 pictures a day", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Limits of photo booth" }).click();
  const row = page.locator(".account", { hasText: "photo booth" });
  await row.getByLabel("Pictures a day").fill("");
  await row.getByLabel("Checkpoints").fill("starter, starter-pixel");
  await row.getByLabel("Priority").fill("2");
  await row.getByRole("button", { name: "Save" }).click();
  await row.getByText("starter, starter-pixel · priority 2").waitFor();
  await page.reload();
  await row.waitFor();
  assert.equal(await shown.count(), 0);
  await row.getByRole("button", { name: "Revoke photo booth" }).click();
  await row.getByRole("button", { name: "Revoke it" }).click();
  await row.waitFor({ state: "detached" });
});

test("who is no administrator sees no keys", async () => {
  const page = await visit({ ...desktop, view: "queue" });
  const account = { user: "ann", admin: false, visitor: false, allowance: null };
  await page.route("**/v1/account", (r) => r.fulfill({ json: account }));
  await page.reload();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Keys and users" }).count(), 0);
  await page.goto(`${PAGE}/#/accounts`);
  await page.getByText("Only administrators see them.").waitFor();
});

test("a tooltip explains a word, by hand and by keyboard", async () => {
  const page = await visit();
  await page.getByRole("button", { name: "What is CFG scale?" }).focus();
  await page
    .getByRole("tooltip")
    .filter({ visible: true, hasText: /prompt is followed/ })
    .waitFor();
});

test("the keyboard alone suffices", async () => {
  const page = await visit({ ...desktop, view: "queue" });
  await page.getByRole("heading", { name: "Queue" }).waitFor();
  await page.keyboard.press("/");
  await page.waitForFunction(() => document.activeElement?.id === "prompt");
  await page.keyboard.type("a blue fish");
  await page.keyboard.press("Enter");
  await picture(page).and(page.getByAltText("a blue fish")).waitFor();
});

test("on a phone nothing goes beyond the side, and the settings are a drawer", async () => {
  const page = await visit({ ...phone, draft: small });
  // Not innerWidth: a phone's browser zooms out until everything is on the screen.
  const fits = async (where) =>
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), phone.viewport.width, where);
  await draw(page, "a white lighthouse");
  for (const view of ["create", "history", "grid", "models", "queue", "accounts"]) {
    await page.goto(`${PAGE}/#/${view}`);
    await page.locator("h1").first().waitFor({ state: "attached" });
    await fits(view);
  }
  await page.goto(`${PAGE}/#/create`);
  await page.getByRole("button", { name: "Settings" }).tap();
  await page.getByRole("dialog").getByLabel("Steps", { exact: true }).fill("2");
  await fits("drawer");
  await page.keyboard.press("Escape");
  assert.equal((await draw(page, "a white lighthouse at night")).steps, 2);
});

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing serious (${colorScheme})`, async () => {
    const page = await visit({ ...desktop, colorScheme, draft: small });
    await page.locator(".card").first().waitFor();
    await draw(page, "a red heart");
    const check = async (where) => {
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      const bad = violations.filter((v) => v.impact === "serious" || v.impact === "critical");
      assert.deepEqual(
        bad.map((v) => `${v.id}: ${v.nodes[0].html}`),
        [],
        where,
      );
    };
    await check("create");
    await page.locator(".frame-button").click();
    await check("lightbox");
    await page.keyboard.press("Escape");
    for (const view of ["history", "grid", "models", "queue", "accounts"]) {
      await page.goto(`${PAGE}/#/${view}`);
      await page.locator("h1").filter({ visible: true }).first().waitFor();
      await check(view);
    }
  });
}

test("two ways to draw are compared blind, and the vote is told", async () => {
  const page = await visit({ view: "models" });
  await page.getByRole("button", { name: /^Details of starter$/ }).click();
  const papers = page.getByRole("dialog", { name: "Details of starter" });
  await papers.getByText("Which looks better?", { exact: true }).click();
  await papers.getByRole("img", { name: "Picture A" }).waitFor({ timeout: 30_000 });
  await papers.getByRole("img", { name: "Picture B" }).waitFor();
  assert.equal(await papers.getByText(/the preset|another way|CFG \d/).count(), 1, "its own settings alone stand there");
  await papers.getByRole("button", { name: "A is better" }).click();
  await papers.getByText("the preset", { exact: true }).waitFor();
  await papers.getByText("another way", { exact: true }).waitFor();
  await papers.getByRole("button", { name: "Another pair" }).waitFor();
});

test("a level changes the settings that the checkpoint would take", async () => {
  const page = await visit({ draft: { width: 64, height: 64, prompt: "a boat" } });
  const steps = page.getByLabel("Steps", { exact: true });
  await page.getByLabel("Level", { exact: true }).selectOption("fast");
  await page.waitForFunction((el) => el.placeholder === "12", await steps.elementHandle());
  assert.equal((await ask(page, "a boat")).level, "fast");
});

/** A visitor who finds the same models and pictures each time, whatever the program has and other tests have drawn. */
async function visitAsAlways(how, pictures = []) {
  const model = (name, kind, good_for) => ({
    ...{ name, kind, family: "sd1", title: "SD 1.x", bytes: 1e9, license: "CC0-1.0", tags: "", trigger_words: "neon" },
    ...{ commercial: { verdict: "yes", licence: "CC0-1.0", why: "in the public domain" }, preview: null },
    ...{ description: `What ${name} draws.`, good_for, supported: true, embedded: true, settings: null },
  });
  const settings = { sampler: "euler", sampler_label: "Euler", scheduler: "normal", scheduler_label: "Normal" };
  const models = [
    { ...model("starter", "checkpoint", [{ what: "general use", weight: 1 }]), settings },
    { ...model("starter-pixel", "checkpoint", [{ what: "pixel art", weight: 1 }]), settings },
    model("neon", "LoRA", [{ what: "neon", weight: 1 }]),
  ];
  const prepare = async (page) => {
    await page.route("**/v1/models", (r) => r.fulfill({ json: { data: models } }));
    await page.route("**/v1/images?*", (r) => r.fulfill({ json: { data: pictures, next: null } }));
    await page.route("**/v1/jobs?*", (r) => r.fulfill({ json: { data: [], next: null } }));
    await page.route("**/v1/images/always**", (r) => r.fulfill({ contentType: "image/svg+xml", body: oneColour }));
  };
  const page = await visit({ timezoneId: "UTC", locale: "en-US", prepare, ...how });
  await page.waitForLoadState("networkidle");
  return page;
}
const oneColour =
  '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><path fill="#3a7" d="M0 0h64v64H0z"/></svg>';

for (const [name, how] of [
  ["start-light", { ...desktop, colorScheme: "light" }],
  ["start-dark", { ...desktop, colorScheme: "dark" }],
  ["start-phone", phone],
]) {
  test(`the page looks as it did (${name})`, async () => {
    const page = await visitAsAlways({ ...how, draft: {} });
    await looksAsBefore(page, name);
  });
}

test("the page looks as it did with a picture", async () => {
  const page = await visitAsAlways({ ...desktop, draft: { ...small, seed: 7, checkpoint: "starter" } });
  await draw(page, "a red apple on a table");
  await page.getByRole("progressbar").waitFor({ state: "detached" });
  await looksAsBefore(page, "picture", [".frame-button img", ".card img", ".caption"]); // drawn, and how long that took
});

test("the page looks as it did with a history", async () => {
  const picture = (id, i) => ({
    ...{ id, job: "j", index: 0, url: `/v1/images/${id}`, thumbnail: `/v1/images/${id}/thumbnail`, format: "png" },
    ...{ width: 64, height: 64, bytes: 1000, seed: i, prompt: "a red apple", negative: "", checkpoint: "starter" },
    ...{ parameters: "", commercial: "yes", because: "", favourite: i === 1, created: "2026-05-06T07:08:09.000Z" },
  });
  const pictures = Array.from({ length: 5 }, (_, i) => picture(`always${i}`, i));
  const page = await visitAsAlways({ ...desktop, view: "history" }, pictures);
  await page.locator(".gallery .thumb").nth(4).waitFor();
  await looksAsBefore(page, "history");
});
