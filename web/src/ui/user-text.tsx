import type { ReactNode } from 'react';
import { splitHidden } from '../text/hidden-characters.ts';

/**
 * A text that somebody else wrote. It keeps its own direction without touching what stands beside it, and hidden
 * characters are boxes with their numbers; copying a selection gives the original text.
 */
export function UserText({ children }: { children: string | number | undefined }): ReactNode {
  const parts = splitHidden(String(children ?? ''));
  if (parts.length === 0) return null;
  return (
    <bdi>
      {parts.map((part, index) =>
        part.kind === 'text' ? (
          part.text
        ) : (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text have no other identity
            key={index}
            className="hidden-character"
            data-codes={part.codes}
            title={`${part.codes}: ${part.names}`}
          >
            {part.text}
          </span>
        ),
      )}
    </bdi>
  );
}
