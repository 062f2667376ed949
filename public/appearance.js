// Gives the page the colours and the size of text that were chosen, before anything is drawn: the page itself comes later.
// What is chosen is told apart in src/client/preferences/preferences.ts, and applied from then on by src/ui/preferences.
try {
  const { dataset } = document.documentElement;
  const theme = localStorage.getItem("rekindle.theme");
  if (theme === "light" || theme === "dark") dataset.theme = theme;
  const size = localStorage.getItem("rekindle.text-size");
  if (size === "small" || size === "large" || size === "largest") dataset.textSize = size;
} catch {
  // Storage is blocked. The page looks as the system does.
}
