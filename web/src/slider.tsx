import type { CSSProperties } from "react";

interface Props {
  label: string;
  min: number;
  max: number;
  step: number;
  value: number;
  own?: boolean; // nobody has moved it: it shows what the checkpoint would take
  onChange: (value: number) => void;
}

export function Slider({ label, min, max, step, value, own, onChange }: Props) {
  const share = Math.min(1, Math.max(0, (value - min) / (max - min)));
  return (
    <input
      type="range"
      className={own ? "own" : undefined}
      style={{ "--share": share } as CSSProperties}
      aria-label={label}
      min={min}
      max={max}
      step={step}
      value={value}
      onChange={(e) => onChange(Number(e.target.value))}
    />
  );
}
