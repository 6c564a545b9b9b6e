/** Shown when the server demands a login. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { LogIn } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { ApiError, api } from '../../api/client.ts';
import { reportNavigation } from '../../app/use-range.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/form.tsx';

const route = getRouteApi('/login');

export function LoginScreen() {
  const { next } = route.useSearch();
  const router = useRouter();
  const client = useQueryClient();
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const login = useMutation({
    mutationFn: () => api<void>('/login', { method: 'POST', body: { user, password } }),
    onSuccess: () => {
      client.clear();
      router.history.replace(localPath(next));
      router.load().catch(reportNavigation);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    login.mutate();
  };
  return (
    <main className="flex h-full items-center justify-center overflow-auto p-4">
      <form onSubmit={submit} className="card flex w-[min(22rem,100%)] flex-col gap-4 p-6">
        <div>
          <h1 className="text-lg font-semibold">Log in to Breakwater</h1>
          <p className="mt-1 text-sm text-muted">The login was printed when the server started for the first time.</p>
        </div>
        <Field label="User">
          {(id) => (
            <input
              id={id}
              className="field"
              required
              autoComplete="username"
              value={user}
              onChange={(event) => setUser(event.target.value)}
            />
          )}
        </Field>
        <Field label="Password">
          {(id) => (
            <input
              id={id}
              type="password"
              className="field"
              required
              autoComplete="current-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        {login.error && (
          <p role="alert" className="rounded-md bg-red-soft px-3 py-2 text-sm text-red">
            {login.error instanceof ApiError
              ? login.error.problem.detail || login.error.problem.title
              : login.error.message}
          </p>
        )}
        <Button type="submit" tone="primary" icon={LogIn} disabled={login.isPending}>
          Log in
        </Button>
      </form>
    </main>
  );
}

/** Only a path of this page: an address in the link must not lead elsewhere after the login. */
export function localPath(next: string | undefined): string {
  return next && /^\/(?![/\\])/.test(next) ? next : '/';
}
