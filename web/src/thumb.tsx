import type { Picture } from "./api";
import { setFavourite } from "./gallery";
import { Icon } from "./icons";
import { open } from "./lightbox";

/** A picture in a list: a click looks closer. */
export function Thumb({ picture }: { picture: Picture }) {
  return (
    <div className="thumb">
      <button className="thumb-open" onClick={() => open(picture)}>
        <img src={picture.thumbnail} alt={picture.prompt} loading="lazy" />
      </button>
      <button
        className="icon heart"
        aria-label={`Favourite: ${picture.prompt}`}
        aria-pressed={picture.favourite}
        onClick={() => void setFavourite(picture, !picture.favourite)}
      >
        <Icon name="heart" filled={picture.favourite} />
      </button>
    </div>
  );
}
