// The big picture: what is being drawn, else what was drawn last, else where to begin.
import { useEffect, useState } from "react";
import type { Choice, Picture } from "./api";
import { Drawing, progressWords } from "./drawing";
import { Examples } from "./examples";
import { Frame } from "./frame";
import { setFavourite, useGallery } from "./gallery";
import { Icon } from "./icons";
import { isOpen, shareOf, shownJob, submit, useJobs, type LiveJob } from "./jobs";
import { open } from "./lightbox";
import { Strip } from "./strip";
import { clauseOf } from "./words";

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
      {job?.chosen && made.includes(shown) && <Chosen job={job} choice={job.chosen} />}
    </section>
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

/** Why this checkpoint, and a click to see what the second best makes of the same. */
function Chosen({ job, choice }: { job: LiveJob; choice: Choice }) {
  const second = choice.scores[1]?.checkpoint;
  const again = () => void submit({ ...job.request, seed: job.plan?.seed ?? job.request.seed, checkpoint: second });
  return (
    <div className="chosen">
      <p>
        Chosen: {choice.checkpoint}, because {clauseOf(choice.why)}
      </p>
      {second && (
        <button className="chip" onClick={again}>
          <Icon name="swap" /> Draw it with {second} instead
        </button>
      )}
    </div>
  );
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
      return progressWords(job);
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
