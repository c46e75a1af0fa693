import { useEffect, useState } from "react";
import { Field } from "./field";
import { Slider } from "./slider";

interface Props {
  label: string;
  term?: string;
  value: number | undefined;
  own: number | undefined; // the checkpoint's value, shown until another is given
  min: number;
  max: number;
  step: number;
  slider?: { min: number; max: number };
  onChange: (value: number | undefined) => void;
}

/** A number that may be left to the checkpoint: by typing, or by a slider over the usual range. */
export function NumberField({ label, term, value, own, min, max, step, slider, onChange }: Props) {
  const [text, setText] = useState(value === undefined ? "" : String(value));
  useEffect(() => {
    setText((now) => (Number(now) === value && now !== "" ? now : value === undefined ? "" : String(value)));
  }, [value]);
  const take = (typed: string) => {
    setText(typed);
    const number = Number(typed);
    if (typed.trim() === "") onChange(undefined);
    else if (Number.isFinite(number) && number >= min && number <= max) onChange(number);
  };
  const bad = text.trim() !== "" && Number(text) !== value;
  return (
    <Field label={label} term={term} changed={value !== undefined} onReset={() => onChange(undefined)}>
      {(id) => (
        <div className="number">
          {slider && (
            <Slider
              label={`${label}, slider`}
              {...slider}
              step={step}
              value={value ?? own ?? slider.min}
              own={value === undefined}
              onChange={(n) => take(String(n))}
            />
          )}
          <input
            id={id}
            type="number"
            inputMode="decimal"
            min={min}
            max={max}
            step={step}
            value={text}
            aria-invalid={bad || undefined}
            placeholder={own === undefined ? "auto" : String(own)}
            onChange={(e) => take(e.target.value)}
          />
        </div>
      )}
    </Field>
  );
}
