// One picture, as large as it goes, and all that is known of it.
import { useEffect, type KeyboardEvent } from "react";
import { api, type Picture } from "./api";
import { change, takeSettings } from "./draft";
import { Dialog } from "./dialog";
import { remove, setFavourite, showMore, useGallery } from "./gallery";
import { Icon } from "./icons";
import { Licence } from "./licence";
import { go } from "./route";
import { startFrom } from "./start";
import { createStore, useStore } from "./store";
import { say } from "./toasts";
import { bytes, when } from "./words";

const opened = createStore<Picture | null>(null);

export const open = (picture: Picture) => opened.set(picture);
const close = () => opened.set(null);

export function Lightbox() {
  const picture = useStore(opened);
  return picture && <Opened picture={picture} />;
}

function Opened({ picture }: { picture: Picture }) {
  const { pictures, next } = useGallery();
  const at = pictures.findIndex((p) => p.id === picture.id);
  const current = pictures[at] ?? picture;
  const before = at > 0 ? pictures[at - 1] : undefined;
  const after = at >= 0 ? pictures[at + 1] : undefined;
  useEffect(() => {
    if (at >= 0 && !after && next) void showMore();
  }, [at, after, next]);
  const keys = (e: KeyboardEvent) => {
    if (e.key === "ArrowLeft" && before) open(before);
    else if (e.key === "ArrowRight" && after) open(after);
    else if (e.key === "Delete") doom(current, after ?? before);
    else return;
    e.preventDefault();
  };
  return (
    <Dialog label={`Picture: ${picture.prompt}`} className="lightbox" onClose={close} onKeyDown={keys}>
      <div className="lightbox-layout">
        <div className="lightbox-picture">
          <img src={current.url} alt={current.prompt} />
          <button className="icon turn left" aria-label="Newer" disabled={!before} onClick={() => open(before!)}>
            <Icon name="back" />
          </button>
          <button className="icon turn right" aria-label="Older" disabled={!after} onClick={() => open(after!)}>
            <Icon name="next" />
          </button>
        </div>
        <Details picture={current} onDelete={() => doom(current, after ?? before)} />
      </div>
    </Dialog>
  );
}

function doom(picture: Picture, next: Picture | undefined): void {
  remove(picture);
  opened.set(next ?? null);
}

/** All that it was made with, from the file itself: the job says only what was asked for. */
async function adoptSettings(picture: Picture): Promise<void> {
  try {
    const file = await fetch(picture.url);
    const { request } = await api.read(await file.blob());
    takeSettings(request);
    close();
    go("create");
    say("Its settings are in place. Press Enter to draw it again.");
  } catch (e) {
    say((e as Error).message, { alarm: true });
  }
}

function Details({ picture, onDelete }: { picture: Picture; onDelete: () => void }) {
  return (
    <aside className="details">
      <p className="details-prompt">{picture.prompt}</p>
      {picture.negative && <p className="quiet">without: {picture.negative}</p>}
      <div className="details-actions">
        <button className="primary" onClick={() => void adoptSettings(picture)}>
          Use these settings
        </button>
        <button
          onClick={() => {
            startFrom({ data: picture.id, shown: picture.url, width: picture.width, height: picture.height });
            close();
            go("create");
          }}
        >
          Use as start picture
        </button>
        <button
          onClick={() => {
            change({ seed: picture.seed });
            void navigator.clipboard?.writeText(String(picture.seed)).catch(() => {});
            say(`Seed ${picture.seed} copied, and set for the next picture.`);
          }}
        >
          Copy seed
        </button>
        <a className="button" href={`${picture.url}?download`} download>
          Download
        </a>
      </div>
      <dl>
        <dt>Checkpoint</dt>
        <dd>{picture.checkpoint}</dd>
        <dt>Size</dt>
        <dd>
          {picture.width} × {picture.height}, {picture.format.toUpperCase()}, {bytes(picture.bytes)}
        </dd>
        <dt>Seed</dt>
        <dd>{picture.seed}</dd>
        <dt>Made</dt>
        <dd>{when(picture.created)}</dd>
        <dt>Licence</dt>
        <dd>
          <Licence of={{ verdict: picture.commercial, licence: "", why: picture.because ?? "" }} />
        </dd>
      </dl>
      <details>
        <summary>All parameters</summary>
        <pre tabIndex={0}>
          {typeof picture.parameters === "string" ? picture.parameters : JSON.stringify(picture.parameters, null, 2)}
        </pre>
      </details>
      <div className="details-foot">
        <button
          className="icon"
          aria-label="Favourite"
          aria-pressed={picture.favourite}
          onClick={() => void setFavourite(picture, !picture.favourite)}
        >
          <Icon name="heart" filled={picture.favourite} />
        </button>
        <button className="icon" aria-label="Delete" onClick={onDelete}>
          <Icon name="trash" />
        </button>
      </div>
    </aside>
  );
}
