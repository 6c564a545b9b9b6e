import { Check, Copy, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { IconButton } from './button.tsx';

/** Writes text to the clipboard; false where the browser refuses (no permission, no secure context). */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    console.warn('The browser did not let the page write to the clipboard.', error);
    return false;
  }
}

export function CopyButton({
  text,
  label = 'Copy',
  size = 'sm',
}: {
  text: string;
  label?: string;
  size?: 'sm' | 'md';
}) {
  const [outcome, setOutcome] = useState<'copied' | 'refused' | null>(null);
  useEffect(() => {
    if (!outcome) return;
    const timer = setTimeout(() => setOutcome(null), 1_500);
    return () => clearTimeout(timer);
  }, [outcome]);
  const icon = outcome === 'copied' ? Check : outcome === 'refused' ? X : Copy;
  return (
    <IconButton
      size={size}
      icon={icon}
      label={outcome === 'copied' ? 'Copied' : outcome === 'refused' ? 'The browser refused to copy' : label}
      onClick={(event) => {
        event.stopPropagation();
        copyText(text).then(
          (done) => setOutcome(done ? 'copied' : 'refused'),
          () => setOutcome('refused'),
        );
      }}
    />
  );
}
