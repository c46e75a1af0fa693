// Width and height: by shape, with as many pixels as the checkpoint likes, or by number.
import { change, useDraft } from "./draft";
import { Icon } from "./icons";
import { NumberField } from "./number-field";

const shapes: [number, number][] = [
  [1, 1],
  [4, 3],
  [3, 2],
  [16, 9],
  [3, 4],
  [2, 3],
  [9, 16],
];

/** The sides of that shape with about the area of width x height, in steps that latents allow. */
export function sidesOf(shape: [number, number], width: number, height: number): [number, number] {
  const area = width * height;
  const unit = area >= 512 * 512 ? 64 : 8;
  const side = (ratio: number) => Math.max(unit, Math.round(Math.sqrt(area * ratio) / unit) * unit);
  return [side(shape[0] / shape[1]), side(shape[1] / shape[0])];
}

interface Sides {
  width?: number;
  height?: number;
}

/** `usual`: the checkpoint's; `own`: what would be taken, which a start picture may change. */
export function Size({ own, usual }: { own: Sides; usual: Sides }) {
  const { width, height } = useDraft();
  const base = { width: usual.width ?? 512, height: usual.height ?? 512 };
  const now = { width: width ?? own.width ?? base.width, height: height ?? own.height ?? base.height };
  const changed = width !== undefined || height !== undefined;
  return (
    <fieldset className="size">
      <legend>
        Size
        {changed && (
          <button
            className="reset"
            aria-label="Reset size"
            onClick={() => change({ width: undefined, height: undefined })}
          >
            <Icon name="reset" />
          </button>
        )}
      </legend>
      <div className="shapes" role="group" aria-label="Shape">
        {shapes.map((shape) => {
          const [w, h] = sidesOf(shape, base.width, base.height);
          return (
            <button
              key={shape.join(":")}
              className="shape"
              aria-pressed={now.width === w && now.height === h}
              title={`${w} × ${h}`}
              onClick={() => change({ width: w, height: h })}
            >
              <span className="shape-box" style={{ aspectRatio: `${shape[0]} / ${shape[1]}` }} />
              {shape.join(":")}
            </button>
          );
        })}
      </div>
      <div className="sides">
        <NumberField
          label="Width"
          term=""
          value={width}
          own={own.width}
          min={8}
          max={8192}
          step={8}
          onChange={(v) => change({ width: v })}
        />
        <button
          className="icon swap"
          aria-label="Swap width and height"
          onClick={() => change({ width: now.height, height: now.width })}
        >
          <Icon name="swap" />
        </button>
        <NumberField
          label="Height"
          term=""
          value={height}
          own={own.height}
          min={8}
          max={8192}
          step={8}
          onChange={(v) => change({ height: v })}
        />
      </div>
    </fieldset>
  );
}
