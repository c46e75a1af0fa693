// The jobs of this user, the newest first, whoever submitted them: this page, the command line, another program.
import { useEffect, useState } from "react";
import { api, type Job } from "./api";
import { takeSettings } from "./draft";
import { cancel, isOpen, useJobs } from "./jobs";
import { go } from "./route";
import { say } from "./toasts";
import { plural, when } from "./words";

const words = { queued: "waiting", running: "drawing", done: "done", failed: "failed", cancelled: "cancelled" };

export function Queue() {
  const live = useJobs();
  const [listed, setListed] = useState<Job[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const states = live.map((j) => j.state).join();
  useEffect(() => {
    const load = async () => {
      try {
        const page = await api.jobs({ limit: 50 });
        setListed(page.data);
        setNext(page.next);
      } catch (e) {
        say((e as Error).message, { alarm: true });
      }
    };
    void load();
    const timer = window.setInterval(load, 5000);
    return () => window.clearInterval(timer);
  }, [states]);
  const more = async () => {
    const page = await api.jobs({ limit: 50, cursor: next });
    setListed((all) => [...all, ...page.data]);
    setNext(page.next);
  };
  const all = listed.map((j) => ({ ...j, ...(live.find((l) => l.id === j.id) ?? {}) }));
  return (
    <section className="view narrow" aria-label="Queue">
      <header className="view-head">
        <h1>Queue</h1>
      </header>
      {!all.length && <p className="nothing">Nothing has been asked for yet.</p>}
      <ul className="rows">
        {all.map((j) => (
          <li key={j.id} className="row">
            {j.images[0] ? (
              <img className="row-picture" src={j.images[0].thumbnail} alt="" />
            ) : (
              <span className="row-picture" />
            )}
            <div className="row-text">
              <p className="row-title">{j.request.prompt}</p>
              <p className="quiet">
                <span className={`state ${j.state}`}>{words[j.state]}</span>
                {j.state === "queued" &&
                  j.position !== null &&
                  ` · ${j.position ? `${plural(j.position, "job")} before it` : "next"}`}
                {j.state === "running" && j.progress && ` · step ${j.progress.step} of ${j.progress.steps}`}
                {j.images.length > 0 && ` · ${plural(j.images.length, "picture")}`} · {when(j.created)}
              </p>
              {j.error && <p className="row-error">{j.error.message}</p>}
            </div>
            {isOpen(j) ? (
              <button onClick={() => void cancel(j.id)}>Cancel</button>
            ) : (
              <button
                onClick={() => {
                  takeSettings(j.request);
                  go("create");
                }}
              >
                Use again
              </button>
            )}
          </li>
        ))}
      </ul>
      {next && (
        <div className="more">
          <button onClick={() => void more()}>More</button>
        </div>
      )}
    </section>
  );
}
