const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  ...["January", "February", "March", "April", "May", "June"],
  ...["July", "August", "September", "October", "November", "December"],
];

const two = (value: number): string => String(value).padStart(2, "0");

const DIRECTIVES: Readonly<Record<string, (date: Date) => string>> = {
  Y: (date) => String(date.getFullYear()),
  y: (date) => two(date.getFullYear() % 100),
  m: (date) => two(date.getMonth() + 1),
  B: (date) => MONTHS[date.getMonth()] ?? "",
  b: (date) => (MONTHS[date.getMonth()] ?? "").slice(0, 3),
  d: (date) => two(date.getDate()),
  A: (date) => DAYS[date.getDay()] ?? "",
  a: (date) => (DAYS[date.getDay()] ?? "").slice(0, 3),
  H: (date) => two(date.getHours()),
  I: (date) => two(date.getHours() % 12 || 12),
  p: (date) => (date.getHours() < 12 ? "AM" : "PM"),
  M: (date) => two(date.getMinutes()),
  S: (date) => two(date.getSeconds()),
  "%": () => "%",
};

/**
 * A date as Python's `strftime` writes it in English, in local time. Models saw their dates in English, so the
 * browser's language does not count. A directive that is not known stays as it is.
 */
export const strftime = (date: Date, format: string): string =>
  format.replace(/%([A-Za-z%])/g, (directive, letter: string) =>
    Object.hasOwn(DIRECTIVES, letter) ? (DIRECTIVES[letter]?.(date) ?? directive) : directive,
  );
