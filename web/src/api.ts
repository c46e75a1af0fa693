// The HTTP API of docs/api.md, as this page uses it.

export type Verdict = "yes" | "no" | "ask";

export interface LoraUse {
  name: string;
  strength: number;
}

/** What POST /v1/jobs takes. Whatever is absent comes from the checkpoint's own settings. */
export interface JobRequest {
  prompt: string;
  negative?: string;
  checkpoint?: string;
  vae?: string;
  loras?: LoraUse[];
  width?: number;
  height?: number;
  steps?: number;
  cfg_scale?: number;
  sampler?: string;
  scheduler?: string;
  seed?: number;
  count?: number;
  clip_skip?: number;
  init?: string;
  strength?: number;
  mask?: string;
  mask_blur?: number;
  only_masked?: boolean;
  hires?: number;
  hires_upscaler?: string;
  level?: string;
  tile?: string;
  format?: string;
}

export interface Progress {
  stage: string;
  picture: number;
  pictures: number;
  step: number;
  steps: number;
  steps_per_second: number | null;
  seconds_left: number | null;
}

export interface Plan {
  checkpoint: string;
  family: string;
  sampler: string;
  sampler_label: string;
  scheduler: string;
  scheduler_label: string;
  steps: number;
  cfg_scale: number;
  width: number;
  height: number;
  count: number;
  seed: number;
  clip_skip: number;
  loras: LoraUse[];
  commercial: { verdict: Verdict; why: string };
  settings_from: string;
  notices: string[];
  prompt_reading?: string[]; // of a plan that was asked for, not of a job's
}

/** Which checkpoint and LoRAs fit a prompt, and why. */
export interface Choice {
  checkpoint: string;
  why: string;
  loras: { name: string; strength: number; why: string }[];
  scores: { checkpoint: string; why: string }[]; // the best first
}

export type JobState = "queued" | "running" | "done" | "failed" | "cancelled";

export interface Job {
  id: string;
  state: JobState;
  position: number | null;
  created: string;
  started: string | null;
  finished: string | null;
  progress: Progress | null;
  request: JobRequest;
  plan: Plan | null;
  chosen: Choice | null; // where the checkpoint was left to the server
  images: Picture[];
  error: { code: string; message: string } | null;
}

export interface Picture {
  id: string;
  job: string;
  index: number;
  url: string;
  thumbnail: string;
  width: number;
  height: number;
  format: string;
  bytes: number;
  seed: number;
  prompt: string;
  negative: string;
  checkpoint: string;
  parameters: unknown;
  commercial: Verdict;
  because?: string;
  favourite: boolean;
  created: string;
}

export interface Reading {
  program: string;
  request: JobRequest;
  checkpoint: unknown;
  lost: unknown[];
}

export interface ModelSettings {
  sampler?: string;
  scheduler?: string;
  steps?: number;
  cfg_scale?: number;
  width?: number;
  height?: number;
}

export interface LicenceVerdict {
  verdict: Verdict;
  licence: string; // its name; empty where nobody said
  why: string;
}

export interface GoodFor {
  what: string;
  weight: number; // 0 to 1; below 0: not to be taken for it
}

export interface Model {
  name: string;
  kind: string;
  family: string;
  title: string; // of its family
  bytes: number;
  commercial: LicenceVerdict;
  tags: string;
  trigger_words: string; // words between commas
  description: string;
  good_for: GoodFor[] | null; // null, like settings: not looked at yet
  preview: string | null;
  supported: boolean | null; // null, like settings: not looked at yet
  embedded: boolean;
  settings: ModelSettings | null;
}

/** One model, asked for by its name. */
export interface Papers extends Model {
  license: string; // in its own words
  recommended: { clip_skip?: number | null; negative?: string; vae?: string } | null;
  lora: { preferred_strength: number | null } | null;
  set?: Record<string, string>; // what was said of it here
}

export interface Task {
  id: string;
  kind: string;
  state: "running" | "queued" | "done" | "failed" | "cancelled";
  done: number;
  what: string;
  total: number | null;
  model: { name?: string } | null;
  error: { code: string; message: string } | null;
}

export interface Named {
  name: string;
  label: string;
  aliases?: string[];
}

export interface Term {
  term: string;
  aliases: string[];
  text: string;
}

export interface Account {
  user: string | null;
  admin: boolean;
  visitor?: boolean; // of a public server, without an account
  commercial_only?: boolean; // only models that allow it may be used
  allowance: { limit: number; used: number; left: number; resets: string } | null;
}

/** What is not there has no limit. */
export interface Limits {
  pictures_per_day?: number;
  megapixel_steps_per_day?: number;
  jobs_at_once?: number;
  largest_side?: number;
  checkpoints?: string[];
}

/** A key or a user, as administrators see it. */
export interface Registered {
  id: string;
  name: string;
  kind: "key" | "user";
  admin: boolean;
  priority: number;
  limits: Limits;
  last_used: string | null;
  secret?: string; // of a key, in the answer that made it
}

interface Allowed {
  limits: Limits;
  priority: number;
  password?: string;
}

export interface Page<T> {
  data: T[];
  next: string | null;
}

