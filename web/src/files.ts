// Pictures from this device.
import type { StartPicture } from "./draft";

export const isPicture = (file: File) => /^image\/(png|jpeg|webp)$/.test(file.type);

function dataAddress(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(new Error("This file cannot be read."));
    reader.readAsDataURL(blob);
  });
}

export function loadImage(src: string): Promise<HTMLImageElement> {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = () => reject(new Error("This is no picture that the browser can show: try PNG, JPEG or WebP."));
    image.src = src;
  });
}

const longestSide = 2048; // far more than any checkpoint draws; a photograph's megabytes need not travel

export async function startPictureOf(file: Blob): Promise<StartPicture> {
  const data = await dataAddress(file);
  const image = await loadImage(data);
  const { naturalWidth: width, naturalHeight: height } = image;
  const scale = longestSide / Math.max(width, height);
  if (scale >= 1) return { data, shown: data, width, height };
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  const smaller = canvas.toDataURL("image/jpeg", 0.95);
  return { data: smaller, shown: smaller, width: canvas.width, height: canvas.height };
}

export function saveBlob(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
