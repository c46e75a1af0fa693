import { useEffect } from "react";
import { Icon } from "./icons";
import { createKept, useStore } from "./store";

type Theme = "system" | "light" | "dark";
const theme = createKept<{ name: Theme }>("theme", { name: "system" });
const next: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const icon = { system: "auto", light: "sun", dark: "moon" } as const;

export function ThemeSwitch() {
  const { name } = useStore(theme);
  useEffect(() => {
    if (name === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
  }, [name]);
  return (
    <button
      className="icon"
      aria-label={`Colours: ${name}`}
      title={`Colours: ${name}`}
      onClick={() => theme.set({ name: next[name] })}
    >
      <Icon name={icon[name]} />
    </button>
  );
}
