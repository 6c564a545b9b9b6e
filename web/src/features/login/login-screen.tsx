/** Shown when the server demands a login. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { Eye, EyeOff, LogIn } from 'lucide-react';
import { type FormEvent, useRef, useState } from 'react';
import { api } from '../../api/client.ts';
import { useDocumentTitle, useTitle } from '../../app/title.ts';
import { reportNavigation } from '../../app/use-range.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Field } from '../../ui/form.tsx';
import { Logo } from '../../ui/logo.tsx';
import { failureText } from '../../ui/states.tsx';
import { localPath } from './local-path.ts';

const route = getRouteApi('/login');

export function LoginScreen() {
  const { next, ended } = route.useSearch();
  const router = useRouter();
  const client = useQueryClient();
  const [user, setUser] = useState('admin');
  const [password, setPassword] = useState('');
  const [visible, setVisible] = useState(false);
  const box = useRef<HTMLInputElement>(null);
  useTitle('Log in');
  useDocumentTitle(0);
  const login = useMutation({
    // Printed passwords hold no spaces: those around one come from copying it.
    mutationFn: (typed: { user: string; password: string }) =>
      api<void>('/login', { method: 'POST', body: { user: typed.user.trim(), password: typed.password.trim() } }),
    onSuccess: () => {
      client.clear();
      router.history.replace(localPath(next));
      router.load().catch(reportNavigation);
    },
    onError: () => box.current?.select(),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!login.isPending) login.mutate({ user, password });
  };
  const isKey = /^\s*bw_(ingest|api)_/.test(password);
  return (
    <main className="flex h-dvh overflow-auto p-4">
      <form onSubmit={submit} className="card m-auto flex w-[min(22rem,100%)] flex-col gap-4 p-6">
        <div>
          <span className="mb-3 flex items-center gap-2.5 text-[14.5px] font-semibold tracking-tight">
            <Logo />
            Breakwater
          </span>
          <h1 className="text-lg font-semibold">Log in</h1>
          <p className="mt-1 text-sm text-muted">
            {ended
              ? 'Your session has ended. After the login you are back where you were.'
              : 'The server printed the login when it started for the first time. Lost? Start it with --new-login.'}
          </p>
        </div>
        <Field label="User">
          {(id) => (
            <input
              id={id}
              name="username"
              className="field"
              required
              maxLength={100}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              value={user}
              onChange={(event) => setUser(event.target.value)}
            />
          )}
        </Field>
        <Field
          label="Password"
          hint={isKey ? 'This is a key for programs. The password is the line below “Login”, without bw_.' : undefined}
        >
          {(id) => (
            <span className="relative flex">
              <input
                ref={box}
                id={id}
                name="password"
                type={visible ? 'text' : 'password'}
                className="field min-w-0 flex-1 pr-9! font-mono"
                required
                maxLength={1_000}
                autoComplete="current-password"
                autoCapitalize="none"
                spellCheck={false}
                // biome-ignore lint/a11y/noAutofocus: the page has one purpose, and the user is filled in
                autoFocus
                aria-invalid={login.isError}
                aria-describedby={login.isError ? `${id}-fault` : undefined}
                value={password}
                onChange={(event) => setPassword(event.target.value)}
              />
              <IconButton
                size="sm"
                icon={visible ? EyeOff : Eye}
                label={visible ? 'Hide the password' : 'Show the password'}
                aria-pressed={visible}
                onClick={() => setVisible(!visible)}
                className="absolute top-1 right-1"
              />
            </span>
          )}
        </Field>
        {login.error && (
          <p role="alert" className="rounded-md bg-red-soft px-3 py-2 text-sm wrap-anywhere text-red">
            {failureText(login.error)}
          </p>
        )}
        <Button type="submit" tone="primary" icon={LogIn} disabled={login.isPending} className="h-[34px]">
          {login.isPending ? 'Logging in…' : 'Log in'}
        </Button>
      </form>
    </main>
  );
}
