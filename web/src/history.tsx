// All pictures: searched, filtered, and more of them as one scrolls.
import { useEffect, useRef, useState } from "react";
import { api } from "./api";
import { useCatalogue } from "./catalogue";
import { show, showMore, useGallery } from "./gallery";
import { Icon } from "./icons";
import { Thumb } from "./thumb";

export function History() {
  const { pictures, next, loading, loaded, filter } = useGallery();
  const { models } = useCatalogue();
  const [q, setQ] = useState(filter.q);
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (q === filter.q) return;
    const timer = window.setTimeout(() => void show({ ...filter, q }), 250);
    return () => window.clearTimeout(timer);
  }, [q]);
  useEffect(() => {
    const watcher = new IntersectionObserver((seen) => seen[0].isIntersecting && void showMore(), {
      rootMargin: "800px",
    });
    watcher.observe(end.current!);
    return () => watcher.disconnect();
  }, [next]);
  // The rest of the page shows the last pictures, whatever was looked for here.
  useEffect(() => () => void show(), []);
  const filtered = filter.q || filter.favourite || filter.checkpoint;
  return (
    <section className="view" aria-label="History">
      <header className="view-head">
        <h1>History</h1>
        <input
          type="search"
          aria-label="Search the prompts"
          placeholder="Search the prompts"
          value={q}
          onChange={(e) => setQ(e.target.value)}
        />
        <select
          aria-label="Checkpoint"
          value={filter.checkpoint}
          onChange={(e) => void show({ ...filter, checkpoint: e.target.value })}
        >
          <option value="">every checkpoint</option>
          {models
            .filter((m) => m.kind === "checkpoint")
            .map((m) => (
              <option key={m.name} value={m.name}>
                {m.name}
              </option>
            ))}
        </select>
        <button
          className="toggle"
          aria-pressed={filter.favourite}
          onClick={() => void show({ ...filter, favourite: !filter.favourite })}
        >
          <Icon name="heart" filled={filter.favourite} /> Favourites
        </button>
        {pictures.length > 0 && (
          <a className="button" href={api.imagesZip(filter)} download>
            <Icon name="download" /> Download all
          </a>
        )}
      </header>
      <div className="gallery">
        {pictures.map((p) => (
          <Thumb key={p.id} picture={p} />
        ))}
      </div>
      {loaded && !pictures.length && (
        <p className="nothing">
          {filtered ? "Nothing fits that." : "No pictures yet."}{" "}
          {!filtered && <a href="#/create">Make the first one</a>}
        </p>
      )}
      <div ref={end} className="more">
        {next && (
          <button disabled={loading} onClick={() => void showMore()}>
            {loading ? "Loading…" : "More"}
          </button>
        )}
      </div>
    </section>
  );
}
