import type { Picture } from "./api";

interface StripProps {
  pictures: Picture[];
  shown?: Picture;
  onChoose: (picture: Picture) => void;
}

export function Strip({ pictures, shown, onChoose }: StripProps) {
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
