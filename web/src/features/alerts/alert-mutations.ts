import type { AlertRule, AlertRuleInput, Receiver, ReceiverInput } from '@breakwater/server/api-types';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { toast, toastError } from '../../ui/toast.tsx';

const path = (base: string, id: string) => `${base}/${encodeURIComponent(id)}`;

/** Creates the rule, or replaces the one with the id. */
export function useSaveRule(id: string | undefined) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (rule: AlertRuleInput) =>
      id
        ? api<AlertRule>(path('/alert-rules', id), { method: 'PUT', body: rule })
        : api<AlertRule>('/alert-rules', { method: 'POST', body: rule }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['/alert-rules'] }),
  });
}

export function useDeleteRule() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api<void>(path('/alert-rules', id), { method: 'DELETE' }),
    onSuccess: () => {
      toast('good', 'The rule is deleted; its alerts are resolved.');
      return Promise.all([
        client.invalidateQueries({ queryKey: ['/alert-rules'] }),
        client.invalidateQueries({ queryKey: ['/alerts'] }),
      ]);
    },
    onError: toastError('The rule was not deleted'),
  });
}

export function useSaveReceiver(id: string | undefined) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (receiver: ReceiverInput) =>
      id
        ? api<Receiver>(path('/receivers', id), { method: 'PUT', body: receiver })
        : api<Receiver>('/receivers', { method: 'POST', body: receiver }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['/receivers'] }),
  });
}

export function useDeleteReceiver() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api<void>(path('/receivers', id), { method: 'DELETE' }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['/receivers'] }),
    onError: toastError('The receiver was not deleted'),
  });
}

/** What the receiver answered to the test. */
export interface TestResult {
  ok: boolean;
  status: number | null;
  durationMs: number;
  detail: string;
}

export function useTestReceiver() {
  return useMutation({
    mutationFn: (id: string) => api<TestResult>(`${path('/receivers', id)}/test`, { method: 'POST' }),
  });
}

/** The parts of a rule that the API takes back. */
export function toRuleInput(rule: AlertRule): AlertRuleInput {
  const { name, condition, windowSeconds, forSeconds, cooldownSeconds, severity, enabled, runbookUrl } = rule;
  return { name, condition, windowSeconds, forSeconds, cooldownSeconds, severity, enabled, runbookUrl };
}
