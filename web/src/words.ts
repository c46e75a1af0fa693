// Numbers and names as people read them.
import type { GoodFor, Model, ModelSettings, Named } from "./api";

export const labelOf = (all: Named[], name: string | undefined) =>
  all.find((n) => n.name === name)?.label ?? name ?? "";

export function settingsLine(s: ModelSettings | null, samplers: Named[]): string {
  if (!s) return "";
  return [
    labelOf(samplers, s.sampler),
    s.steps && `${s.steps} steps`,
    s.cfg_scale && `CFG ${s.cfg_scale}`,
    s.width && s.height && `${s.width}×${s.height}`,
  ]
    .filter(Boolean)
    .join(" · ");
}

const said = (all: GoodFor[]) => all.map((g) => g.what).join(", ");

/** "pixel art, logo; not photo"; nothing of a model that says nothing. */
export function plainGoodFor({ good_for }: Pick<Model, "good_for">): string {
  const yes = said((good_for ?? []).filter((g) => g.weight > 0));
  const no = said((good_for ?? []).filter((g) => g.weight < 0));
  return [yes, no && `not ${no}`].filter(Boolean).join("; ");
}

export function goodForWords(model: Pick<Model, "good_for">): string {
  const words = plainGoodFor(model);
  return words && (words.startsWith("not ") ? words.replace("not ", "not for ") : `good for ${words}`);
}

export function bytes(n: number | null | undefined): string {
  if (!n) return "";
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(Math.floor(Math.log10(n) / 3), units.length - 1);
  const scaled = n / 1000 ** power;
  return `${scaled.toFixed(scaled < 10 && power > 0 ? 1 : 0)} ${units[power]}`;
}

export function duration(seconds: number): string {
  if (seconds < 1) return "less than a second";
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

export const when = (time: string) =>
  new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

export const timeOf = (time: string) =>
  new Date(time).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });

export const wordsOf = (m: Model | undefined) =>
  (m?.trigger_words ?? "")
    .split(",")
    .map((w) => w.trim())
    .filter(Boolean);

/** What the server says of a choice, after "because": "made for pixel art" becomes "it is made for pixel art". */
export function clauseOf(why: string): string {
  if (/^(made|not made|the) /.test(why)) return `it is ${why}`;
  return why.startsWith("draws ") ? `it ${why}` : why;
}

export const plural = (n: number, one: string, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
