// Which of two ways to draw looks better: pictures side by side, of which nobody is told how they were made before the
// vote is given.
import { useEffect, useState } from "react";
import { api, type Comparison, type Told, type WayToDraw } from "./api";
import { followJob } from "./follow-job";

type Side = "a" | "b";

const way = (w: WayToDraw) => `${w.sampler}, ${w.scheduler}, ${w.steps} steps, CFG ${w.cfg_scale}`;

export function Vote({ checkpoint, onMoved }: { checkpoint: string; onMoved: () => void }) {
  const [pair, setPair] = useState<Comparison | null>(null);
  const [drawn, setDrawn] = useState<Partial<Record<Side, string>>>({});
  const [told, setTold] = useState<Told | null>(null);
  const [wrong, setWrong] = useState("");
  const failed = (problem: Error) => setWrong(problem.message);

  const next = () => {
    setPair(null);
    setDrawn({});
    setTold(null);
    setWrong("");
    api.compare(checkpoint).then(setPair, failed);
  };
  useEffect(next, [checkpoint]);
  useEffect(() => {
    if (!pair) return;
    const sides: Side[] = ["a", "b"];
    const stops = sides.map((side) =>
      followJob(pair.jobs[side], {
        queued() {},
        started() {},
        step() {},
        image: (picture) => setDrawn((before) => ({ ...before, [side]: picture.url })),
        ended: (job) => {
          if (job.error) setWrong(job.error.message);
          else if (job.images[0]) setDrawn((before) => ({ ...before, [side]: job.images[0].url }));
        },
        away() {},
        lost: failed,
      }),
    );
    return () => stops.forEach((stop) => stop());
  }, [pair]);

  const vote = (better: Side | "neither") =>
    pair &&
    api.vote(pair.id, better).then((answer) => {
      setTold(answer);
      if (answer.moved) onMoved();
    }, failed);
  const ready = Boolean(drawn.a && drawn.b);
  return (
    <section className="vote" aria-label="Which looks better?">
      {wrong ? (
        <p className="problem" role="alert">
          {wrong}
        </p>
      ) : (
        <p className="quiet" aria-live="polite">
          {told ? verdict(told) : ready ? `Which looks better? “${pair?.prompt}”` : "Two pictures are being drawn…"}
        </p>
      )}
      <div className="pair">
        {(["a", "b"] as const).map((side) => (
          <figure key={side}>
            {drawn[side] && ready ? <img src={drawn[side]} alt={`Picture ${side.toUpperCase()}`} /> : <div className="empty" />}
            <figcaption>
              {told ? (
                told.preset_was === side ? "the preset" : "another way"
              ) : (
                <button disabled={!ready} onClick={() => void vote(side)}>
                  {side.toUpperCase()} is better
                </button>
              )}
            </figcaption>
          </figure>
        ))}
      </div>
      {told ? (
        <button onClick={next}>Another pair</button>
      ) : (
        <button disabled={!ready} onClick={() => void vote("neither")}>
          No difference
        </button>
      )}
    </section>
  );
}

function verdict(told: Told): string {
  if (told.moved) return `The preset is another now: ${way(told.preset)}.`;
  const ahead = told.standings.filter((s) => s.better > s.worse).sort((x, y) => y.better - y.worse - (x.better - x.worse));
  if (!ahead.length) return `Thank you. The preset, ${way(told.preset)}, leads.`;
  const [best] = ahead;
  const missing = told.votes_ahead - (best.better - best.worse);
  return `Thank you. ${way(best.settings)} is ahead: ${missing} more and it becomes the preset.`;
}
