// Runs before the first paint so that a chosen theme never flashes the other one.
try {
  const t = localStorage.getItem("theme");
  if (t === "light" || t === "dark") document.documentElement.dataset.theme = t;
} catch { /* storage is forbidden: the system's theme it is */ }