/** An answer that says what is wrong: problem+json, or no answer at all (status 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field?: string,
  ) {
    super(message);
  }
}

async function problemOf(answer: Response): Promise<Problem> {
  try {
    const said = await answer.json();
    return new Problem(answer.status, said.code ?? "", said.detail ?? said.title ?? answer.statusText, said.field);
  } catch {
    return new Problem(answer.status, "", `${answer.status} ${answer.statusText}`);
  }
}

async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, { credentials: "same-origin", ...init });
  } catch (e) {
    if ((e as Error).name === "AbortError") throw e;
    throw new Problem(0, "unreachable", "The server does not answer. Is pixelforge serve still running?");
  }
  if (!answer.ok) throw await problemOf(answer);
  return answer.status === 204 ? (undefined as T) : ((await answer.json()) as T);
}

function send<T>(method: string, path: string, body: unknown, more?: RequestInit): Promise<T> {
  return ask(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body), ...more });
}

function query(values: Record<string, string | number | boolean | null | undefined>): string {
  const out = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) if (value) out.set(key, String(value));
  const text = out.toString();
  return text && `?${text}`;
}

const at = encodeURIComponent;

export interface WayToDraw {
  sampler: string;
  scheduler: string;
  steps: number;
  cfg_scale: number;
}

/** Two jobs of which one has the checkpoint's preset. */
export interface Comparison {
  id: string;
  prompt: string;
  jobs: { a: string; b: string };
}

export interface Told {
  preset_was: "a" | "b";
  moved: boolean;
  preset: WayToDraw;
  standings: { settings: WayToDraw; better: number; worse: number; equal: number }[];
  votes_ahead: number;
}

export const api = {
  // The key makes a second try of one submission find the first one's job.
  submit: (request: JobRequest) =>
    send<Job>("POST", "/v1/jobs", request, {
      headers: { "content-type": "application/json", "idempotency-key": newKey() },
    }),
  plan: (request: JobRequest, signal: AbortSignal) => send<Plan>("POST", "/v1/plan", request, { signal }),
  choose: (wish: Pick<JobRequest, "prompt" | "negative" | "width" | "height">, signal: AbortSignal) =>
    send<Choice>("POST", "/v1/choose", wish, { signal }),
  jobs: (of: { state?: string; limit?: number; cursor?: string | null }) => ask<Page<Job>>(`/v1/jobs${query(of)}`),
  job: (id: string) => ask<Job>(`/v1/jobs/${at(id)}`),
  cancel: (id: string) => ask<unknown>(`/v1/jobs/${at(id)}`, { method: "DELETE" }),

  images: (of: { q?: string; favourite?: boolean; checkpoint?: string; limit?: number; cursor?: string | null }) =>
    ask<Page<Picture>>(`/v1/images${query(of)}`),
  imagesZip: (of: { q?: string; favourite?: boolean; checkpoint?: string }) => `/v1/images.zip${query(of)}`,
  favourite: (id: string, favourite: boolean) => send<unknown>("PATCH", `/v1/images/${at(id)}`, { favourite }),
  remove: (id: string, keepalive = false) => ask<void>(`/v1/images/${at(id)}`, { method: "DELETE", keepalive }),
  read: (file: Blob) =>
    ask<Reading>("/v1/images/read", {
      method: "POST",
      headers: { "content-type": file.type || "application/octet-stream" },
      body: file,
    }),

  models: async () => {
    const { data } = await ask<{ data: Model[] }>("/v1/models");
    // "LoRA" or "lora" is one kind; `supported` says whether it opens as a checkpoint.
    return data.map((m) => {
      const kind = m.kind.toLowerCase();
      return { ...m, kind, supported: kind === "checkpoint" ? m.supported : null };
    });
  },
  model: (name: string) => ask<Papers>(`/v1/models/${at(name)}`),
  rename: (name: string, to: string) => send<unknown>("PATCH", `/v1/models/${at(name)}`, { name: to }),
  set: (name: string, values: Record<string, string>) =>
    send<unknown>("PATCH", `/v1/models/${at(name)}`, { set: values }),
  compare: (name: string) => send<Comparison>("POST", `/v1/models/${at(name)}/comparisons`, {}),
  vote: (id: string, better: string) => send<Told>("POST", `/v1/comparisons/${at(id)}`, { better }),
  removeModel: (name: string) => ask<void>(`/v1/models/${at(name)}`, { method: "DELETE" }),
  importModel: (what: { path: string; mode: string; name?: string }) => send<Task>("POST", "/v1/models/import", what),
  pull: (what: { source: string; name?: string }) => send<Task>("POST", "/v1/models/pull", what),
  tasks: () => ask<{ data: Task[] }>("/v1/tasks"),
  task: (id: string) => ask<Task>(`/v1/tasks/${at(id)}`),
  cancelTask: (id: string) => ask<unknown>(`/v1/tasks/${at(id)}`, { method: "DELETE" }),

  samplers: () => ask<{ data: Named[] }>("/v1/samplers"),
  schedulers: () => ask<{ data: Named[] }>("/v1/schedulers"),
  glossary: () => ask<{ data: Term[] }>("/v1/glossary"),
  account: () => ask<Account>("/v1/account"),
  accounts: () => ask<{ data: Registered[] }>("/v1/accounts"),
  addAccount: (what: Allowed & { kind: string; name: string; admin: boolean }) =>
    send<Registered>("POST", "/v1/accounts", what),
  changeAccount: (id: string, what: Allowed) => send<Registered>("PATCH", `/v1/accounts/${at(id)}`, what),
  removeAccount: (id: string) => ask<void>(`/v1/accounts/${at(id)}`, { method: "DELETE" }),
  signIn: (name: string, password: string) => send<unknown>("POST", "/v1/session", { name, password }),
  signOut: () => ask<void>("/v1/session", { method: "DELETE" }),
};

// crypto.randomUUID is there on https and localhost alone.
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}
