// Width and height: by shape, with as many pixels as the checkpoint likes, or by number.
import { change, useDraft } from "./draft";
import { Icon } from "./icons";
import { NumberField } from "./number-field";
import { sidesOf, type Sides } from "./sides";

const shapes = ["1:1", "4:3", "3:2", "16:9", "3:4", "2:3", "9:16"].map((name) => {
  const [width, height] = name.split(":").map(Number);
  return { name, width, height };
});

/** `usual`: the checkpoint's; `own`: what would be taken, which a start picture may change. */
export function Size({ own, usual }: { own: Partial<Sides>; usual: Partial<Sides> }) {
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
          const sides = sidesOf(shape, base);
          return (
            <button
              key={shape.name}
              className="shape"
              aria-pressed={now.width === sides.width && now.height === sides.height}
              title={`${sides.width} × ${sides.height}`}
              onClick={() => change(sides)}
            >
              <span className="shape-box" style={{ aspectRatio: `${shape.width} / ${shape.height}` }} />
              {shape.name}
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
