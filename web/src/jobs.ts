// The jobs of this page: those it submitted, and those that were not done yet when it was opened.
import { api, Problem, type Job, type JobRequest, type Progress } from "./api";
import { allowanceNow, refreshAccount } from "./catalogue";
import { followJob } from "./follow-job";
import { addPicture } from "./gallery";
import { createStore, useStore } from "./store";
import { say } from "./toasts";
import { timeOf } from "./words";

export interface LiveJob extends Job {
  preview: string | null;
  away?: boolean; // since the server does not answer
}

export const jobs = createStore<LiveJob[]>([]);
export const useJobs = () => useStore(jobs);

export const isOpen = (job: Job) => job.state === "queued" || job.state === "running";

/** The one to look at: the one being drawn, else the next in line, else the last that ended. */
export function shownJob(all: LiveJob[]): LiveJob | undefined {
  return all.find((j) => j.state === "running") ?? all.find((j) => j.state === "queued") ?? all[all.length - 1];
}

/** How much of a job is done, from 0 to 1. */
export function shareOf(p: Progress | null): number {
  if (!p || !p.pictures) return 0;
  const ofThis = p.steps ? p.step / p.steps : 0;
  return Math.min(1, (Math.max(0, p.picture - 1) + ofThis) / p.pictures);
}

function update(id: string, fields: Partial<LiveJob> | ((job: LiveJob) => Partial<LiveJob>)): void {
  jobs.set((all) =>
    all.map((j) => (j.id === id ? { ...j, ...(typeof fields === "function" ? fields(j) : fields) } : j)),
  );
}

const enders = new Map<string, (job: Job) => void>();

function add(job: Job): void {
  if (jobs.get().some((j) => j.id === job.id)) return;
  jobs.set((all) => [...all, { ...job, preview: null }]);
  followNext();
}

function takeEnd(last: Job): void {
  update(last.id, { ...last, preview: null });
  last.images.forEach(addPicture);
  enders.get(last.id)?.(last);
  enders.delete(last.id);
  void refreshAccount();
}

// One stream at a time: a browser opens six connections to a server, for all of its tabs together.
let followed: string | null = null;

function followNext(): void {
  const job = jobs.get().find(isOpen);
  if (followed || !job) return;
  followed = job.id;
  const end = (last: Job) => {
    followed = null;
    takeEnd(last);
    followNext();
  };
  followJob(job.id, {
    queued: (position) => update(job.id, { state: "queued", position, away: false }),
    started: (plan) => update(job.id, { state: "running", position: null, plan, away: false }),
    step: (progress, preview) =>
      update(job.id, (j) => ({ state: "running", position: null, progress, preview: preview ?? j.preview })),
    image: (picture) => {
      addPicture(picture);
      update(job.id, (j) => ({ images: [...j.images.filter((i) => i.id !== picture.id), picture], preview: null }));
    },
    away: () => update(job.id, { away: true }),
    ended: end,
    lost: (why) => end({ ...job, state: "failed", error: { code: why.code, message: why.message } }),
  });
}

/** The others are asked for now and then. */
async function lookAtOthers(): Promise<void> {
  const others = jobs.get().filter((j) => isOpen(j) && j.id !== followed);
  if (!others.length) return;
  const { data: queued } = await api.jobs({ state: "queued", limit: 200 });
  for (const { id } of others) {
    const waiting = queued.find((j) => j.id === id);
    const now = waiting ?? (await api.job(id));
    if (isOpen(now)) update(id, { state: now.state, position: now.position, progress: now.progress });
    else takeEnd(now);
  }
}
window.setInterval(() => void lookAtOthers().catch(() => {}), 3000);

/** Submits; null when refused, which has been said then. */
export async function submit(request: JobRequest): Promise<Job | null> {
  try {
    const job = await api.submit(request);
    add(job);
    return job;
  } catch (e) {
    await refreshAccount();
    say(e instanceof Problem && e.status === 429 ? limitWords(e) : (e as Error).message, { alarm: true });
    return null;
  }
}

/** Resolves with the job as it ended. */
export function ended(job: Job): Promise<Job> {
  const known = jobs.get().find((j) => j.id === job.id);
  if (known && !isOpen(known)) return Promise.resolve(known);
  return new Promise((resolve) => enders.set(job.id, resolve));
}

export async function cancel(id: string): Promise<void> {
  try {
    await api.cancel(id);
  } catch (e) {
    say((e as Error).message, { alarm: true });
  }
}

/** After a reload: goes on with what was not done. */
export async function resume(): Promise<void> {
  const [queued, running] = await Promise.all([api.jobs({ state: "queued" }), api.jobs({ state: "running" })]);
  [...running.data, ...queued.data.reverse()].forEach(add);
}

function limitWords(e: Problem): string {
  const allowance = allowanceNow();
  if (!allowance || allowance.left > 0) return `Not so fast: ${e.message}`;
  return `Your ${allowance.limit} free pictures are used up. There are more at ${timeOf(allowance.resets)}.`;
}
