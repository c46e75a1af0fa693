/** Where a model has no picture: two soft lights in colours of its name, always the same for the same name. */
export function Placeholder({ name, src }: { name: string; src?: string | null }) {
  if (src) return <img className="cover" src={src} alt="" loading="lazy" />;
  let hash = 2166136261;
  for (const c of name) hash = Math.imul(hash ^ c.charCodeAt(0), 16777619) >>> 0;
  const hue = hash % 360;
  const far = (hue + 40 + ((hash >>> 9) % 120)) % 360;
  const x = 15 + ((hash >>> 5) % 50);
  const y = 10 + ((hash >>> 13) % 50);
  return (
    <span
      className="cover"
      aria-hidden="true"
      style={{
        backgroundImage:
          `radial-gradient(circle at ${x}% ${y}%, hsl(${hue} 55% 72%), transparent 62%),` +
          `radial-gradient(circle at ${100 - x}% ${100 - y}%, hsl(${far} 45% 55%), hsl(${hue} 30% 32%))`,
      }}
    />
  );
}
