// One side of the grid: which setting, and its values.
import { valuesOf, type Axis } from "./grid-axes";

interface SideProps {
  title: string;
  axes: Axis[];
  axis: Axis;
  values: string;
  onChange: (name: string, values: string) => void;
}

export function Side({ title, axes, axis, values, onChange }: SideProps) {
  const chosen = valuesOf(axis, values);
  const flip = (value: string) =>
    onChange(axis.name, (chosen.includes(value) ? chosen.filter((v) => v !== value) : [...chosen, value]).join(", "));
  return (
    <fieldset className="side">
      <legend>{title}</legend>
      <select
        aria-label={`${title}: setting`}
        value={axis.name}
        onChange={(e) => onChange(e.target.value, axes.find((a) => a.name === e.target.value)!.usual)}
      >
        {axes.map((a) => (
          <option key={a.name} value={a.name}>
            {a.label}
          </option>
        ))}
      </select>
      {axis.choices ? (
        <div className="chips" role="group" aria-label={`${title}: values`}>
          {axis.choices.map((v) => (
            <button
              key={v.name}
              type="button"
              className="chip"
              aria-pressed={chosen.includes(v.name)}
              onClick={() => flip(v.name)}
            >
              {v.label}
            </button>
          ))}
        </div>
      ) : (
        <input
          aria-label={`${title}: values, separated by commas`}
          value={values}
          onChange={(e) => onChange(axis.name, e.target.value)}
        />
      )}
    </fieldset>
  );
}
