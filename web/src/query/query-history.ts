/** The queries that ran last in this browser, newest first. */
const KEY = 'breakwater.queries';
const KEPT = 30;

export function readHistory(): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter((entry) => typeof entry === 'string') : [];
  } catch (error) {
    console.warn('The stored queries cannot be read.', error);
    return [];
  }
}

export function rememberQuery(query: string): void {
  const text = query.trim();
  if (text === '') return;
  const history = [text, ...readHistory().filter((entry) => entry !== text)].slice(0, KEPT);
  try {
    localStorage.setItem(KEY, JSON.stringify(history));
  } catch (error) {
    console.warn('The browser does not store the query.', error);
  }
}
