// Painting the mask of an inpainting: white is made anew. Strokes are kept as lines in the picture's own pixels, so that
// undo is leaving out the last, and the mask has the picture's size whatever the screen's is.
import { useEffect, useRef, useState, type CSSProperties, type PointerEvent } from "react";
import { Dialog } from "./dialog";
import type { StartPicture } from "./draft";
import { Icon } from "./icons";
import { Slider } from "./slider";

interface Stroke {
  erase: boolean;
  size: number;
  points: [number, number][];
}

function draw(canvas: HTMLCanvasElement, strokes: Stroke[], inverted: boolean): void {
  const g = canvas.getContext("2d")!;
  g.globalCompositeOperation = "source-over";
  g.clearRect(0, 0, canvas.width, canvas.height);
  g.lineCap = g.lineJoin = "round";
  g.strokeStyle = g.fillStyle = "#f4511e"; // seen on snow and in the dark
  for (const s of strokes) {
    g.globalCompositeOperation = s.erase ? "destination-out" : "source-over";
    g.lineWidth = s.size;
    g.beginPath();
    g.moveTo(...s.points[0]);
    for (const p of s.points) g.lineTo(...p);
    g.stroke();
  }
  if (!inverted) return;
  g.globalCompositeOperation = "xor";
  g.fillRect(0, 0, canvas.width, canvas.height);
}

/** White on black, as a request wants it. */
function maskOf(canvas: HTMLCanvasElement): string {
  const out = document.createElement("canvas");
  out.width = canvas.width;
  out.height = canvas.height;
  const g = out.getContext("2d")!;
  g.drawImage(canvas, 0, 0);
  g.globalCompositeOperation = "source-in";
  g.fillStyle = "#fff";
  g.fillRect(0, 0, out.width, out.height);
  g.globalCompositeOperation = "destination-over";
  g.fillStyle = "#000";
  g.fillRect(0, 0, out.width, out.height);
  return out.toDataURL("image/png");
}

// What the last mask was painted with, so that it can be changed.
let last: { mask: string; strokes: Stroke[]; inverted: boolean } | null = null;

interface Props {
  picture: StartPicture;
  mask: string | undefined;
  onDone: (mask: string | undefined) => void;
  onClose: () => void;
}

export function Brush({ picture, mask, onDone, onClose }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const before = last?.mask === mask ? last : null;
  const [strokes, setStrokes] = useState<Stroke[]>(before?.strokes ?? []);
  const [erase, setErase] = useState(false);
  const [inverted, setInverted] = useState(before?.inverted ?? false);
  const [share, setShare] = useState(12); // of the shorter side, in hundredths
  const drawing = useRef(false);
  useEffect(() => draw(canvas.current!, strokes, inverted), [strokes, inverted]);

  const place = (e: PointerEvent): [number, number] => {
    const box = canvas.current!.getBoundingClientRect();
    return [
      ((e.clientX - box.left) * picture.width) / box.width,
      ((e.clientY - box.top) * picture.height) / box.height,
    ];
  };
  const down = (e: PointerEvent) => {
    if (e.button !== 0) return;
    e.currentTarget.setPointerCapture(e.pointerId);
    drawing.current = true;
    const size = (share / 100) * Math.min(picture.width, picture.height);
    const point = place(e);
    setStrokes((all) => [...all, { erase, size, points: [point] }]);
  };
  const move = (e: PointerEvent) => {
    if (!drawing.current) return;
    const point = place(e);
    setStrokes((all) => {
      const last = all[all.length - 1];
      return [...all.slice(0, -1), { ...last, points: [...last.points, point] }];
    });
  };
  const up = () => (drawing.current = false);
  const use = () => {
    if (blank) return onDone(undefined);
    last = { mask: maskOf(canvas.current!), strokes, inverted };
    onDone(last.mask);
  };
  const blank = !strokes.length && !inverted;
  return (
    <Dialog label="Paint a mask" className="brush" onClose={onClose}>
      <h2>Paint over what is to be made anew</h2>
      <div className="brush-stage" style={{ "--ratio": picture.width / picture.height } as CSSProperties}>
        <img src={picture.shown} alt="The start picture" draggable={false} />
        <canvas
          ref={canvas}
          width={picture.width}
          height={picture.height}
          aria-label="The mask: paint with the pointer"
          role="img"
          onPointerDown={down}
          onPointerMove={move}
          onPointerUp={up}
          onPointerCancel={up}
        />
      </div>
      <div className="brush-tools">
        <div className="segments" role="group" aria-label="Tool">
          <button aria-pressed={!erase} onClick={() => setErase(false)}>
            Paint
          </button>
          <button aria-pressed={erase} onClick={() => setErase(true)}>
            Erase
          </button>
        </div>
        <div className="brush-size">
          <span aria-hidden="true">Size</span>
          <Slider label="Size of the brush" min={2} max={50} step={1} value={share} onChange={setShare} />
        </div>
        <button onClick={() => setStrokes((all) => all.slice(0, -1))} disabled={!strokes.length}>
          <Icon name="undo" /> Undo
        </button>
        <button
          disabled={blank}
          onClick={() => {
            setStrokes([]);
            setInverted(false);
          }}
        >
          Clear
        </button>
        <button aria-pressed={inverted} onClick={() => setInverted(!inverted)}>
          Invert
        </button>
        <button className="primary" onClick={use}>
          Use this mask
        </button>
      </div>
    </Dialog>
  );
}
