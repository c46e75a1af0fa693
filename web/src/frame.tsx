import type { CSSProperties, ReactNode } from "react";

/** As large as there is room, in the shape of what is in it; a small picture at most four times its size. */
export function Frame({ width, height, children }: { width: number; height: number; children: ReactNode }) {
  const style = { "--ratio": width / height, "--natural": `${width}px` } as CSSProperties;
  return (
    <div className="frame" style={style}>
      {children}
    </div>
  );
}
