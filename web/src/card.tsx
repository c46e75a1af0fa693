// A checkpoint to choose by a click.
import type { ReactNode } from "react";

interface Props {
  name: string;
  mark: ReactNode; // its picture
  chosen: boolean;
  disabled?: boolean;
  onChoose: () => void;
  children: ReactNode;
}

export function Card({ name, mark, chosen, disabled, onChoose, children }: Props) {
  return (
    <label className={name === "auto" ? "card auto" : "card"}>
      <input type="radio" name="checkpoint" value={name} checked={chosen} disabled={disabled} onChange={onChoose} />
      {mark}
      <span className="card-text">{children}</span>
    </label>
  );
}

export const radioOf = (name: string) =>
  document.querySelector<HTMLInputElement>(`input[name="checkpoint"][value="${CSS.escape(name)}"]`);
