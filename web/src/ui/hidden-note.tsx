/** Below a field whose text holds hidden characters, which the field itself shows raw. */
import { hiddenIn } from '../text/hidden-characters.ts';

export function HiddenNote({ text, className }: { text: string; className?: string }) {
  const found = hiddenIn(text);
  if (!found) return null;
  return (
    <p role="status" className={`text-xs text-amber ${className ?? ''}`}>
      This text holds hidden characters: {found}
    </p>
  );
}
