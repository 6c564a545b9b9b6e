/** `/`: the guide until something was received, then the logs. */
import { useQuery } from '@tanstack/react-query';
import { Navigate } from '@tanstack/react-router';
import { statusQuery } from '../../api/queries.ts';
import { SkeletonRows } from '../../ui/states.tsx';

export function Home() {
  const { data, error } = useQuery(statusQuery);
  if (data) return <Navigate to={data.store.rows === 0 ? '/start' : '/logs'} replace />;
  if (error) return <Navigate to="/logs" replace />;
  return <SkeletonRows label="Loading" />;
}
