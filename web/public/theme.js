// Runs before the first paint, so that a chosen theme does not flash. The page's own code owns the setting (src/app/preferences.ts).
(() => {
  try {
    const theme = JSON.parse(localStorage.getItem('breakwater.preferences') ?? '{}').theme;
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch (error) {
    console.warn('The stored preferences cannot be read; using the defaults.', error);
  }
})();
