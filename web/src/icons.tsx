// Line icons, 24 x 24; what they mean is said by the label of whatever holds them.
const paths = {
  heart:
    "M12 20s-7-4.4-9-8.5C1.6 8.4 3.4 5 6.7 5c2.2 0 3.9 1.3 5.3 3.2C13.4 6.3 15.1 5 17.3 5c3.3 0 5.1 3.4 3.7 6.5C19 15.6 12 20 12 20z",
  download: "M12 4v11m0 0 4-4m-4 4-4-4M5 20h14",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
  brush: "M20 4 10 14m0 0-2-2m2 2c1 3-1 6-6 6 2-1 1.5-2.5 2-4.5S8.5 12 10 14z",
  close: "M6 6l12 12M18 6 6 18",
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  dice: "M5 5h14v14H5zM9 9h.01M15 9h.01M12 12h.01M9 15h.01M15 15h.01",
  lock: "M7 11V8a5 5 0 0 1 10 0v3M6 11h12v9H6z",
  key: "M12 12a4 4 0 1 0 0 .01M12 12h9M17 12v3M20 12v4",
  reset: "M5 12a7 7 0 1 0 2.3-5.2M5 4v4h4",
  sliders: "M4 7h10M18 7h2M16 5v4M4 17h2M10 17h10M8 15v4",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5 19 19M19 5l-1.5 1.5M6.5 17.5 5 19",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  auto: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  swap: "M7 8h12m0 0-3-3m3 3-3 3M17 16H5m0 0 3-3m-3 3 3 3",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9h.01",
  spark: "M11 4l1.8 5.2L18 11l-5.2 1.8L11 18l-1.8-5.2L4 11l5.2-1.8zM18.5 16v5M16 18.5h5",
  plus: "M12 5v14M5 12h14",
  undo: "M8 6 4 10l4 4M4 10h10a5 5 0 0 1 0 10h-3",
  search: "M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15.5 15.5 20 20",
  info: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 11v5M12 8h.01",
  copy: "M9 9h10v10H9zM5 15V5h10",
};

export function Icon({ name, filled }: { name: keyof typeof paths; filled?: boolean }) {
  return (
    <svg className="icon-svg" viewBox="0 0 24 24" aria-hidden="true" fill={filled ? "currentColor" : "none"}>
      <path d={paths[name]} />
    </svg>
  );
}
