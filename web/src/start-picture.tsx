// Image-to-image: the picture to start from, how far to leave it, and the part to make anew.
import { useRef, useState } from "react";
import { Brush } from "./brush";
import { change, useDraft } from "./draft";
import { Help } from "./field";
import { isPicture, startPictureOf } from "./files";
import { Icon } from "./icons";
import { NumberField } from "./number-field";
import { startFrom } from "./start";
import { say } from "./toasts";

export function StartPictureField() {
  const { init, mask, strength, only_masked } = useDraft();
  const [painting, setPainting] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const take = async (file: File | undefined) => {
    if (!file) return;
    if (!isPicture(file)) return say("A start picture is a PNG, JPEG or WebP file.", { alarm: true });
    try {
      startFrom(await startPictureOf(file));
    } catch (e) {
      say((e as Error).message, { alarm: true });
    }
  };
  return (
    <fieldset className="start">
      <legend>
        Start picture <Help term="Image-to-image" about="a start picture" />
      </legend>
      <input
        ref={picker}
        type="file"
        className="sr"
        tabIndex={-1}
        aria-label="Start picture file"
        accept="image/png,image/jpeg,image/webp"
        onChange={(e) => {
          void take(e.target.files?.[0]);
          e.target.value = "";
        }}
      />
      {!init ? (
        <button className="drop-hint" onClick={() => picker.current!.click()}>
          <Icon name="picture" /> Choose or drop a picture
        </button>
      ) : (
        <>
          <div className="start-row">
            <span className="start-thumb">
              <img src={init.shown} alt="Start picture" />
              {mask && <img className="mask" src={mask} alt="" />}
            </span>
            <div className="start-actions">
              <button onClick={() => setPainting(true)}>
                <Icon name="brush" /> {mask ? "Change the mask" : "Paint a mask"}
              </button>
              {mask && (
                <label className="check">
                  <input
                    type="checkbox"
                    checked={only_masked ?? false}
                    onChange={(e) => change({ only_masked: e.target.checked || undefined })}
                  />
                  Only the masked part, at full size
                </label>
              )}
              <button onClick={() => picker.current!.click()}>
                <Icon name="picture" /> Another
              </button>
              <button onClick={() => change({ init: undefined, mask: undefined, strength: undefined })}>
                <Icon name="close" /> Remove
              </button>
            </div>
          </div>
          <NumberField
            label="Strength"
            value={strength}
            own={0.75}
            min={0}
            max={1}
            step={0.05}
            slider={{ min: 0, max: 1 }}
            onChange={(v) => change({ strength: v })}
          />
        </>
      )}
      {painting && init && (
        <Brush
          picture={init}
          mask={mask}
          onClose={() => setPainting(false)}
          onDone={(painted) => {
            change({ mask: painted });
            setPainting(false);
          }}
        />
      )}
    </fieldset>
  );
}
