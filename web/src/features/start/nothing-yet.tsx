/** An empty screen: where nothing was ever received it teaches how to send, else it offers a wider range. */
import { useQuery } from '@tanstack/react-query';
import type { LucideIcon } from 'lucide-react';
import { statusQuery } from '../../api/queries.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/states.tsx';
import { StartGuide } from './start-guide.tsx';

export function NothingYet({
  icon,
  title,
  onWiden,
}: {
  icon: LucideIcon;
  title: string;
  onWiden?: (() => void) | undefined;
}) {
  const { data: status } = useQuery(statusQuery);
  if (status && status.store.rows === 0) {
    return (
      <div className="h-full overflow-auto">
        <StartGuide />
      </div>
    );
  }
  return (
    <EmptyState icon={icon} title={title} action={onWiden && <Button onClick={onWiden}>Look further back</Button>}>
      Data may be older than the range, or not have arrived yet.
    </EmptyState>
  );
}
