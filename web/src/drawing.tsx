// A job that waits or is drawn: its preview, how far it is, and a way to stop it.
import { Frame } from "./frame";
import { cancel, shareOf, type LiveJob } from "./jobs";
import { open } from "./lightbox";
import { Strip } from "./strip";
import { duration, plural } from "./words";

export function Drawing({ job }: { job: LiveJob }) {
  const { plan, progress, preview } = job;
  const last = job.images[job.images.length - 1];
  const width = plan?.width ?? job.request.width ?? 1;
  const height = plan?.height ?? job.request.height ?? 1;
  const shown = preview ?? last?.url;
  return (
    <section className="stage" aria-label="Picture being drawn" aria-busy="true">
      <Frame width={plan ? width : 512} height={plan ? height : (512 * height) / width}>
        <div className="canvas">
          {shown ? <img className={preview ? "preview" : ""} src={shown} alt="" /> : <div className="shimmer" />}
        </div>
      </Frame>
      <div className="progress">
        <div
          className="bar"
          role="progressbar"
          aria-label="Progress"
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(100 * shareOf(progress))}
        >
          <span style={{ transform: `scaleX(${shareOf(progress)})` }} />
        </div>
        <p className="progress-text">{progressWords(job)}</p>
        <button title="Esc in the prompt does it too" onClick={() => void cancel(job.id)}>
          Cancel
        </button>
      </div>
      {job.images.length > 0 && <Strip pictures={job.images} onChoose={open} />}
    </section>
  );
}

const stages: Record<string, string> = {
  open: "Opening the checkpoint",
  text: "Reading the prompt",
  vae: "Finishing the picture",
  done: "Finishing the picture",
};

export function progressWords(job: LiveJob): string {
  if (job.away) return "The server does not answer; trying again";
  if (job.state === "queued") return job.position ? `${plural(job.position, "job")} before this one` : "Next in line";
  const p = job.progress;
  if (!p) return "Beginning";
  const parts = [stages[p.stage] ?? `Step ${p.step} of ${p.steps}`];
  if (p.pictures > 1) parts.push(`picture ${p.picture} of ${p.pictures}`);
  if (p.steps_per_second) {
    parts.push(
      p.steps_per_second >= 1 ? `${p.steps_per_second.toFixed(1)} it/s` : `${(1 / p.steps_per_second).toFixed(1)} s/it`,
    );
  }
  if (p.seconds_left) parts.push(`${duration(p.seconds_left)} left`);
  return parts.join(" · ");
}
