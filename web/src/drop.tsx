// A picture dropped anywhere, or pasted: what it says of how it was made, and what to do with it.
import { useEffect, useState } from "react";
import { api, Problem, type Reading } from "./api";
import { Dialog } from "./dialog";
import { takeSettings, type StartPicture } from "./draft";
import { isPicture, startPictureOf } from "./files";
import { go } from "./route";
import { startFrom } from "./start";
import { say } from "./toasts";

interface Dropped {
  picture: StartPicture;
  reading: Reading | null;
  why: string;
}

async function look(file: File): Promise<Dropped> {
  const picture = await startPictureOf(file);
  try {
    return { picture, reading: await api.read(file), why: "" };
  } catch (e) {
    if (e instanceof Problem && e.status === 0) throw e;
    return { picture, reading: null, why: (e as Error).message };
  }
}

export function Drop() {
  const [over, setOver] = useState(false);
  const [dropped, setDropped] = useState<Dropped | null>(null);
  useEffect(() => {
    const take = async (file: File | undefined) => {
      setOver(false);
      if (!file) return;
      if (!isPicture(file)) return say("Drop a PNG, JPEG or WebP picture.", { alarm: true });
      try {
        setDropped(await look(file));
      } catch (e) {
        say((e as Error).message, { alarm: true });
      }
    };
    const hasFile = (e: DragEvent) => [...(e.dataTransfer?.types ?? [])].includes("Files");
    const drag = (e: DragEvent) => {
      if (!hasFile(e)) return;
      e.preventDefault();
      setOver(true);
    };
    const leave = (e: DragEvent) => e.relatedTarget === null && setOver(false);
    const drop = (e: DragEvent) => {
      if (!hasFile(e)) return;
      e.preventDefault();
      void take(e.dataTransfer!.files[0]);
    };
    const paste = (e: ClipboardEvent) => {
      const file = [...(e.clipboardData?.files ?? [])].find(isPicture);
      if (file) void take(file);
    };
    window.addEventListener("dragover", drag);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    document.addEventListener("paste", paste);
    return () => {
      window.removeEventListener("dragover", drag);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
      document.removeEventListener("paste", paste);
    };
  }, []);
  return (
    <>
      {over && <div className="drop-over">Drop it: its settings are read, or it becomes the start</div>}
      {dropped && <Found dropped={dropped} onClose={() => setDropped(null)} />}
    </>
  );
}

function Found({ dropped, onClose }: { dropped: Dropped; onClose: () => void }) {
  const { picture, reading, why } = dropped;
  const request = reading?.request;
  const lines = Object.entries(request ?? {}).filter(([key, v]) => key !== "prompt" && typeof v !== "object");
  const done = (act: () => void) => () => {
    act();
    onClose();
    go("create");
  };
  return (
    <Dialog label="Dropped picture" className="found" onClose={onClose}>
      <div className="found-layout">
        <img src={picture.shown} alt="The dropped picture" />
        <div>
          {request ? (
            <>
              <p className="quiet">Made with {reading!.program || "an unknown program"}</p>
              <p className="details-prompt">{request.prompt}</p>
              <dl>
                {lines.map(([key, value]) => (
                  <div key={key}>
                    <dt>{key.replace(/_/g, " ")}</dt>
                    <dd>{String(value)}</dd>
                  </div>
                ))}
              </dl>
              {reading!.lost.length > 0 && (
                <p className="quiet">Not taken over: {reading!.lost.map(text).join("; ")}</p>
              )}
            </>
          ) : (
            <p>{why || "This picture does not say how it was made."}</p>
          )}
          <div className="details-actions">
            {request && (
              <button className="primary" onClick={done(() => takeSettings(request))}>
                Use these settings
              </button>
            )}
            <button className={request ? "" : "primary"} onClick={done(() => startFrom(picture))}>
              Start from this picture
            </button>
          </div>
        </div>
      </div>
    </Dialog>
  );
}

const text = (lost: unknown) => (typeof lost === "string" ? lost : JSON.stringify(lost));
