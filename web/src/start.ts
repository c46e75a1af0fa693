// Beginning with a picture, in a size that its checkpoint can draw.
import { modelsNow } from "./catalogue";
import { change, draft, type StartPicture } from "./draft";
import { planNow } from "./plan";
import { isFarLarger, sidesOf, type Sides } from "./sides";
import { say } from "./toasts";

function usualSides(): Sides {
  const checkpoints = modelsNow().filter((m) => m.kind === "checkpoint");
  const name = draft.get().checkpoint ?? planNow()?.checkpoint;
  const settings = (checkpoints.find((m) => m.name === name) ?? checkpoints[0])?.settings;
  return { width: settings?.width ?? 512, height: settings?.height ?? 512 };
}

export function startFrom(picture: StartPicture): void {
  const usual = usualSides();
  const size = isFarLarger(picture, usual) ? sidesOf(picture, usual) : { width: undefined, height: undefined };
  change({ init: picture, mask: undefined, ...size });
  if (size.width) {
    say(`The next picture starts from it, at ${size.width} × ${size.height}. Reset the size to keep its own.`);
  } else {
    say("The next picture starts from it.");
  }
}
