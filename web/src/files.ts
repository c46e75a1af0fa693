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

export async function startPictureOf(file: Blob): Promise<StartPicture> {
  const data = await dataAddress(file);
  const image = await loadImage(data);
  return { data, shown: data, width: image.naturalWidth, height: image.naturalHeight };
}

export function saveBlob(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
