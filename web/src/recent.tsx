import { useGallery } from "./gallery";
import { Thumb } from "./thumb";

/** The last pictures, under the big one. */
export function Recent() {
  const { pictures } = useGallery();
  if (pictures.length < 2) return null;
  return (
    <section className="recent" aria-label="Recent pictures">
      <h2>
        Recent <a href="#/history">All pictures</a>
      </h2>
      <div className="recent-row" tabIndex={0} role="group" aria-label="Recent pictures, scrolls sideways">
        {pictures.slice(0, 16).map((p) => (
          <Thumb key={p.id} picture={p} />
        ))}
      </div>
    </section>
  );
}
