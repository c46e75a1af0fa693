// What the next picture is to be: only what its user has said. The rest is the checkpoint's.
import type { JobRequest, LoraUse } from "./api";
import { createKept, useStore } from "./store";

export interface StartPicture {
  data: string; // a data: address, or the id of a picture here
  shown: string; // an address to show it by
  width: number;
  height: number;
}

export interface Draft {
  prompt: string;
  negative?: string;
  checkpoint?: string;
  loras: LoraUse[];
  width?: number;
  height?: number;
  steps?: number;
  cfg_scale?: number;
  sampler?: string;
  scheduler?: string;
  seed?: number;
  count?: number;
  clip_skip?: number;
  hires?: number;
  hires_upscaler?: string;
  level?: string;
  tile?: string;
  format?: string;
  init?: StartPicture;
  strength?: number;
  mask?: string;
  only_masked?: boolean;
}

/** Fields that have a control in the panel, by their names in a request. */
export type Field = Exclude<keyof Draft, "prompt" | "loras" | "init" | "mask">;

const empty: Draft = { prompt: "", loras: [] };

// Pictures can have megabytes, which the browser's storage would not take.
export const draft = createKept<Draft>("draft", empty, ({ init, mask, ...rest }) =>
  init && !init.data.startsWith("data:") ? { ...rest, init } : rest,
);

export const useDraft = () => useStore(draft);

export function change(fields: Partial<Draft>): void {
  draft.set((d) => ({ ...d, ...fields }));
}

export function requestOf(d: Draft): JobRequest {
  const { init, loras, checkpoint, mask, strength, only_masked, prompt, negative, hires_upscaler, ...said } = d;
  const request: JobRequest = { prompt: prompt.trim() };
  for (const [key, value] of Object.entries(said)) if (value !== undefined) (request as any)[key] = value;
  if (negative?.trim()) request.negative = negative.trim();
  if (checkpoint) request.checkpoint = checkpoint;
  if (loras.length) request.loras = loras;
  if (d.hires && hires_upscaler) request.hires_upscaler = hires_upscaler;
  if (init) {
    request.init = init.data;
    if (strength !== undefined) request.strength = strength;
    if (mask) request.mask = mask;
    if (mask && only_masked) request.only_masked = true;
  }
  return request;
}

/** Takes over what a picture or a job says it was made with; what it does not say goes back to the checkpoint's. */
export function takeSettings(r: JobRequest): void {
  const loras = (r.loras ?? []).map((l) => ({ name: l.name, strength: l.strength ?? 1 }));
  draft.set((before) => ({
    prompt: r.prompt ?? before.prompt,
    negative: r.negative || undefined,
    checkpoint: r.checkpoint && r.checkpoint !== "auto" ? r.checkpoint : undefined,
    loras,
    width: r.width,
    height: r.height,
    steps: r.steps,
    cfg_scale: r.cfg_scale,
    sampler: r.sampler,
    scheduler: r.scheduler,
    seed: r.seed,
    clip_skip: r.clip_skip,
    hires: r.hires,
    hires_upscaler: r.hires_upscaler,
    tile: r.tile,
    init: before.init,
    strength: r.strength ?? before.strength,
    mask: before.mask,
  }));
}

/** Adds words to the prompt unless they are in it. */
export function addWords(words: string): void {
  const { prompt } = draft.get();
  if (prompt.toLowerCase().includes(words.toLowerCase())) return;
  change({ prompt: prompt.trim() ? `${prompt.trim().replace(/,$/, "")}, ${words}` : words });
}

export function addLora(name: string, strength = 1): void {
  const { loras } = draft.get();
  if (!loras.some((l) => l.name === name)) change({ loras: [...loras, { name, strength }] });
}

export function dropLora(name: string): void {
  change({ loras: draft.get().loras.filter((l) => l.name !== name) });
}
