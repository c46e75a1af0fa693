export interface Sides {
  width: number;
  height: number;
}

/** The sides of that shape with about as many pixels as `like`, in steps that latents allow. */
export function sidesOf(shape: Sides, like: Sides): Sides {
  const area = like.width * like.height;
  const unit = area >= 512 * 512 ? 64 : 8;
  const side = (ratio: number) => Math.max(unit, Math.round(Math.sqrt(area * ratio) / unit) * unit);
  return { width: side(shape.width / shape.height), height: side(shape.height / shape.width) };
}

/** Whether a checkpoint that likes `like` would have far more to draw than it was made for. */
export const isFarLarger = (sides: Sides, like: Sides) => sides.width * sides.height > 1.5 * like.width * like.height;
