// The grid as one picture, to keep or to send.
import { loadImage } from "./files";

interface Side {
  label: string;
  values: string[];
}

const gap = 8;
const font = (size: number) => `${size}px system-ui, sans-serif`;

function lines(g: CanvasRenderingContext2D, text: string, width: number): string[] {
  const out: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = out[out.length - 1];
    if (last !== undefined && g.measureText(`${last} ${word}`).width <= width) out[out.length - 1] = `${last} ${word}`;
    else out.push(word);
  }
  return out;
}

export async function sheetPicture(prompt: string, x: Side, y: Side, cells: (string | undefined)[][]): Promise<Blob> {
  const images = await Promise.all(cells.map((row) => Promise.all(row.map((src) => (src ? loadImage(src) : null)))));
  const all = images.flat().filter((i) => i !== null) as HTMLImageElement[];
  const width = Math.max(160, ...all.map((i) => i.naturalWidth));
  const height = Math.max(160, ...all.map((i) => i.naturalHeight));
  const size = Math.max(14, Math.round(width / 16));
  const left = size * 8;
  const top = size * 5;
  const canvas = document.createElement("canvas");
  canvas.width = left + x.values.length * (width + gap);
  canvas.height = top + y.values.length * (height + gap);
  const g = canvas.getContext("2d")!;
  g.fillStyle = "#fff";
  g.fillRect(0, 0, canvas.width, canvas.height);
  g.fillStyle = "#1b1714";
  g.font = font(size * 1.1);
  g.textBaseline = "middle";
  g.fillText(prompt, gap, size * 1.2, canvas.width - 2 * gap);
  g.font = font(size);
  g.textAlign = "center";
  x.values.forEach((v, i) =>
    g.fillText(`${x.label} ${v}`, left + i * (width + gap) + width / 2, top - size * 1.2, width),
  );
  g.textAlign = "right";
  y.values.forEach((v, row) => {
    const middle = top + row * (height + gap) + height / 2;
    const text = lines(g, `${y.label} ${v}`, left - 2 * gap);
    text.forEach((line, i) =>
      g.fillText(line, left - gap, middle + (i - (text.length - 1) / 2) * size * 1.3, left - 2 * gap),
    );
  });
  images.forEach((row, r) =>
    row.forEach((image, c) => {
      if (!image) return;
      g.drawImage(image, left + c * (width + gap) + (width - image.naturalWidth) / 2, top + r * (height + gap));
    }),
  );
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error("The sheet is too large for this browser."))),
      "image/png",
    ),
  );
}
