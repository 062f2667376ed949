import { useEffect, useState } from "react";

/** The day that it is, as a moment of it. Whoever leaves the page open over midnight sees the next one. */
export function useToday(): Date {
  const [today, setToday] = useState(() => new Date());
  useEffect(() => {
    const look = () => {
      const now = new Date();
      if (now.toDateString() !== today.toDateString()) setToday(now);
    };
    const timer = setInterval(look, 60_000);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [today]);
  return today;
}
