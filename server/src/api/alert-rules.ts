import type { ApiContext } from './context.ts';
import type { Route } from './route.ts';

export function alertRuleRoutes({ detector: { rules } }: ApiContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/alert-rules',
      summary: 'Every alert rule and its state',
      answer: 'AlertRulesAnswer',
      handle: () => ({ json: rules.list() }),
    },
    {
      method: 'POST',
      path: '/alert-rules',
      summary: 'Create an alert rule',
      body: 'AlertRuleInput',
      answer: 'AlertRule',
      handle: async ({ json }) => ({ json: rules.create(await json()), status: 201 }),
    },
    {
      method: 'GET',
      path: '/alert-rules/{id}',
      summary: 'One alert rule',
      answer: 'AlertRule',
      handle: ({ params: { id = '' } }) => ({ json: rules.get(id) }),
    },
    {
      method: 'PUT',
      path: '/alert-rules/{id}',
      summary: 'Replace an alert rule',
      body: 'AlertRuleInput',
      answer: 'AlertRule',
      handle: async ({ params: { id = '' }, json }) => ({ json: rules.update(id, await json()) }),
    },
    {
      method: 'DELETE',
      path: '/alert-rules/{id}',
      summary: 'Remove an alert rule',
      answer: '',
      handle: ({ params: { id = '' } }) => {
        rules.remove(id);
        return { empty: true };
      },
    },
  ];
}
