// A job's events, as the server sends them.
import { api, Problem, type Job, type Picture, type Plan, type Progress } from "./api";

export interface JobListener {
  queued(position: number): void;
  started(plan: Plan): void;
  step(progress: Progress, preview: string | null): void;
  image(picture: Picture): void;
  ended(job: Job): void;
  away(): void; // the server does not answer for now
  lost(why: Problem): void;
}

/** Follows a job until it has ended, over lost connections too. Returns what stops following. */
export function followJob(id: string, on: JobListener): () => void {
  let source: EventSource | null = null;
  let timer = 0;
  let wait = 500;
  const stop = () => {
    window.clearTimeout(timer);
    source?.close();
    source = null;
  };
  const end = (job: Job) => {
    stop();
    on.ended(job);
  };
  // Not left to the browser: it tries again after a lost connection, but not after an answer such as 404 or 503.
  const again = async () => {
    stop();
    try {
      const job = await api.job(id);
      if (job.state !== "queued" && job.state !== "running") return end(job);
    } catch (e) {
      if (e instanceof Problem && e.status === 404) return on.lost(e);
      on.away();
    }
    timer = window.setTimeout(open, wait);
    wait = Math.min(2 * wait, 10_000);
  };
  const open = () => {
    const stream = new EventSource(`/v1/jobs/${encodeURIComponent(id)}/events`);
    source = stream;
    const hear = (name: string, take: (data: any) => void) =>
      stream.addEventListener(name, (e) => {
        wait = 500;
        take(JSON.parse((e as MessageEvent).data));
      });
    hear("queued", (d) => on.queued(d.position));
    hear("started", (d) => on.started(d.plan));
    hear("step", (d) => on.step(d, d.preview));
    hear("image", (d) => on.image(d));
    hear("done", end);
    hear("failed", end);
    hear("cancelled", end);
    stream.onerror = () => void again();
  };
  open();
  return stop;
}
