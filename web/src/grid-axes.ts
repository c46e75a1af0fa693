// What a side of the grid can vary, and how a value becomes part of a request.
import type { JobRequest, LoraUse, Model, Named } from "./api";

export interface Axis {
  name: string;
  label: string;
  usual: string; // values to begin with
  choices?: Named[]; // else typed, separated by commas
  apply: (request: JobRequest, value: string) => JobRequest;
}

const number = (name: keyof JobRequest, label: string, usual: string): Axis => ({
  name,
  label,
  usual,
  apply: (request, value) => ({ ...request, [name]: Number(value) }),
});

const choice = (name: keyof JobRequest, label: string, choices: Named[]): Axis => ({
  name,
  label,
  usual: choices
    .slice(0, 2)
    .map((c) => c.name)
    .join(", "),
  choices,
  apply: (request, value) => ({ ...request, [name]: value }),
});

const weight = (lora: string): Axis => ({
  name: `lora:${lora}`,
  label: `${lora} weight`,
  usual: "0, 0.5, 1",
  apply: (request, value) => ({
    ...request,
    loras: (request.loras ?? []).map((l) => (l.name === lora ? { ...l, strength: Number(value) } : l)),
  }),
});

export function axesOf(c: { models: Model[]; samplers: Named[]; schedulers: Named[] }, loras: LoraUse[]): Axis[] {
  const checkpoints = c.models
    .filter((m) => m.kind === "checkpoint" && m.supported !== false)
    .map((m) => ({ name: m.name, label: m.name }));
  return [
    number("steps", "Steps", "8, 20"),
    number("cfg_scale", "CFG scale", "2, 4, 7"),
    number("seed", "Seed", "1, 2, 3"),
    choice("sampler", "Sampler", c.samplers),
    choice("scheduler", "Scheduler", c.schedulers),
    choice("checkpoint", "Checkpoint", checkpoints),
    number("strength", "Strength", "0.4, 0.7, 1"),
    number("clip_skip", "Clip skip", "1, 2"),
    ...loras.map((l) => weight(l.name)),
    {
      name: "prompt",
      label: "Words for {}",
      usual: "red, blue",
      apply: (request, value) => ({ ...request, prompt: request.prompt.replace(/\{\}/g, value) }),
    },
  ];
}

/** The values that fit the axis, each once. */
export function valuesOf(axis: Axis, text: string): string[] {
  const all = [...new Set(text.split(",").map((v) => v.trim()))].filter(Boolean);
  if (axis.choices) return all.filter((v) => axis.choices!.some((c) => c.name === v));
  return axis.name === "prompt" ? all : all.filter((v) => Number.isFinite(Number(v)));
}
