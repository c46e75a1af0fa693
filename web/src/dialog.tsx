import { useEffect, useRef, type KeyboardEvent, type ReactNode } from "react";
import { Icon } from "./icons";

interface Props {
  label: string;
  className?: string;
  onClose: () => void;
  onKeyDown?: (e: KeyboardEvent) => void;
  children: ReactNode;
}

/** A modal dialog while it is rendered: the browser keeps the focus inside and gives it back. */
export function Dialog({ label, className, onClose, onKeyDown, children }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current!;
    const before = document.activeElement;
    dialog.showModal();
    return () => {
      dialog.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      className={className}
      aria-label={label}
      onKeyDown={onKeyDown}
      onCancel={(e) => {
        e.preventDefault();
        onClose();
      }}
      onMouseDown={(e) => e.target === e.currentTarget && onClose()}
    >
      <div className="dialog-body">
        <button className="icon close" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
        {children}
      </div>
    </dialog>
  );
}
