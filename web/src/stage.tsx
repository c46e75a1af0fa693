// The big picture: what is being drawn, else what was drawn last, else where to begin.
import { useEffect, useState, type CSSProperties, type ReactNode } from "react";
import type { Picture } from "./api";
import { Examples } from "./examples";
import { setFavourite, useGallery } from "./gallery";
import { Icon } from "./icons";
import { cancel, isOpen, shareOf, shownJob, useJobs, type LiveJob } from "./jobs";
import { open } from "./lightbox";
import { duration, plural } from "./words";

export function Stage() {
  const job = shownJob(useJobs());
  return (
    <>
      <Announcer job={job} />
      <Shown job={job} />
    </>
  );
}

function Shown({ job }: { job: LiveJob | undefined }) {
  const { pictures, gone, loaded } = useGallery();
  const [index, setIndex] = useState(0);
  useEffect(() => setIndex(0), [job?.id]);
  const made = (job?.images ?? []).filter((p) => !gone.includes(p.id));
  if (job && isOpen(job)) return <Drawing job={job} />;
  if (job?.state === "failed") return <Failed job={job} />;
  if (!made.length && job?.state === "cancelled" && !pictures.length) return <Examples title="Cancelled." />;
  const shown = made[Math.min(index, made.length - 1)] ?? pictures[0];
  if (!shown) return loaded ? <Examples /> : <div className="stage" />;
  const current = pictures.find((p) => p.id === shown.id) ?? shown;
  return (
    <section className="stage" aria-label="Picture">
      <Frame width={shown.width} height={shown.height}>
        <button className="frame-button" onClick={() => open(current)} aria-label={`Look closer: ${shown.prompt}`}>
          <img src={shown.url} alt={shown.prompt} width={shown.width} height={shown.height} />
        </button>
      </Frame>
      {made.length > 1 && <Strip pictures={made} shown={shown} onChoose={(p) => setIndex(made.indexOf(p))} />}
      <Caption picture={current} job={job} />
    </section>
  );
}

interface StripProps {
  pictures: Picture[];
  shown?: Picture;
  onChoose: (picture: Picture) => void;
}

function Strip({ pictures, shown, onChoose }: StripProps) {
  return (
    <div className="strip" role="group" aria-label="Pictures of this request">
      {pictures.map((p, i) => (
        <button key={p.id} aria-pressed={shown && p.id === shown.id} onClick={() => onChoose(p)}>
          <img src={p.thumbnail} alt={`Picture ${i + 1}, seed ${p.seed}`} />
        </button>
      ))}
    </div>
  );
}

function Frame({ width, height, children }: { width: number; height: number; children: ReactNode }) {
  const style = { "--ratio": width / height, "--natural": `${width}px` } as CSSProperties;
  return (
    <div className="frame" style={style}>
      {children}
    </div>
  );
}

function Caption({ picture, job }: { picture: Picture; job: LiveJob | undefined }) {
  const ofJob = job?.images.some((p) => p.id === picture.id) && job.started && job.finished;
  const seconds = ofJob ? (Date.parse(job!.finished!) - Date.parse(job!.started!)) / 1000 : 0;
  return (
    <div className="caption">
      <p>
        {picture.checkpoint} · seed {picture.seed} · {picture.width}×{picture.height}
        {seconds > 0 && ` · ${seconds.toFixed(1)} s`}
      </p>
      <button
        className="icon"
        aria-label="Favourite"
        aria-pressed={picture.favourite}
        onClick={() => void setFavourite(picture, !picture.favourite)}
      >
        <Icon name="heart" filled={picture.favourite} />
      </button>
      <a className="icon" href={`${picture.url}?download`} download aria-label="Download">
        <Icon name="download" />
      </a>
      <button className="icon" aria-label="Details" onClick={() => open(picture)}>
        <Icon name="info" />
      </button>
    </div>
  );
}

function Drawing({ job }: { job: LiveJob }) {
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
        <p className="progress-text">{wordsOf(job)}</p>
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

function wordsOf(job: LiveJob): string {
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

/** Few words for a screen reader: a line a step would be noise. */
function Announcer({ job }: { job: LiveJob | undefined }) {
  return (
    <p className="sr" role="status">
      {job && announced(job)}
    </p>
  );
}

function announced(job: LiveJob): string {
  switch (job.state) {
    case "queued":
      return wordsOf(job);
    case "running":
      return shareOf(job.progress) < 0.5 ? "Drawing" : "Half done";
    case "done":
      return `Done: ${job.request.prompt}`;
    case "failed":
      return ""; // the alert says it
    case "cancelled":
      return "Cancelled";
  }
}

function Failed({ job }: { job: LiveJob }) {
  return (
    <section className="stage message" role="alert">
      <h2>No picture this time</h2>
      <p>{job.error?.message ?? "The job failed."}</p>
      <p className="quiet">“{job.request.prompt}”</p>
    </section>
  );
}
